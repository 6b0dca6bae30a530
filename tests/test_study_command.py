"""`flowviz study`: what it says, what it refuses, what a run leaves, how signals end it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from study_toys import STUDY, toy_flow, toy_images, toy_training

from flowviz.cli import main
from flowviz.studies import (
    Study,
    catalogue,
    folder,
    learner,
    loop,
    report,
    result,
    run,
    study,
)
from flowviz.studies.data import ImageSet
from flowviz.studies.evaluate import bits_per_dim
from flowviz.studies.folder import Folder
from flowviz.studies.models import NAMES, build

FAST = STUDY.override(["recipe.epochs=3"])


def images_of(given: Study, split: str) -> ImageSet:
    images = toy_images(124 if split == "train" else 60)
    return ImageSet(images, torch.zeros(len(images), dtype=torch.int64), "toy", split, "made here")


@pytest.fixture
def toy(monkeypatch, tmp_path: Path) -> Path:
    """The catalogue holds the toy; the folder of its runs."""
    monkeypatch.setitem(catalogue.STUDIES, FAST.name, FAST)
    for module in (run, result):
        monkeypatch.setattr(module, "load_images", images_of)
        monkeypatch.setattr(module, "build_flow", lambda given, shape: toy_flow())
    return tmp_path


def command(runs: Path, *arguments: str) -> None:
    name, *rest = arguments
    place = ["--runs", str(runs)]
    fixed = ["--accelerator", "cpu", "--quiet"] if name == "run" else []
    with pytest.raises(SystemExit) as stopped:
        main(["study", name, *rest, *place, *fixed])
    if stopped.value.code:
        raise SystemError(stopped.value.code)


def test_a_run_leaves_its_folder(toy: Path, capsys) -> None:
    command(toy, "run", FAST.name)
    assert "all steps are taken" in capsys.readouterr().out
    command(toy, "eval", FAST.name, "--draws", "2", "--importance", "3")
    place = Folder(toy / FAST.name)
    assert {path.name for path in place.path.iterdir()} == {
        "study.json", "environment.json", "metrics.jsonl", "checkpoint.pt",
        "weights.safetensors", "result.json",
    }  # fmt: skip
    assert place.study() == FAST
    said = place.read("result.json")
    assert said["steps"] == 27 and said["epochs"] == said["planned_epochs"] == 3
    assert said["finished"] == "recipe" and said["hours"] >= 0
    assert said["parameters"] == sum(p.numel() for p in toy_flow().parameters())
    flow = toy_flow()
    flow.load_state_dict(load_file(place.weights))
    expected = bits_per_dim(flow, images_of(FAST, "test"), 2, batch=250, seed=FAST.seed)
    assert said["elbo"]["bits_per_dim"] == expected.mean and said["elbo"]["images"] == 60
    assert said["iwbo"]["kind"] == "IWBO-3"
    state = place.load()["learner"]
    names = [name for name, _ in flow.named_parameters()]
    for name, mean in zip(names, state["mean"], strict=True):
        assert torch.equal(flow.state_dict()[name], mean)
        assert not torch.equal(mean, state["flow"][name])


def test_nothing_in_a_folder_names_a_machine(toy: Path) -> None:
    command(toy, "run", FAST.name)
    texts = [p.read_text() for p in (toy / FAST.name).glob("*.json*")]
    names = [str(toy), str(Path(__file__).parents[1]), os.uname().nodename]
    assert texts and not [name for name in names for text in texts if name in text]
    (leg,) = json.loads((toy / FAST.name / "environment.json").read_text())
    assert leg["versions"]["torch"] == torch.__version__ and leg["threads"] == 1


def test_resuming_finishes_what_was_begun(toy: Path, capsys) -> None:
    command(toy, "run", FAST.name, "--minutes", "0.0001")
    said = f"go on with `flowviz study run {FAST.name} --resume --runs {toy}`"
    assert said in capsys.readouterr().out
    assert 0 < Folder(toy / FAST.name).load()["step"] < 27
    command(toy, "run", FAST.name, "--resume")
    assert Folder(toy / FAST.name).load()["step"] == 27
    command(toy, "run", FAST.name, "--fresh", "--minutes", "0.0001")
    assert Folder(toy / FAST.name).load()["step"] < 27


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_run_cleanly(number: int, toy: Path, monkeypatch, capsys) -> None:
    learn = learner.Learner.learn

    def learn_and_signal(self: learner.Learner, step: int) -> None:
        learn(self, step)
        if step == 11:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(learner.Learner, "learn", learn_and_signal)
    before = signal.getsignal(number)
    command(toy, "run", FAST.name)
    assert "stopped; go on with" in capsys.readouterr().out
    assert Folder(toy / FAST.name).load()["step"] == 12
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "mnist/realnvp-smal"], "did you mean mnist/realnvp-small?"),
        (["run", "toy/realnvp", "--set", "recipe.bach=3"], "did you mean recipe.batch?"),
        (["run", "toy/realnvp", "--set", "recipe.batch=many"], "expected int, got 'many'"),
        (["run", "toy/realnvp", "--set", "recipe.pieces=5"], "pieces that divide the batch of 12"),
        (["run", "toy/realnvp", "--set", "recipe=5"], "expected a setting of the study"),
        (["run", "toy/realnvp", "--set", "seed"], "expected SETTING=VALUE, got 'seed'"),
        (["run", "toy/realnvp", "--resume", "--fresh"], "expected --resume or --fresh, got both"),
        (["run", "toy/realnvp", "--set", "data.held_out=-5"], "expected held_out >= 0, got -5"),
        (["run", "toy/realnvp", "--set", "data.held_out=124"], "fewer than the 124 training imag"),
        (["run", "toy/realnvp", "--minutes", "-3"], "expected minutes above 0, got -3.0"),
        (["run", "toy/realnvp", "--minutes", "nan"], "expected minutes above 0, got nan"),
        (["run", "toy/realnvp", "--precision", "64-true"], "of 32-true, bf16-mixed, 16-mixed, got"),
        (["run", "toy/realnvp", "--as", "../esc"], "expected a run's name such as mnist/mine, got"),
        (["run", "toy/realnvp", "--as", "/esc"], "expected a run's name such as mnist/mine, got"),
        (["eval", "toy/realnvp"], "expected a run in"),
        (["eval", "toy/realnvp", "--device", "cuda:99"], "a device of this machine, got cuda:99"),
        (["eval", "toy/realnvp", "--device", "gpu"], "a device of this machine, got gpu"),
        (["eval", "toy/realnvp", "--images", "-9990"], "expected images >= 1, got -9990"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], words: str, toy: Path) -> None:
    with pytest.raises(SystemError) as caught:
        command(toy, *arguments)
    assert words in str(caught.value) and not list(toy.iterdir())


def test_a_run_is_not_started_over_nor_changed_unasked(toy: Path) -> None:
    command(toy, "run", FAST.name, "--minutes", "0.0001")
    with pytest.raises(SystemError, match="holds a run: --resume goes on with it"):
        command(toy, "run", FAST.name)
    with pytest.raises(SystemError, match="a run keeps its recipe, got recipe.batch: 24, not 12"):
        command(toy, "run", FAST.name, "--resume", "--set", "recipe.batch=24")
    command(toy, "run", FAST.name, "--as", "toy/other", "--set", "recipe.batch=24")
    assert Folder(toy / "toy/other").study().recipe.batch == 24


def test_a_run_that_found_no_data_can_be_started_again(toy: Path, monkeypatch) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError("expected data")

    with monkeypatch.context() as patch:
        patch.setattr(run, "load_images", missing)
        with pytest.raises(SystemError, match="expected data"):
            command(toy, "run", FAST.name)
    command(toy, "run", FAST.name, "--set", "recipe.batch=24")
    assert Folder(toy / FAST.name).study().recipe.batch == 24


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_a_run_without_its_checkpoint_is_not_begun_again(toy: Path) -> None:
    """As a repository has it: metrics and result, neither checkpoints nor weights."""
    command(toy, "run", FAST.name)
    command(toy, "eval", FAST.name, "--draws", "1")
    place = toy / FAST.name
    for path in (place / "checkpoint.pt", place / "weights.safetensors"):
        path.unlink()
    before = contents(toy)
    assert set(before) == {f"{FAST.name}/{name}" for name in (
        "study.json", "environment.json", "metrics.jsonl", "result.json")}  # fmt: skip
    for how in (["--resume"], ["--resume", "--minutes", "0.01"], []):
        with pytest.raises(SystemError, match="checkpoint is not here .*--as NAME starts another"):
            command(toy, "run", FAST.name, *how)
    with pytest.raises(ValueError, match="checkpoint is not here"):
        toy_training(place, FAST)
    assert contents(toy) == before
    (place / "result.json").unlink()
    Folder(place).log({"step": 27, "seconds": 121.0})  # past the first checkpoint
    with pytest.raises(SystemError, match="checkpoint is not here"):
        command(toy, "run", FAST.name, "--resume")
    command(toy, "run", FAST.name, "--resume", "--as", "toy/mine")
    assert Folder(toy / "toy/mine").load()["step"] == 27


def test_a_run_killed_before_its_first_checkpoint_is_begun_again(toy: Path) -> None:
    command(toy, "run", FAST.name)
    for name in ("checkpoint.pt", "weights.safetensors"):
        (toy / FAST.name / name).unlink()
    command(toy, "run", FAST.name, "--resume")
    assert Folder(toy / FAST.name).load()["step"] == 27


def test_an_earlier_run_stays_until_another_can_start(toy: Path, monkeypatch) -> None:
    command(toy, "run", FAST.name)
    before = contents(toy)

    def fails(*_: object) -> None:
        raise ValueError("cannot be")

    for name in ("load_images", "build_flow", "Learner"):
        with monkeypatch.context() as patch:
            patch.setattr(run, name, fails)
            with pytest.raises(SystemError, match="cannot be"):
                command(toy, "run", FAST.name, "--fresh")
        assert contents(toy) == before
    with pytest.raises(SystemError, match="data.held_out: expected fewer"):
        command(toy, "run", FAST.name, "--fresh", "--set", "data.held_out=200")
    assert contents(toy) == before


def test_no_study_stands_beside_the_checkpoint_of_another(toy: Path, monkeypatch) -> None:
    command(toy, "run", FAST.name)
    beside = []
    write = folder.atomic_write

    def watched(path: Path, content: bytes) -> Path:
        if path.name == "study.json":
            beside.extend(p.name for p in path.parent.iterdir())
        return write(path, content)

    monkeypatch.setattr(folder, "atomic_write", watched)
    command(toy, "run", FAST.name, "--fresh", "--set", "recipe.batch=24")
    assert beside == ["study.json"] and Folder(toy / FAST.name).study().recipe.batch == 24


def test_a_run_goes_on_under_its_own_name_or_its_studys(toy: Path) -> None:
    command(toy, "run", FAST.name, "--as", "toy/other", "--minutes", "0.0001")
    place = Folder(toy / "toy/other")
    for name in ("toy/realnv", "no/such", "mnist/glow"):
        with pytest.raises(SystemError, match=f"holds a run of toy/realnvp, got {name}"):
            command(toy, "run", name, "--resume", "--as", "toy/other")
    first = place.load()["step"]
    command(toy, "run", FAST.name, "--resume", "--as", "toy/other", "--minutes", "0.0001")
    assert first < (second := place.load()["step"]) < 27
    command(toy, "run", "toy/other", "--resume")
    assert second < place.load()["step"] == 27


def diverge_at(step: int, monkeypatch) -> None:
    learn = learner.Learner.learn

    def learn_and_break(self: learner.Learner, now: int) -> None:
        learn(self, now)
        if now == step:
            self._broken.fill_(now)

    monkeypatch.setattr(learner.Learner, "learn", learn_and_break)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)  # after every step


def test_what_diverged_can_be_evaluated(toy: Path, monkeypatch) -> None:
    """Its last sound checkpoint, with the averaged weights."""
    diverge_at(12, monkeypatch)
    with pytest.raises(SystemError, match="training diverged at step 12"):
        command(toy, "run", FAST.name)
    place = Folder(toy / FAST.name)
    state = place.load()
    for value, mean in zip(load_of(place), state["learner"]["mean"], strict=True):
        assert torch.equal(value, mean)
    command(toy, "eval", FAST.name, "--draws", "1")
    said = place.read("result.json")
    assert said["finished"] == "diverged" and said["steps"] == state["step"] == 12
    assert said["epochs"] == round(12 / 9, 3)
    line = report.table([r for r in report.rows(toy) if r.name == FAST.name])
    assert f"**{said['elbo']['bits_per_dim']:.3f}**" in line and "| diverged |" in line


def test_what_was_killed_can_be_evaluated(toy: Path, monkeypatch) -> None:
    """From the checkpoint, where that is newer than the weights; these stay where they are not."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    command(toy, "run", FAST.name, "--minutes", "0.00001")
    place = Folder(toy / FAST.name)
    early, first = place.weights.read_bytes(), place.load()["step"]
    command(toy, "run", FAST.name, "--resume")
    late = load_of(place)
    for leg in ("the first", "the second"):
        place.weights.unlink() if leg == "the first" else place.weights.write_bytes(early)
        command(toy, "eval", FAST.name, "--draws", "1")
        said = place.read("result.json")
        assert said["steps"] == said["elbo"]["step"] == 27 > first
        assert said["epochs"] == 3 and said["finished"] == "budget" and said["hours"] >= 0
        assert all(torch.equal(a, b) for a, b in zip(load_of(place), late, strict=True))
    written = place.weights.read_bytes()
    command(toy, "eval", FAST.name, "--draws", "1")
    assert place.weights.read_bytes() == written


