"""ChangeOfVariables in Python: its maps, its mass, its account, what it refuses, what travels.

The browser's half of the parity is frontend/test/variables.parity.test.ts.
"""

from __future__ import annotations

import json
import math

import numpy as np
import parity_variables
import pytest
import torch
from scipy.integrate import quad
from traitlets import TraitError

import flowviz as fv
from flowviz.widgets.monotone import curve
from flowviz.widgets.texts import texts
from flowviz.widgets.variables import BASES, log_base

SPLINE = {"kind": "spline", "at": [-2.0, 0.0, 1.5], "to": [-1.0, 0.2, 3.0]}
MAPS = [
    {"kind": "affine", "slope": -1.7, "shift": 0.3},
    {"kind": "power", "power": 2.5, "soft": 0.0},
    {"kind": "power", "power": 0.4, "soft": 0.2},
    {"kind": "sigmoid", "steep": 1.3, "centre": 0.4},
    {**SPLINE, "slopes": [0.0, 0.0, 0.0]},
    {**SPLINE, "slopes": [0.5, 2.5, 0.7], "inverse": True},
]
LEADS = [-2.9, -1.31, -0.2, 0.05, 0.7, 1.69, 2.95]
ids = [f"{spec['kind']}-{i}" for i, spec in enumerate(MAPS)]


def test_sheet_is_fresh() -> None:
    fresh = json.loads(json.dumps(parity_variables.sheet()))
    stored = json.loads(parity_variables.SHEET.read_text(encoding="utf-8"))
    assert alike(fresh, stored), "run: python tests/parity_variables.py"


def alike(found: object, stored: object) -> bool:
    """The same but for the last digits, which another machine may round differently."""
    if isinstance(found, dict) and isinstance(stored, dict):
        return found.keys() == stored.keys() and all(alike(found[k], stored[k]) for k in found)
    if isinstance(found, list) and isinstance(stored, list):
        return len(found) == len(stored) and all(map(alike, found, stored))
    if isinstance(found, float) and isinstance(stored, int | float):
        return math.isclose(found, stored, rel_tol=1e-6, abs_tol=1e-7)
    return found == stored


# The maps


@pytest.mark.parametrize("spec", MAPS, ids=ids)
def test_maps_lead_back_and_their_slope_is_that_of_a_chord(spec: dict) -> None:
    made, u = curve(spec), np.array(LEADS)
    np.testing.assert_allclose(made.back(made.f(u)), u, atol=1e-9)
    chord = (made.f(u + 1e-6) - made.f(u - 1e-6)) / 2e-6
    np.testing.assert_allclose(np.log(np.abs(chord)), made.log_slope(u), atol=1e-5)


def test_free_slopes_leave_no_kink_in_the_density() -> None:
    """Just beside each knot the log of the slope changes at the same rate on both sides."""
    made, h = curve({**SPLINE, "slopes": [0.0, 0.0, 0.0]}), 1e-5
    for knot in SPLINE["at"]:
        at = made.log_slope(np.array([knot - h, knot, knot + h]))
        assert at[1] - at[0] == pytest.approx(at[2] - at[1], abs=1e-8)


@pytest.mark.parametrize("name", BASES)
def test_bases_have_mass_one(name: str) -> None:
    ends = (0, 1) if name == "uniform" else (-30, 30)
    density = lambda z: math.exp(log_base(name, np.array([z]))[0])  # noqa: E731
    assert quad(density, *ends, points=[0.0], limit=200)[0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("spec", MAPS, ids=ids)
def test_mass_is_one_whatever_the_map(spec: dict, base: str) -> None:
    assert fv.ChangeOfVariables([spec], base).mass == pytest.approx(1, abs=5e-4)


def test_mass_is_one_after_four_maps() -> None:
    widget = fv.ChangeOfVariables(["spline", "affine", "sigmoid", "logit"], "mixture")
    assert widget.mass == pytest.approx(1, abs=5e-4)


def test_forgetting_the_slope_and_turning_its_sign() -> None:
    """A slope of 3: three times the mass where it is forgotten, nine times with a wrong sign."""
    widget = fv.ChangeOfVariables([{"kind": "affine", "slope": 3.0, "shift": 1.0}])
    widget.rule = "forgotten"
    assert widget.mass == pytest.approx(3, abs=1e-3)
    widget.rule = "wrong"
    assert widget.mass == pytest.approx(9, abs=1e-3)


def test_mass_without_end_is_called_infinite() -> None:
    assert fv.ChangeOfVariables("logit", "uniform", rule="forgotten").mass == math.inf
    root = {"kind": "power", "power": 0.5, "soft": 0.0}
    assert fv.ChangeOfVariables([root], rule="wrong").mass == math.inf


def test_two_knots_bring_the_mass_of_the_wrong_sign_back_to_one() -> None:
    """What notebook 01 has its readers do: no single knot can, and what comes is no density."""
    start = fv.ChangeOfVariables("spline").maps[0]

    def pulled(*to: float) -> fv.ChangeOfVariables:
        return fv.ChangeOfVariables([{**start, "to": [*start["to"][:3], *to]}], rule="wrong")

    assert pulled(0.2, 2.0).mass > 1.1, "the first of the two does not do it"
    assert pulled(0.2, 1.1).mass > 1 > pulled(0.2, 0.8).mass
    widget = pulled(0.2, 1.0)
    assert widget.mass == pytest.approx(1, abs=0.02)
    wrong, widget.rule = widget.account().log_px, "right"
    assert abs(wrong - widget.account().log_px) > 0.3


def test_a_base_that_does_not_fit_loses_what_lies_outside() -> None:
    inside = quad(lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi), 0, 1)[0]
    assert fv.ChangeOfVariables("logit", "normal").mass == pytest.approx(inside, abs=1e-3)


