"""LayerLab's kinds: the sheet for the browser is fresh, and layers and handles lead to each other.

The browser's half of the comparison is frontend/test/parity.test.ts.
"""

from __future__ import annotations

import json
import math

import parity
import pytest
import torch
from parity_sets import sets

import flowviz as fv
from flowviz import layers
from flowviz.base import HalfNormal, SortedNormal, StandardNormal, Uniform
from flowviz.layers import univariate
from flowviz.widgets.kinds import cards, defaults, fit_of, layer_of
from flowviz.widgets.kinds.tables import knots

BASES = {
    "normal": StandardNormal,
    "half-normal": HalfNormal,
    "sorted normal": SortedNormal,
    "uniform": Uniform,
}
STORED = json.loads(parity.SHEET.read_text(encoding="utf-8"))
EVERY = [
    pytest.param(kind, params, id=f"{kind}-{i}")
    for kind in cards()
    for i, params in enumerate(sets(kind))
]


def _same(found: object, stored: object) -> bool:
    """Alike but for the last digits, which another machine may round differently."""
    if isinstance(found, dict) and isinstance(stored, dict):
        return found.keys() == stored.keys() and all(_same(found[k], stored[k]) for k in found)
    if isinstance(found, list) and isinstance(stored, list):
        return len(found) == len(stored) and all(map(_same, found, stored))
    if isinstance(found, float) and isinstance(stored, (int, float)):
        return math.isclose(found, stored, rel_tol=1e-9, abs_tol=1e-9)
    return found == stored


@torch.no_grad()
def test_sheet_is_fresh() -> None:
    fresh = json.loads(json.dumps(parity.sheet()))
    names = [case["kind"] for case in fresh]
    assert names == [case["kind"] for case in STORED], "run: python tests/parity.py"
    stale = [name for name, a, b in zip(names, fresh, STORED, strict=True) if not _same(a, b)]
    assert not stale, "the layers have changed; run: python tests/parity.py"


@pytest.mark.parametrize("kind", cards())
def test_card_says_what_the_layer_is(kind: str) -> None:
    layer, card = layer_of(kind, {}), cards()[kind]
    assert [math.prod(layer.data_shape), math.prod(layer.latent_shape)] == card["dims"]
    assert (layer.kind, layer.exact) == (card["kind"], card["kind"] != "stochastic")
    assert sorted(layer.columns) == sorted(card["columns"])
    assert BASES[card["base"]](card["dims"][1]).support == layer.latent_space


@pytest.mark.parametrize("kind", cards())
def test_handles_start_within_their_ends(kind: str) -> None:
    names = [handle[0] for handle in cards()[kind]["handles"]]
    assert len(set(names)) == len(names)
    for name, label, about, low, high, step, start, *choices in cards()[kind]["handles"]:
        values = start if isinstance(start, list) else [start]
        assert all(low <= value <= high for value in values), name
        assert 0 < step <= high - low
        assert 0 < len(label) <= 24, label
        assert about[0].isupper() or about[0] in "dz", about
        assert about.endswith("."), about
        assert all(len(c) == high - low + 1 for c in choices)


@torch.no_grad()
@pytest.mark.parametrize(("kind", "params"), EVERY)
def test_handles_come_back_from_the_layer(kind: str, params: dict) -> None:
    """Not the numbers (a mirror's length, a turn by 2 pi), but the layer they make, to 1e-12."""
    layer = layer_of(kind, params, torch.float64)
    fit = fit_of(layer)
    assert fit.error < 1e-12
    again = layer_of(fit.kind, fit.params, torch.float64)
    x = parity.data_points(layer)
    with parity.drawing(layer, len(x)):
        z, terms = layer(x)
    with parity.drawing(again, len(x)):
        same, own = again(x)
    torch.testing.assert_close(same, z, atol=1e-11, rtol=1e-11)
    torch.testing.assert_close(own.total, terms.total, atol=1e-9, rtol=1e-9)


