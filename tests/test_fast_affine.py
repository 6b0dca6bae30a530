"""A run of affine couplings in one step is the couplings one after the other."""

from __future__ import annotations

import pytest
import torch
from runs import (
    assert_runs_are_the_layers,
    assert_second_gradients_agree,
    at_once,
    evaluated,
    points,
    sizes,
)

from flowviz import Flow
from flowviz.layers import ActNorm, AffineCoupling, Coupling, Sequential, SplineCoupling
from flowviz.layers.univariate import Affine

both_sides = pytest.mark.parametrize("data_side", [True, False])
shapes = pytest.mark.parametrize("dim", [2, 5])


def chain(dim: int, dtype: torch.dtype = torch.float64) -> Sequential:
    """Halves that take turns, or not; with and without a limit; nets of one to three layers."""
    layers = [
        AffineCoupling(dim, "first", (8, 8)),
        AffineCoupling(dim, "second", (6,)) if dim == 2 else AffineCoupling(dim, "first", ()),
        Coupling(dim, Affine(None), "first", (8,)),
        AffineCoupling(dim, "first", (7, 7), limit=1.0),
    ]
    torch.manual_seed(0)
    for p in (p for layer in layers for p in layer.parameters()):
        torch.nn.init.normal_(p, std=0.3)
    return Sequential(layers).to(dtype)


@both_sides
@shapes
@pytest.mark.parametrize(
    ("dtype", "bound", "values"), [(torch.float32, 5e-6, 1e-6), (torch.float64, 1e-12, 1e-12)]
)
def test_values_and_gradients_are_those_of_the_layers(dim, data_side, dtype, bound, values):
    layers, v = chain(dim, dtype), points(dim, dtype)
    assert len(sizes(layers.layers, v)) < len(layers.layers)
    assert_runs_are_the_layers(layers, v, bound, data_side, values=values)


@both_sides
def test_gradients_of_gradients_agree(data_side):
    assert_second_gradients_agree(chain(2), points(2), 1e-9, data_side)


@both_sides
def test_weights_alone_or_points_alone_may_want_a_gradient(data_side):
    layers, v = chain(2), points(2)
    full = evaluated(at_once, layers, v, data_side)
    out, volume = at_once(layers, v.detach(), data_side)
    grads = torch.autograd.grad((out**2).sum() + volume.sum(), list(layers.parameters()))
    assert all(torch.isfinite(g).all() for g in grads) and len(grads) == len(full) - 3
    layers.requires_grad_(False)
    assert torch.isfinite(torch.autograd.grad(at_once(layers, v, data_side)[0].sum(), v)[0]).all()


def test_only_neighbours_of_equal_halves_share_a_run():
    coupling, x = (lambda **k: AffineCoupling(4, hidden=(4,), **k)), torch.zeros(3, 4)
    layers = [coupling(), coupling(keep="second"), ActNorm(4), coupling(), coupling(context=1)]
    layers += [coupling(keep=[0, 2]), coupling(keep=[0]), SplineCoupling(4), coupling()]
    assert sizes(layers, x) == [2, 1, 1, 1, 1, 1, 1, 1]
    layers[0].net.register_forward_hook(lambda *_: None)
    assert sizes(layers, x) == [1] * 9


class Mirrored(AffineCoupling):
    """Not what its class computes."""

    def _map(self, x, context):
        z, volume = super()._map(x, context)
        return -z, volume + 1

    def _unmap(self, z, context):
        x, volume = super()._unmap(-z, context)
        return x, volume + 1


def test_a_layer_of_ones_own_keeps_what_it_overrides():
    flow, x = Flow([Mirrored(2, "first"), Mirrored(2, "second")]), torch.randn(5, 2)
    z, terms = flow(x)
    torch.testing.assert_close(z, x)  # the couplings start at the identity, two signs cancel
    torch.testing.assert_close(terms.volume, torch.full((5,), 2.0))
    torch.testing.assert_close(flow.ledger(x).total, flow.log_prob(x))


def test_transformed_and_lowered_points_go_through_the_layers():
    layers, x = chain(2), points(2)[0].detach()
    groups: list[int] = []
    torch.func.vmap(lambda v: groups.append(len(sizes(layers.layers, v))) or v)(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        groups.append(len(sizes(layers.layers, x)))
    assert groups == [4, 4]