# Flows and layers


@pytest.mark.parametrize("name", ["flow of four", "flow of six"])
@torch.no_grad()
def test_a_flow_and_its_picture_agree(name: str) -> None:
    flow = parity_variables.models()[name]
    widget = fv.ChangeOfVariables(flow)
    assert len(widget.maps) == (4 if name == "flow of four" else 1)
    for z in LEADS:
        account = widget.account(z)
        x = flow.inverse(torch.tensor([[z]], dtype=torch.float64))[0]
        assert account.x == pytest.approx(x.item(), abs=2e-4)
        log_prob = flow.log_prob(torch.tensor([[account.x]], dtype=torch.float64)).item()
        assert account.log_px == pytest.approx(log_prob, abs=6e-3)
    assert widget.mass == pytest.approx(1, abs=1e-3)


def test_flows_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="one number"):
        fv.ChangeOfVariables(fv.zoo.realnvp(dim=2))
    with pytest.raises(ValueError, match="StandardNormal or Uniform"):
        fv.ChangeOfVariables(fv.Flow([fv.layers.Softplus(1)], fv.HalfNormal(1)))


# Traits


def test_account_of_the_probe() -> None:
    widget = fv.ChangeOfVariables([{"kind": "affine", "slope": 2.0, "shift": 1.0}], probe=0.5)
    found = widget.account()
    assert (found.x, found.slope) == (2.0, pytest.approx(2))
    assert found.log_px == pytest.approx(found.log_pz - math.log(2))


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([], "1 to 4"),
        (["affine"] * 5, "1 to 4"),
        (["cosine"], "affine, power"),
        ([{"kind": "affine", "slope": 0}], "not one to one"),
        ([{"kind": "affine", "scale": 2}], "slope, shift"),
        ([{"kind": "power", "power": -1}], "from 0.05"),
        ([{"kind": "spline", "at": [0, 1], "to": [1, 0]}], "increasing"),
        ([{"kind": "spline", "at": [0, 1], "to": [0, 1, 2]}], "as many"),
        ([{"kind": "spline", "at": [0, 1], "to": [0, 1], "slopes": [-1, 0]}], "slopes"),
    ],
)
def test_maps_that_are_none_are_refused(maps: list, message: str) -> None:
    with pytest.raises(TraitError, match=message):
        fv.ChangeOfVariables(maps)


def test_a_logit_starts_on_the_base_that_fits() -> None:
    assert fv.ChangeOfVariables("logit").base == "uniform"
    assert fv.ChangeOfVariables("sigmoid").base == "normal"


def test_state_brings_the_picture_back() -> None:
    widget = fv.ChangeOfVariables(["power", "spline"], "mixture", probe=1.25, rule="wrong", view=1)
    other = fv.ChangeOfVariables()
    other.take_state(widget.state)
    assert (other.maps, other.base, other.probe) == (widget.maps, "mixture", 1.25)
    assert (other.rule, other.view, other.state) == ("wrong", 1, widget.state)
    assert len(fv.ChangeOfVariables(["spline"] * 4).state) < 2000, "too long for a link"


def test_repr_and_page_are_the_same_every_time() -> None:
    one, two = fv.ChangeOfVariables(["affine", "power"]), fv.ChangeOfVariables(["affine", "power"])
    assert repr(one) == repr(two) == "ChangeOfVariables(affine, power; base normal)"
    assert one.to_html() == two.to_html()


def test_every_text_has_its_german() -> None:
    english, german = (texts("variables", language) for language in ("en", "de"))
    assert english.keys() == german.keys()
    places = {key: set(_places(text)) for key, text in english.items()}
    assert places == {key: set(_places(text)) for key, text in german.items()}


def _places(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


def test_a_question_and_its_answer() -> None:
    widget = fv.ChangeOfVariables()
    widget.ask("Twice as steep: p(x)?", options=["doubles", "halves"], truth="halves", id="steep")
    assert (widget.asked, widget.answer("steep")) == ("steep", None)