@torch.no_grad()
def test_a_table_is_linear_between_its_knots() -> None:
    """The drawn coupling against numpy-like interpolation, written out anew."""
    table = [0.0, 2.0, -1.0, 0.5, 3.0]
    layer = layer_of("coupling", {"s": [0.0] * 5, "t": table}, torch.float64)
    at = torch.linspace(-6, 6, 241, dtype=torch.float64)
    z, _ = layer(torch.stack([at, torch.zeros_like(at)], -1))
    held = at.clamp(-4, 4)
    left = ((held + 4) / 2).floor().clamp(max=3).long()
    share = (held + 4) / 2 - left
    values = torch.tensor(table, dtype=torch.float64)
    torch.testing.assert_close(z[:, 1], values[left] + share * (values[left + 1] - values[left]))


def _trained(layer: fv.Layer) -> fv.Layer:
    """Weights as after training: not those of a table."""
    generator = torch.Generator().manual_seed(2)
    for parameter in layer.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return layer


@torch.no_grad()
@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (layers.AffineCoupling(2, keep="second"), "coupling"),
        (layers.AdditiveCoupling(2), "additive"),
        (layers.MaskedAutoregressive(2, univariate.Affine(), order="backward"), "autoregressive"),
        (layers.CouplingFunnel(2, 1, univariate.Affine()), "funnel"),
    ],
)
def test_a_trained_conditioner_is_read_at_the_knots(layer: fv.Layer, kind: str) -> None:
    """At the knots the drawn layer is the trained one; `error` owns up to the places between."""
    fit = fit_of(_trained(layer))
    again = layer_of(fit.kind, fit.params)
    assert fit.kind == kind
    own = knots(33).float()
    x = torch.stack([own, own], -1)
    torch.testing.assert_close(again(x)[0], layer(x)[0], atol=1e-5, rtol=1e-5)
    between = x + 0.1
    away = float((again(between)[0] - layer(between)[0])[8:-9].abs().max())
    assert 1e-4 < fit.error < 0.1
    assert away < 1.01 * fit.error


@torch.no_grad()
@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (layers.Planar(2), "planar"),
        (layers.Sylvester(2), "sylvester"),
        (layers.Rotation(2, form="householder"), "householder"),
        (layers.ResidualMLP(2), "residual"),
        (layers.Continuous(2), "ode"),
        (layers.RationalQuadraticSpline(2), "spline"),
        (layers.FlowifiedLinear.from_linear(torch.nn.Linear(2, 1)), "flowified21"),
        (layers.FlowifiedLinear.from_linear(torch.nn.Linear(1, 2)), "flowified12"),
    ],
)
def test_a_trained_layer_without_tables_is_read_exactly(layer: fv.Layer, kind: str) -> None:
    fit = fit_of(_trained(layer))
    assert fit.kind == kind
    assert fit.error < 2e-5


def test_no_kind_for_it() -> None:
    with pytest.raises(ValueError, match="LayerLab shows no spline coupling"):
        fit_of(layers.SplineCoupling(2))
    with pytest.raises(ValueError, match=r"LayerLab shows no .* from \(3,\)"):
        fit_of(layers.Affine(3))
    with pytest.raises(TypeError, match="expected a flowviz layer, got Linear"):
        fit_of(torch.nn.Linear(2, 2))


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("affine", {"s3": 1.0}, "expected parameters of"),
        ("affine", {"s1": math.nan}, "s1: expected a finite number, got nan"),
        ("coupling", {"t": 1.0}, "t: expected a list of finite numbers, got 1.0"),
        ("coupling", {"t": [0.0, 1.0]}, "expected tables of one length"),
        ("residual", {"coefficient": 1.2}, "expected 0 < coefficient < 1, got 1.2"),
        ("spline", {"x1": [-1.0, 0.0, 0.0, 1.0, 2.0]}, "expected knots x1, y1 that rise"),
        ("ode", {"net": [1.0]}, "net: expected 26 numbers"),
        ("nice", {}, "expected one of the kinds affine, actnorm"),
    ],
)
def test_what_makes_no_layer_says_so(kind: str, params: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer_of(kind, params)


def test_defaults_are_not_shared() -> None:
    defaults("coupling")["s"][0] = 99.0
    assert defaults("coupling")["s"][0] != 99.0
