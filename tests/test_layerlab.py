"""The Python half of LayerLab: kinds, trained layers, what it gives back, what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from traitlets import TraitError

import flowviz as fv
from flowviz.widgets.kinds import cards
from flowviz.widgets.kinds.families import FAMILIES, family
from flowviz.widgets.texts import texts

KINDS = fv.LayerLab.kinds()
FRONTEND = Path(__file__).parents[1] / "frontend"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_starts_and_gives_a_layer_of_its_sizes(kind: str) -> None:
    lab = fv.LayerLab(kind)
    wanted = cards()[kind].get("dims", [2, 2])
    sizes = [lab.layer.data_shape[-1], lab.layer.latent_shape[-1]]
    assert sizes == wanted
    assert lab.params == fv.LayerLab(kind, params=lab.params).params
    assert torch.isfinite(lab.flow.log_prob(lab.flow.sample(3))).all()


def test_a_trained_layer_comes_in_and_the_edited_one_goes_out() -> None:
    layer = fv.layers.Affine(2)
    with torch.no_grad():
        for one in layer.parameters():
            one.copy_(torch.tensor([0.3, -0.7]))
    lab = fv.LayerLab(layer)
    x = torch.randn(5, 2)
    assert torch.allclose(lab.layer(x)[0], layer(x)[0], atol=1e-6)
    assert lab.fit_error < 1e-6
    lab.params = {**lab.params, "t1": 2.0}
    assert torch.allclose(
        (lab.layer(x)[0] - layer(x)[0])[:, 0], lab.layer(x)[0][0, 0] - layer(x)[0][0, 0]
    )
    assert lab.layer is not lab.layer


def test_the_fit_beside_it_is_the_nll_of_a_flow_on_these_points() -> None:
    points = fv.data.TwoMoons().sample(200, seed=3)
    flow = fv.zoo.trained("two_moons")
    lab = fv.LayerLab("coupling", data=points, trained=flow)
    assert lab.trained["nll"] == pytest.approx(
        -float(flow.log_prob(points).detach().mean()), abs=1e-6
    )
    own = fv.LayerLab("coupling", data=points)
    trained = fv.LayerLab("coupling", data=points, trained="fit").trained["nll"]
    assert trained < -float(own.flow.log_prob(points).detach().mean())


def test_the_page_and_the_state_bring_the_picture_back(tmp_path) -> None:
    lab = fv.LayerLab("planar", tau=0.25, probe=[1.0, -0.5], seed=4)
    lab.params = {**lab.params, "u1": -2.5}
    again = fv.LayerLab("affine")
    again.take_state(lab.state)
    assert (again.kind, again.params, again.tau, again.probe) == (
        "planar",
        lab.params,
        0.25,
        [1, -0.5],
    )
    html = lab.save(tmp_path / "planar.html").read_text()
    assert "https://" not in html and json.dumps(-2.5) in html
    assert repr(lab) == "LayerLab('planar')"


def test_a_state_brings_the_points_back_too() -> None:
    lab = fv.LayerLab("coupling", data=fv.data.TwoMoons(), points=300, seed=5, trained=1.5)
    lab.seed = 8  # what is drawn in the picture is drawn anew; the points stay
    again = fv.restore(lab.state)
    assert again.points == lab.points and len(lab.points) == 300 * 2 * 4
    assert again.state == lab.state
    assert again.trained == {"nll": 1.5} and again.seed == 8


def test_a_state_wants_the_points_that_it_was_made_of() -> None:
    points = fv.data.TwoMoons().sample(200, seed=3)
    state = fv.LayerLab("planar", data=points).state
    with pytest.raises(ValueError, match="data: expected the data that the state was made of"):
        fv.restore(state)
    assert torch.equal(fv.restore(state, data=points)._data, points)
    for other in (2 * points, points + 0.1, fv.data.TwoMoons()):
        with pytest.raises(ValueError, match="expected the data that the state was made of .* got"):
            fv.restore(state, data=other)
    wider = fv.LayerLab("planar", data=fv.data.TwoMoons(noise=0.3)).state
    with pytest.raises(ValueError, match="expected the data that the state was made of .* got"):
        fv.restore(wider)


def test_a_state_without_points_or_flow_takes_none() -> None:
    points, flow = fv.data.TwoMoons().sample(20, seed=3), fv.zoo.trained("two_moons")
    with pytest.raises(ValueError, match="data: expected none"):
        fv.restore(fv.LayerLab("planar").state, data=points)
    with pytest.raises(ValueError, match="flow: expected none"):
        fv.restore(fv.LayerLab("planar", data=points).state, flow, points)
    with pytest.raises(ValueError, match="data: expected none"):
        fv.restore(fv.ChangeOfVariables().state, data=points)


@pytest.mark.parametrize("kind", ["flowified12", "tile", "abs"])
def test_a_stored_output_carries_the_kinds_that_its_header_leads_to_and_no_other(kind: str) -> None:
    lab = fv.LayerLab(kind)
    stored = lab._stored()["cards"]
    assert tuple(stored) == family(kind)
    assert all(stored[one] == lab.cards[one] for one in stored)
    assert len(lab.cards) == len(KINDS)  # the live widget and the exported page have them all


def test_python_and_the_header_know_the_same_families() -> None:
    source = (FRONTEND / "src" / "lab" / "families.ts").read_text("utf-8")
    rows = re.findall(r"^  \[(.+)\],$", source, re.MULTILINE)
    assert tuple(tuple(re.findall(r'"(\w+)"', row)) for row in rows) == FAMILIES


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"expected a Layer or one of affine.*got 'afine'"):
        fv.LayerLab("afine")
    with pytest.raises(ValueError, match="affine: expected parameters of"):
        fv.LayerLab("affine", params={"angle": 1})
    with pytest.raises(TraitError, match="params: expected finite numbers, got s1=inf"):
        fv.LayerLab("affine").params = {"s1": float("inf")}
    with pytest.raises(ValueError, match=r"data: expected points \(N, 2\), got shape \(3,\)"):
        fv.LayerLab("affine", data=torch.zeros(3))
    with pytest.raises(ValueError, match="trained: expected data to compare on, got none"):
        fv.LayerLab("affine", trained=fv.zoo.trained("two_moons"))
    with pytest.raises(
        ValueError, match="expected a flow, a layer, a number or \"fit\", got 'best'"
    ):
        fv.LayerLab("affine", data=torch.zeros(3, 2), trained="best")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_has_its_words_and_its_equation(language: str) -> None:
    table = texts("lab", language)
    formulas = fv.LayerLab("affine").cards
    for kind in KINDS:
        assert f"about.{kind}" in table
        assert {"z", "x", "code"} <= formulas[kind]["formula"].keys()
        columns = cards()[kind].get("columns", ["volume"])
        assert set(columns) == formulas[kind]["formula"].keys() - {"z", "x", "code", "of"}


def test_questions_that_the_picture_cannot_judge_are_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers have no area"):
        fv.LayerLab("dequantization").ask("How much larger?", "factor")
    assert fv.LayerLab("dequantization").ask("How much larger?", "factor", truth=0.0625)
    with pytest.raises(ValueError, match="of a tile"):
        fv.LayerLab("affine").ask("Where does it land?", "point", set={"kind": "tile"})
    assert fv.LayerLab("flowified21").ask("Where does it land?", "point")


def test_the_start_is_what_it_was_made_with_and_then_what_a_state_brought() -> None:
    lab = fv.LayerLab("affine", params={"s1": 1.25})
    made = dict(lab.params)
    lab.params = {**made, "s1": -1.0}
    assert lab.start == {"kind": "affine", "params": made}
    assert lab._stored()["start"] == lab._heavy()["start"] == lab.start
    again = fv.restore(lab.state)
    assert again.start == {"kind": "affine", "params": lab.params}
