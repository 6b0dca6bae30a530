"""What is made from runs: the table and its picture, shipped weights and their figure."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from matplotlib.figure import Figure
from study_toys import toy_flow, toy_training
from test_study_command import FAST, images_of

from flowviz.studies import catalogue, picture, published, report, result, ship, weights
from flowviz.studies.evaluate import bits_per_dim
from flowviz.studies.folder import Folder
from flowviz.studies.result import evaluate
from flowviz.studies.weights import read_weights, write_weights


@pytest.fixture
def runs(monkeypatch, tmp_path: Path) -> Path:
    """A folder with a run of the toy that is evaluated, and one that is not."""
    monkeypatch.setitem(catalogue.STUDIES, FAST.name, FAST)
    monkeypatch.setattr(result, "load_images", images_of)
    for module in (result, ship):
        monkeypatch.setattr(module, "build_flow", lambda given, shape: toy_flow())
    for name in (FAST.name, "toy/begun"):
        training = toy_training(tmp_path / name, FAST)
        why = training.train()
        with training.learner.averaged() as flow:
            write_weights(flow, training.folder.weights, training.story(why))
    environment = [
        {"device": "a chip", "devices": 2, "threads": 1, "precision": "bf16-mixed"},
        {"device": "a chip", "devices": 1, "threads": 1, "precision": "32-true"},
    ]
    Folder(tmp_path / FAST.name).write("environment.json", environment)
    evaluate(Folder(tmp_path / FAST.name), draws=2)
    return tmp_path


def line_of(table: str, name: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if line.startswith(f"| `{name}` ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_says_what_ran_and_what_did_not(runs: Path) -> None:
    out = report.write_report(runs, runs / "RESULTS.md")
    table = out.read_text()
    said = json.loads((runs / FAST.name / "result.json").read_text())
    line = line_of(table, FAST.name)
    _, bits, median, kind, parameters, epochs, ended, fell, _, _, device, known = line
    assert bits.startswith(f"**{said['elbo']['bits_per_dim']:.3f}** ± ")
    assert median == f"{said['elbo']['median']:.3f}"
    drawn = f"{said['elbo']['over_draws']:.4f}"
    assert kind == f"ELBO, 2 draws ± {drawn}, 60 images" and float(drawn) > 0
    assert ended == "recipe" and epochs == "3 of 3"
    assert device == "2 × a chip, bf16-mixed; a chip"
    valid = [line for line in Folder(runs / FAST.name).lines() if "valid" in line]
    steps = valid[-1]["step"]
    before = [line["valid"] for line in valid if line["step"] <= 0.9 * steps]
    assert fell == f"{valid[-1]['valid'] - before[-1]:+.3f}" and len(before) < len(valid)
    assert parameters == f"{said['parameters']:,}" and known == ""
    assert line_of(table, "toy/begun")[1] == "not evaluated"
    others = [line for line in table.splitlines() if line.count(" | ") == 1]
    assert others[0] == "| not run | published |"
    known = {name: line.split(" | ")[1] for line in others for name in line.split("`")[1::2]}
    assert known["mnist/glow"].startswith("1.05 [secondary] Kingma & Dhariwal 2018")
    assert known["mnist/flowified-mlp"] == "[NOT FOUND] Máté et al. 2022 |"
    assert set(known) == {*catalogue.STUDIES} - {FAST.name}
    assert set(catalogue.STUDIES) <= {row.name for row in report.rows(runs)}
    drawn = out.with_name("results.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")
    report.write_report(runs, out)
    assert out.read_text() == table and out.with_name("results.png").read_bytes() == drawn


@pytest.mark.parametrize("hours", [(0.0002, 0.0006), (0.004, 3.0), (1.9, 2.9)])
@pytest.mark.parametrize(
    "bits", [(1.301, 1.309), (1.28, 1.45), (1.9, 8.4), (5.0, 900.0), (1.2, 800_000.0)]
)
def test_the_axes_of_every_range_can_be_read(
    hours: tuple[float, float], bits: tuple[float, float]
) -> None:
    figure = Figure()
    axes = figure.subplots()
    picture._curves(axes, [SimpleNamespace(name="a", curve=(hours, bits))], {"a": ("k", "-")})
    figure.draw_without_rendering()
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        seen = [label.get_text() for place, label in ticks if low <= place <= high]
        assert 2 <= len(seen) <= 20 and len(set(seen)) == len(seen) and all(map(float, seen))


def test_a_changed_recipe_is_told(runs: Path) -> None:
    Folder(runs / "mnist/glow").create(catalogue.find("mnist/glow").override(["recipe.batch=512"]))
    text = report.write_report(runs, runs / "RESULTS.md").read_text()
    assert "* `mnist/glow`: recipe.batch: 512, not 128" in text


def test_a_changed_recipe_is_told_of_runs_with_names_of_their_own(runs: Path) -> None:
    changed = catalogue.find("mnist/glow").override(["options.width=32"])
    Folder(runs / "mnist/mine").create(changed)
    text = report.write_report(runs, runs / "RESULTS.md").read_text()
    assert "* `mnist/mine`, a run of `mnist/glow`: options.width: 32, not 128" in text


def test_a_report_without_validation_curves(runs: Path) -> None:
    """Of runs that hold no image out."""
    place = Folder(runs / FAST.name)
    kept = [line for line in place.lines() if "valid" not in line]
    place.metrics.write_text("".join(json.dumps(line) + "\n" for line in kept))
    out = report.write_report(runs, runs / "RESULTS.md")
    row = line_of(out.read_text(), FAST.name)
    assert row[1].startswith("**") and row[7] == ""
    assert out.with_name("results.png").read_bytes().startswith(b"\x89PNG")


def test_errors_that_are_not_known_are_left_out(runs: Path) -> None:
    evaluate(Folder(runs / FAST.name), draws=1, images=1)
    _, bits, _, kind, *_ = line_of(report.table(report.rows(runs)), FAST.name)
    assert bits.endswith("**") and kind == "ELBO, 1 draw, 1 image"


def test_a_result_of_another_version_makes_a_row(runs: Path) -> None:
    """Without what later versions added: the step of every figure, the median."""
    place = Folder(runs / FAST.name)
    said = place.read("result.json")
    del said["logged"], said["elbo"]["step"], said["elbo"]["median"], said["elbo"]["over_draws"]
    said["images_per_second"] = None
    place.write("result.json", said)
    row = line_of(report.write_report(runs, runs / "RESULTS.md").read_text(), FAST.name)
    assert row[1].startswith("**") and row[2] == row[9] == ""


def test_a_small_error_is_not_none(runs: Path) -> None:
    place = Folder(runs / FAST.name)
    said = place.read("result.json")
    said["elbo"] |= {"over_draws": 1.5e-5, "over_images": 12345.678}
    place.write("result.json", said)
    _, bits, _, kind, *_ = line_of(report.table(report.rows(runs)), FAST.name)
    assert bits.endswith("** ± 12,345.678") and "2 draws ± <0.0001, 60" in kind


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("study.json", "{", "study.json: expected a study written by flowviz"),
        ("study.json", '{"data": {"held_out": -1, "name": "x"}}', "study.json: data: expected"),
        ("result.json", "{", "result.json: expected JSON"),
        ("result.json", b"\xff", "result.json: expected JSON"),
        ("result.json", "[1]", "result.json: expected a result of .* without parameters, "),
        ("result.json", '{"elbo": {"kind": 1}}', "without .*elbo.bits_per_dim, elbo.draws"),
        ("metrics.jsonl", "{\n", "metrics.jsonl: expected JSON"),
    ],
)
def test_a_broken_file_is_named(name: str, text: str | bytes, words: str, runs: Path) -> None:
    path = runs / FAST.name / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"{FAST.name}/{words}|{words}") as caught:
        report.rows(runs)
    assert str(path) in str(caught.value)


def go_on(place: Folder, steps: int) -> int:
    """So many steps more, then weights as a run leaves them; returns the step."""
    training = toy_training(place.path, FAST)
    asked = iter([False] * (steps - 1))
    why = training.train(stopped=lambda: next(asked, True))
    with training.learner.averaged() as flow:
        write_weights(flow, place.weights, training.story(why))
    return training.step


def test_a_figure_belongs_to_its_weights(runs: Path, monkeypatch, tmp_path: Path) -> None:
    """A run that goes on is not evaluated any more; what is shipped is what was evaluated."""
    place, package = Folder(runs / "toy/slices"), tmp_path / "package"
    place.create(FAST)
    go_on(place, 9)
    first = evaluate(place, draws=2)
    assert first["steps"] == first["elbo"]["step"] == 9
    shipped = ship.ship("toy/slices", place, package, draws=2)["shipped"]
    packed = (package / "toy--slices.safetensors").read_bytes()

    def row() -> list[str]:
        return line_of(report.table(report.rows(runs)), "toy/slices")

    assert row()[1].startswith(f"**{shipped['bits_per_dim']:.3f}**") and shipped["step"] == 9
    assert row()[3].endswith("half precision")
    again = evaluate(place, draws=2, importance=2)  # of the same weights
    assert again["shipped"] == shipped and again["shipped_bytes"] == len(packed)
    assert row()[3].endswith("half precision")

    go_on(place, 9)
    assert row()[1] == "not evaluated since step 9" and row()[4] == ""
    with pytest.raises(ValueError, match="the result is of step 9, the weights are of step 18"):
        ship.ship("toy/slices", place, package, draws=2)
    assert (package / "toy--slices.safetensors").read_bytes() == packed

    second = evaluate(place, draws=2)
    assert second["shipped"] == shipped and second["elbo"]["step"] == 18
    assert row()[1].startswith(f"**{second['elbo']['bits_per_dim']:.3f}**")
    assert row()[3].endswith("; shipped: step 9") and second["elbo"] != first["elbo"]
    ship.ship("toy/slices", place, package, draws=2)
    assert place.read("result.json")["shipped"]["step"] == 18
    assert row()[3].endswith("half precision")
    assert (package / "toy--slices.safetensors").read_bytes() != packed


def test_a_shipped_figure_without_a_step_is_of_the_result_beside_it(runs: Path) -> None:
    """As earlier versions wrote it."""
    place = Folder(runs / FAST.name)
    shipped = {"bits_per_dim": 1.25, "median": 1.0, "kind": "ELBO", "draws": 1, "images": 5}
    place.write("result.json", place.read("result.json") | {"shipped": shipped})
    assert line_of(report.table(report.rows(runs)), FAST.name)[1] == "**1.250**"
    assert evaluate(place, draws=1)["shipped"] == shipped | {"step": 27}


def test_last_tenth_and_curve_end_where_the_weights_are(runs: Path) -> None:
    """Lines beyond them, of a leg that was killed or diverged, were there when it was evaluated."""
    place = Folder(runs / FAST.name)
    (before,) = [row for row in report.rows(runs) if row.name == FAST.name]
    place.log({"step": 30, "valid": 99.0, "seconds": 5.0})
    evaluate(place, draws=2)
    (after,) = [row for row in report.rows(runs) if row.name == FAST.name]
    assert not after.stale and after.figure["step"] == 27
    assert (after.last_tenth, after.curve) == (before.last_tenth, before.curve)


def test_an_empty_folder_makes_a_table_without_a_picture(tmp_path: Path) -> None:
    text = report.write_report(tmp_path, tmp_path / "RESULTS.md").read_text()
    assert "not run" in text and "results.png" not in text
    assert not (tmp_path / "results.png").exists()


def test_published_figures_carry_their_mark() -> None:
    marks = {entry.mark for entry in published.PUBLISHED.values()}
    assert marks == {"read", "secondary", "NOT FOUND", "not comparable"}
    for entry in published.PUBLISHED.values():
        assert (entry.figure is None) == (entry.mark in ("NOT FOUND", "not comparable"))
    assert published.published("kmnist", "Glow").mark == "NOT FOUND"
    nice = published.PUBLISHED["mnist", "NICE"].figure
    assert nice == pytest.approx(8 - 1980.50 / (784 * 0.6931471805599453), abs=0.005)


def test_what_is_shipped_is_what_the_table_states(runs: Path, monkeypatch, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    monkeypatch.setattr(ship, "_checkpoints", lambda: folder)
    monkeypatch.setattr(weights, "WHOLE", 128)
    assert ship.shipped() == []
    done = ship.ship(FAST.name, Folder(runs / FAST.name), folder, draws=2)
    assert (
        [file.name for file in folder.iterdir()] == [done["file"]] == ["toy--realnvp.safetensors"]
    )
    assert ship.shipped() == [FAST.name]
    flow = ship.trained(FAST.name)
    exact = toy_flow()
    read_weights(exact, runs / FAST.name / "weights.safetensors")
    rounded = [weights.WHOLE < p.numel() for p in exact.parameters()]
    assert any(rounded) and not all(rounded)
    for ours, theirs, half in zip(flow.parameters(), exact.parameters(), rounded, strict=True):
        assert torch.equal(ours, theirs.half().float() if half else theirs)
        assert ours.dtype == torch.float32
    worth = bits_per_dim(flow, images_of(FAST, "test"), 2, batch=250, seed=FAST.seed).mean
    assert done["shipped"]["bits_per_dim"] == worth
    row = line_of(report.table(report.rows(runs)), FAST.name)
    assert row[1].startswith(f"**{worth:.3f}**") and row[3].endswith("half precision")
    with pytest.raises(ValueError, match=r"got 'toy/realnv' \(did you mean toy/realnvp\?\)"):
        ship.trained("toy/realnv")


def test_what_is_too_large_or_not_evaluated_is_not_shipped(runs: Path, monkeypatch) -> None:
    with pytest.raises(ValueError, match="expected a result, found none"):
        ship.ship("toy/begun", Folder(runs / "toy/begun"), runs / "package")
    with monkeypatch.context() as patch:
        patch.setattr(ship, "LIMIT", 1000)
        with pytest.raises(ValueError, match="expected at most 1,000 bytes to ship, got"):
            ship.ship(FAST.name, Folder(runs / FAST.name), runs / "package")
    assert not list((runs / "package").iterdir())
    place, others = Folder(runs / FAST.name), runs / "package" / "mnist--other.safetensors"
    done = ship.ship(FAST.name, place, runs / "package", draws=1)
    others.write_bytes(bytes(1000))
    monkeypatch.setattr(ship, "TOTAL", done["bytes"] + 1000)
    ship.ship(FAST.name, place, runs / "package", draws=1)  # its own old file does not count
    others.write_bytes(bytes(1001))
    with pytest.raises(ValueError, match=f"in all at most, got {done['bytes'] + 1001:,}"):
        ship.ship(FAST.name, place, runs / "package", draws=1)
    assert len(list((runs / "package").iterdir())) == 2


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_loses_no_weights_and_leaves_no_draft(runs: Path, monkeypatch) -> None:
    place, package = Folder(runs / FAST.name), runs / "package"
    ship.ship(FAST.name, place, package, draws=1)
    before = {p: p.read_bytes() for f in (place.path, package) for p in f.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr("os.fdopen", full)
        with pytest.raises(OSError, match="No space left"):
            write_weights(toy_flow(), place.weights, {})
        with pytest.raises(OSError, match="No space left"):
            ship.ship(FAST.name, place, package, draws=2)
    assert {p: p.read_bytes() for f in (place.path, package) for p in f.iterdir()} == before


def test_a_disk_that_fills_while_weights_are_written(tmp_path: Path) -> None:
    """The real thing: no file may have more than 2,000 bytes."""
    resource = pytest.importorskip("resource")  # POSIX
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_weights(toy_flow(), tmp_path / "w.safetensors", {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_figure_that_cannot_be_had_ships_nothing(runs: Path, monkeypatch) -> None:
    place, package = Folder(runs / FAST.name), runs / "package"
    ship.ship(FAST.name, place, package, draws=1)
    before = (package / "toy--realnvp.safetensors").read_bytes(), place.read("result.json")

    def fails(*_: object) -> None:
        raise ValueError("image 3: expected a finite log P(x)")

    monkeypatch.setattr(ship, "_figure", fails)
    with pytest.raises(ValueError, match="finite"):
        ship.ship(FAST.name, place, package)
    (file,) = package.iterdir()
    assert (file.read_bytes(), place.read("result.json")) == before


def test_weights_are_for_all_to_read(runs: Path) -> None:
    """As all other files of a run: the mode that the mask leaves."""
    place, package = Folder(runs / FAST.name), runs / "package"
    ship.ship(FAST.name, place, package, draws=1)
    usual = (place.path / "study.json").stat().st_mode
    for path in (place.weights, *package.iterdir()):
        assert path.stat().st_mode == usual


def test_weights_are_refused_where_they_do_not_belong(monkeypatch, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    flow = toy_flow()
    with pytest.raises(FileNotFoundError, match="expected weights at"):
        read_weights(flow, path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="expected weights in safetensors"):
        read_weights(flow, path)
    write_weights(flow[:4], path, {})
    with pytest.raises(ValueError, match="expected weights of this model") as caught:
        read_weights(flow, path)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(weights, "WHOLE", 0)
    next(iter(flow.parameters())).data.fill_(1e6)
    with pytest.raises(ValueError, match="expected numbers that half precision holds"):
        write_weights(flow, path, {}, half=True)
