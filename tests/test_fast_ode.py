"""The solver with its gradient by hand is the readable one; Dormand-Prince is torchdiffeq's."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from torch import Tensor

from flowviz.layers import Continuous, fast_ode
from flowviz.nets import FreeField, VelocityMLP

FIXED = [{"method": "rk4", "steps": 3}, {"method": "midpoint", "steps": 3}, {"method": "euler"}]
both_sides = pytest.mark.parametrize("data_side", [True, False])


def layer_of(dim: int = 3, gain: float = 1.5, **options) -> Continuous:
    return lively(Continuous(dim, (7, 5), **options), gain).double()


def points(*batch: int, dim: int = 3, seed: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 1.5 * torch.randn(*batch, dim, dtype=torch.float64, generator=generator)


def outcome(
    layer: Continuous, v: Tensor, context: Tensor | None, data_side: bool, graph: bool = False
) -> list[Tensor]:
    """Image, volume, and the gradients of points, context and weights."""
    out, terms = layer(v, context) if data_side else layer.inverse(v, context)
    scales = torch.linspace(0.5, 2, out.numel(), dtype=v.dtype).view(out.shape)
    total = (scales * out**2).sum() + (scales[..., 0] * terms.volume.exp()).sum()
    wanted = [t for t in (v, context, *layer.parameters()) if t is not None]
    return [out, terms.volume, *torch.autograd.grad(total, wanted, create_graph=graph)]


def readable(monkeypatch, run, *arguments):
    with monkeypatch.context() as patch:
        patch.setattr(fast_ode, "fits", lambda *_: False)
        return run(*arguments)


@both_sides
@pytest.mark.parametrize("options", FIXED)
@pytest.mark.parametrize("context", [0, 2])
@pytest.mark.parametrize("graph", [False, True])
def test_values_and_gradients_of_equal_steps_are_the_readable_ones(
    options, context, graph, data_side, monkeypatch
):
    layer, v = layer_of(context=context, **options), points(4, 2).requires_grad_()
    given = points(4, 2, dim=2, seed=3).requires_grad_() if context else None
    arguments = layer, v, given, data_side, graph
    expected = readable(monkeypatch, outcome, *arguments)
    for a, b in zip(outcome(*arguments), expected, strict=True):
        close(a, b, 1e-12)
    assert fast_ode.fits(layer.field, layer.method, v)
    with torch.no_grad():
        close(layer(v, given)[0], readable(monkeypatch, lambda: layer(v, given)[0]), 1e-13)
        close(layer.inverse(v, given, terms=False)[0], layer.inverse(v, given)[0], 1e-14)


@both_sides
@pytest.mark.parametrize("gain", [0.3, 1.5, 4.0])
@pytest.mark.parametrize("tolerance", [1e-4, 1e-7])
def test_dormand_prince_is_torchdiffeqs_within_the_tolerance(
    gain, tolerance, data_side, monkeypatch
):
    pytest.importorskip("torchdiffeq")
    layer = layer_of(gain=gain, method="dopri5", tolerance=tolerance)
    arguments = layer, points(30).requires_grad_(), None, data_side
    found, expected = outcome(*arguments), readable(monkeypatch, outcome, *arguments)
    for a, b in zip(found, expected, strict=True):
        size = 1 + b.abs().max()
        assert ((a - b).abs().max() <= 200 * tolerance * size).all()


def test_a_step_that_is_torchdiffeqs_first_is_the_same_step(monkeypatch):
    """Where the whole interval is one step nothing is left to choose: equal to rounding."""
    layer = layer_of(gain=0.3, method="dopri5", tolerance=1e-3)
    way = fast_ode.plan(0.0, 1.0, "dopri5", 1, 1e-3, True)
    assert len(steps_of(layer, points(30), way)) == 1
    arguments = layer, points(30).requires_grad_(), None, True
    expected = readable(monkeypatch, outcome, *arguments)
    for a, b in zip(outcome(*arguments), expected, strict=True):
        close(a, b, 1e-9)  # torchdiffeq reads its end off a polynomial


def steps_of(layer: Continuous, x: Tensor, way: fast_ode.Plan) -> list[fast_ode.Step]:
    weights = fast_ode.weights_of(layer.field, None, way.traces)
    with torch.no_grad():
        return fast_ode._walk(way, x.mT.contiguous(), *weights, keep=True)[2]


@torch.no_grad()
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 0.0)])
def test_steps_cover_the_interval_and_shrink_where_the_tolerance_does(ends):
    counts = []
    for tolerance in (1e-2, 1e-5, 1e-8):
        way = fast_ode.plan(*ends, "dopri5", 1, tolerance, True)
        steps = steps_of(layer_of(gain=4.0), points(30), way)
        starts = torch.tensor([s.t for s in steps])
        close(torch.tensor([s.t + s.h for s in steps])[:-1], starts[1:], 1e-7)
        assert steps[0].t == ends[0] and abs(steps[-1].t + steps[-1].h - ends[1]) < 1e-15
        counts.append(len(steps))
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("options", [{"steps": 2}, {"method": "dopri5", "tolerance": 1e-3}])
def test_gradients_of_gradients(options, monkeypatch):
    """Of the same steps: torchdiffeq's differ within the tolerance, so one step is compared."""
    layer, v = layer_of(gain=0.3, **options), points(4).requires_grad_()

    def second() -> list[Tensor]:
        total = sum(g.square().sum() for g in outcome(layer, v, None, True, True)[2:])
        return list(torch.autograd.grad(total, [v, *layer.parameters()]))

    for a, b in zip(second(), readable(monkeypatch, second), strict=True):
        close(a, b, 1e-7)


def test_only_points_or_only_weights_may_want_a_gradient():
    layer, v = layer_of(steps=3), points(4)
    full = outcome(layer, v.requires_grad_(), None, True)
    out, terms = layer(v.detach())
    scales = torch.linspace(0.5, 2, out.numel(), dtype=v.dtype).view(out.shape)
    total = (scales * out**2).sum() + (scales[..., 0] * terms.volume.exp()).sum()
    for a, b in zip(torch.autograd.grad(total, list(layer.parameters())), full[3:], strict=True):
        close(a, b, 1e-14)
    layer.requires_grad_(False)
    assert torch.isfinite(torch.autograd.grad(layer(v)[0].sum(), v)[0]).all()


def test_other_fields_deeper_nets_and_transforms_take_the_readable_way():
    x = points(3)
    deep, free = VelocityMLP(3, (4, 4, 4)), FreeField(VelocityMLP(3, (4, 4)), 3)
    plain = VelocityMLP(3, (4, 4))
    assert fast_ode.fits(plain, "rk4", x) and fast_ode.fits(plain, "dopri5", x)
    assert not any(fast_ode.fits(field, "rk4", x) for field in (deep, free))
    assert not fast_ode.fits(plain, "dopri8", x)
    seen = []
    torch.func.vmap(lambda v: seen.append(fast_ode.fits(plain, "rk4", v)) or v)(x)
    assert seen == [False]


def test_a_field_that_cannot_be_followed_says_so():
    layer = layer_of(method="dopri5")
    with torch.no_grad():
        layer.field.pace.fill_(float("nan"))
    with pytest.raises(ArithmeticError, match="tolerance 1e-05.*not finite at time 0.0"):
        layer(points(3))
