"""What is made from runs: the table and its picture, shipped weights and their figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from study_toys import toy_flow, toy_training
from test_study_command import FAST, images_of

from flowviz.studies import catalogue, published, report, result, ship
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
    assert kind == "ELBO, 2 draws, 60 images" and ended == "recipe" and epochs == "3 of 3"
    assert device == "2 × a chip, bf16-mixed; a chip"
    valid = [line for line in Folder(runs / FAST.name).lines() if "valid" in line]
    steps = valid[-1]["step"]
    before = [line["valid"] for line in valid if line["step"] <= 0.9 * steps]
    assert fell == f"{valid[-1]['valid'] - before[-1]:+.3f}" and len(before) < len(valid)
    assert parameters == f"{said['parameters']:,}" and known == ""
    assert line_of(table, "toy/begun")[1] == "not evaluated"
    glow = line_of(table, "mnist/glow")
    assert glow[1] == "not run" and glow[-1].startswith("1.05 [secondary] Kingma & Dhariwal 2018")
    assert line_of(table, "mnist/flowified-mlp")[-1] == "[NOT FOUND] Máté et al. 2022"
    assert set(catalogue.STUDIES) <= {row.name for row in report.rows(runs)}
    picture = out.with_name("results.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    report.write_report(runs, out)
    assert out.read_text() == table and out.with_name("results.png").read_bytes() == picture


def test_a_changed_recipe_is_told(runs: Path) -> None:
    Folder(runs / "mnist/glow").create(catalogue.find("mnist/glow").override(["recipe.batch=512"]))
    text = report.write_report(runs, runs / "RESULTS.md").read_text()
    assert "* `mnist/glow`: recipe.batch: 512, not 128" in text


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
    assert ship.shipped() == []
    done = ship.ship(FAST.name, Folder(runs / FAST.name), folder, draws=2)
    assert (
        [file.name for file in folder.iterdir()] == [done["file"]] == ["toy--realnvp.safetensors"]
    )
    assert ship.shipped() == [FAST.name]
    flow = ship.trained(FAST.name)
    exact = toy_flow()
    read_weights(exact, runs / FAST.name / "weights.safetensors")
    for ours, theirs in zip(flow.parameters(), exact.parameters(), strict=True):
        assert torch.equal(ours, theirs.half().float()) and ours.dtype == torch.float32
    worth = bits_per_dim(flow, images_of(FAST, "test"), 2, batch=250, seed=FAST.seed).mean
    assert done["shipped"]["bits_per_dim"] == worth
    row = line_of(report.table(report.rows(runs)), FAST.name)
    assert row[1].startswith(f"**{worth:.3f}**") and row[3].endswith("half precision")
    with pytest.raises(ValueError, match=r"got 'toy/realnv' \(did you mean toy/realnvp\?\)"):
        ship.trained("toy/realnv")


def test_what_is_too_large_or_not_evaluated_is_not_shipped(runs: Path, monkeypatch) -> None:
    with pytest.raises(ValueError, match="expected a result, found none"):
        ship.ship("toy/begun", Folder(runs / "toy/begun"), runs / "package")
    monkeypatch.setattr(ship, "LIMIT", 1000)
    with pytest.raises(ValueError, match="expected at most 1,000 bytes to ship, got"):
        ship.ship(FAST.name, Folder(runs / FAST.name), runs / "package")
    assert not list((runs / "package").iterdir())


def test_weights_are_refused_where_they_do_not_belong(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    flow = toy_flow()
    with pytest.raises(FileNotFoundError, match="expected weights at"):
        read_weights(flow, path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="expected weights in safetensors"):
        read_weights(flow, path)
    write_weights(flow[:4], path, {})
    with pytest.raises(ValueError, match="expected weights of this model"):
        read_weights(flow, path)
    next(iter(flow.parameters())).data.fill_(1e6)
    with pytest.raises(ValueError, match="expected numbers that half precision holds"):
        write_weights(flow, path, {}, half=True)
