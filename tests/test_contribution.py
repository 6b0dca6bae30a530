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
    Conv1x1,
    ConvCoupling,
    Flatten,
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
    Squeeze,
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


def images() -> fv.Flow:
    shape = (2, 4, 4)
    layers = [
        ActNorm(shape, channels=True), ConvCoupling(shape, AffineMap(2.0), "checkerboard"),
        Squeeze(shape), ConvCoupling((8, 2, 2), AffineMap(2.0), keep="second"),
        Inverse(ConvCoupling((8, 2, 2), AffineMap(2.0))),
    ]  # fmt: skip
    return fv.Flow([lively(layer, 0.5) for layer in layers]).double()


def test_images_have_contributions_too_number_by_number():
    """Against the diagonals of all Jacobians; a squeeze carries the shares along."""
    flow, x = images(), points(3, 32).reshape(3, 2, 4, 4)
    expected, v = torch.zeros_like(x), x
    for layer in flow.layers:
        if isinstance(layer, Squeeze):
            v, expected = layer(v)[0], layer(expected)[0]
            continue
        jacobian = jacobians(lambda u, on=layer: on(u)[0], v)
        slopes = jacobian.diagonal(dim1=-2, dim2=-1).abs().log()
        v, expected = layer(v)[0].detach(), expected + slopes.reshape(v.shape)
    expected = expected - 0.5 * v**2 - 0.5 * math.log(2 * math.pi)
    found = fv.contributions(flow, x)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found.sum((1, 2, 3)), flow.log_prob(x).detach())
    folded = fv.contributions(flow, x[:2].reshape(1, 2, 2, 4, 4))
    torch.testing.assert_close(folded[0], found[:2])


def test_what_mixes_channels_shares_among_them_and_what_mixes_all_among_all():
    shape = (2, 2, 2)
    mix = lively(Conv1x1(shape), 0.5).double()
    scale = lively(ActNorm(shape), 0.5).double()
    x = points(3, 8).reshape(3, *shape)
    before = fv.contributions(fv.Flow([scale]), x) - _log_normal(scale(x)[0])
    z, terms = mix(scale(x)[0])
    volume = (terms.volume / 8)[:, None, None, None].detach()
    expected = before.mean(1, keepdim=True) + volume + _log_normal(z)
    torch.testing.assert_close(fv.contributions(fv.Flow([scale, mix]), x), expected)
    flat, turn = Flatten(shape), lively(Rotation(8), 0.5).double()
    flow = fv.Flow([scale, flat, turn])
    even = before.sum((1, 2, 3))[:, None] / 8 + _log_normal(turn(flat(scale(x)[0])[0])[0])
    torch.testing.assert_close(fv.contributions(flow, x), even)


def _log_normal(z: torch.Tensor) -> torch.Tensor:
    return (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).detach()


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
    with pytest.raises(ValueError, match="layer 1 .*expected a bijection .*got a surj"):
        fv.contributions(fv.Flow([Abs(2)], fv.HalfNormal(2)), x)
    with pytest.raises(ValueError, match="some but not all of 2 to stay, got keep=2"):
        fv.contribution_split(fv.Flow([Affine(2)]), x, 2)
    with pytest.raises(ValueError, match="expected vectors on the latent side, got .2, 4, 4."):
        fv.contribution_split(fv.Flow([ActNorm((2, 4, 4))]), x, 2)