def load_of(place: Folder) -> list[torch.Tensor]:
    """The parameters in weights.safetensors, in the order of the flow."""
    stored = load_file(place.weights)
    return [stored[name] for name, _ in toy_flow().named_parameters()]


def test_the_list_names_every_study(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["study", "list"])
    out = capsys.readouterr().out
    assert all(line.split()[0] in catalogue.STUDIES for line in out.splitlines())
    assert len(out.splitlines()) == len(catalogue.STUDIES)


@pytest.mark.parametrize("name", [n for n in catalogue.STUDIES if n.startswith("mnist/")])
def test_every_study_can_be_built(name: str) -> None:
    """Where the model is there; its options then are the model's."""
    given = catalogue.find(name)
    assert given.name == name and given.model in NAMES
    with torch.device("meta"):
        pass
    flow = build(given.model, (1, 28, 28), **given.options)
    assert flow.data_shape == (1, 28, 28)


def test_studies_are_written_and_read_again() -> None:
    changed = STUDY.override(["options.width=32", "options.rotation=expm", "recipe.lr=1"])
    assert changed.options == {"width": 32, "rotation": "expm"} and changed.recipe.lr == 1.0
    assert Study.from_json(changed.to_json()) == changed
    assert study.differences(changed, STUDY) == [
        "recipe.lr: 1.0, not 0.005", "options.width: 32, not None",
        "options.rotation: expm, not None",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="expected a study written by flowviz"):
        Study.from_json("[1, 2]")


def test_the_last_good_checkpoint_survives_a_broken_one(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    assert place.load() is None
    place.save({"step": 1})
    place.save({"step": 2})
    assert place.load() == {"step": 2}
    newest = tmp_path / "checkpoint.pt"
    newest.write_bytes(newest.read_bytes()[:100])
    assert place.load() == {"step": 1}
    newest.unlink()  # killed between the two renames
    assert place.load() == {"step": 1}
    (tmp_path / "previous.pt").write_bytes(b"")
    with pytest.raises(ValueError, match="expected a checkpoint of this run, cannot read it"):
        place.load()


def test_a_full_disk_loses_no_checkpoint(tmp_path: Path, monkeypatch) -> None:
    place = Folder(tmp_path)
    place.save({"step": 1})

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        place.save({"step": 2})
    assert place.load() == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
