"""Contributions add up to log p, belong to the right coordinate, and rank what is factored out."""

from __future__ import annotations

import math

import pytest
import torch
from case import lively
from laws import jacobians

import flowviz as fv
from flowviz.layers import (
    Abs,
    ActNorm,
    Affine,
    Inverse,
    InverseAutoregressive,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Rotation,
    Sequential,
    Sigmoid,
    Slice,
    SplineCoupling,
)
from flowviz.layers.univariate import Affine as AffineMap


def points(n: int, dim: int) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def everything() -> fv.Flow:
    layers = [
        ActNorm(4), SplineCoupling(4, hidden=(8,), context=2), Permutation([2, 0, 3, 1]),
        Sequential([LULinear(4), MaskedAutoregressive(4, AffineMap(2.0), (8,), 2, "backward")]),
        Rotation(4), Affine(4),
    ]  # fmt: skip
    return fv.Flow([lively(layer, 0.5) for layer in layers]).double()


def test_contributions_add_up_to_log_p():
    flow, x, c = everything(), points(12, 4), points(12, 2)
    expected = flow.log_prob(x, c).detach()
    torch.testing.assert_close(fv.contributions(flow, x, c).sum(-1), expected)
    folded = fv.contributions(flow, x.reshape(3, 4, 4), c.reshape(3, 4, 2))
    torch.testing.assert_close(folded.sum(-1), expected.reshape(3, 4))


def test_on_another_base():
    flow, x = fv.Flow([Affine(2), Sigmoid(2)], fv.Uniform(2)).double(), points(5, 2)
    torch.testing.assert_close(fv.contributions(flow, x).sum(-1), flow.log_prob(x).detach())


def test_every_coordinate_gets_its_own_slope():
    """z = (2 x2, 3 x1): c = log N(z) + (log 2, log 3), the shares carried along by the swap."""
    scale, swap = Affine(2), Permutation([1, 0])
    with torch.no_grad():
        scale.params[0] = torch.tensor([math.log(3), math.log(2)])
    x = points(4, 2).float()
    z = torch.stack([2 * x[:, 1], 3 * x[:, 0]], -1)
    expected = -0.5 * z**2 - 0.5 * math.log(2 * math.pi) + torch.tensor([2.0, 3.0]).log()
    torch.testing.assert_close(fv.contributions(fv.Flow([scale, swap]), x), expected)


def test_a_layer_turned_round_owes_each_coordinate_its_own_slope_too():
    scale = lively(Affine(3)).double()
    x, log_slopes = points(4, 3), scale.params[0].detach()
    expected = fv.contributions(fv.Flow([Inverse(scale)]), x)
    z = Inverse(scale)(x)[0].detach()
    torch.testing.assert_close(expected, -0.5 * z**2 - 0.5 * math.log(2 * math.pi) - log_slopes)
    swap = fv.Flow([scale, Inverse(Permutation([2, 0, 1]))])
    carried = fv.contributions(swap, x)
    torch.testing.assert_close(carried, fv.contributions(fv.Flow([scale]), x)[:, [1, 2, 0]])

    layer = lively(InverseAutoregressive(3, AffineMap(2.0), (8,))).double()
    slopes = jacobians(lambda x: layer(x)[0], x).diagonal(dim1=-2, dim2=-1)
    z = layer(x)[0].detach()
    expected = -0.5 * z**2 - 0.5 * math.log(2 * math.pi) + slopes.log()
    torch.testing.assert_close(fv.contributions(fv.Flow([layer]), x), expected)


def sheet(n: int) -> torch.Tensor:
    """A noisy plane in space: the third coordinate is the normal direction, thin."""
    return points(n, 3).float() * torch.tensor([1.0, 1.5, 0.05])


def test_the_thin_direction_contributes_most():
    x = sheet(2000)
    flow = fv.Flow([ActNorm(3)])
    flow.initialize(x)
    mean = fv.contributions(flow, x).mean(0)
    assert int(mean.argmax()) == 2 and mean[2] - mean[0] == pytest.approx(math.log(20), abs=0.1)
    split = fv.contribution_split(flow, x, 2)
    assert split.order.tolist() == [0, 2, 1]
    assert fv.contribution_split(flow, x, 2, largest=False).order.tolist() == [0, 1, 2]


def test_the_split_goes_on_as_a_flow_and_its_order_travels():
    x = sheet(500)
    flow = fv.Flow([ActNorm(3)])
    flow.initialize(x)
    split = fv.contribution_split(flow, x, 1, decoder="standard_normal")
    model = fv.Flow([*flow.layers, split, Affine(1)])
    torch.testing.assert_close(model.log_prob(x), flow.log_prob(x), rtol=1e-5, atol=1e-5)
    other = Slice(3, 1, decoder="standard_normal")
    other.load_state_dict(split.state_dict())
    assert torch.equal(other(x)[0], x[:, 2:])


def test_what_has_no_coordinates_of_its_own_raises():
    x = torch.ones(2, 2)
    with pytest.raises(ValueError, match="layer 1 .*expected a bijection of vectors, got a surj"):
        fv.contributions(fv.Flow([Abs(2)], fv.HalfNormal(2)), x)
    with pytest.raises(ValueError, match="some but not all of 2 to stay, got keep=2"):
        fv.contribution_split(fv.Flow([Affine(2)]), x, 2)
