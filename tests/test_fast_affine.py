"""A run of affine couplings in one step is the couplings one after the other."""

from __future__ import annotations

import pytest
import torch

from flowviz.layer import Terms
from flowviz.layers import (
    ActNorm,
    AffineCoupling,
    Coupling,
    Sequential,
    SplineCoupling,
    fast_runs,
)
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


def one_by_one(layers: Sequential, v: torch.Tensor, data_side: bool):
    rows = []
    for layer in layers.layers if data_side else reversed(layers.layers):
        v, terms = layer(v) if data_side else layer.inverse(v)
        rows.append(terms)
    return v, Terms.sum(rows).volume


def at_once(layers: Sequential, v: torch.Tensor, data_side: bool):
    out, terms = layers(v) if data_side else layers.inverse(v)
    return out, terms.volume


def evaluated(form, layers, v, data_side, graph: bool = False):
    out, volume = form(layers, v, data_side)
    weights = torch.linspace(0.5, 2, v.numel(), dtype=v.dtype).view(out.shape)
    total = (weights * out**2).sum() + (weights[..., 0] * volume).sum()
    wanted = [v, *layers.parameters()]
    return out, volume, *torch.autograd.grad(total, wanted, create_graph=graph)


def worst(ours, theirs) -> float:
    return max(((a - b).abs() / (1 + b.abs())).max().item() for a, b in zip(ours, theirs))  # noqa: B905


def points(dim: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 4, dim, generator=generator, dtype=dtype).requires_grad_()


@both_sides
@shapes
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_and_gradients_are_those_of_the_layers(dim, data_side, dtype):
    layers, v = chain(dim, dtype), points(dim, dtype)
    assert len(fast_runs.runs(layers.layers, v, True)) < len(layers.layers)
    with torch.no_grad():
        pair = [f(layers, v, data_side) for f in (at_once, one_by_one)]
    assert worst(*pair) < (1e-12 if dtype == torch.float64 else 1e-6)
    found = [evaluated(f, layers, v, data_side) for f in (at_once, one_by_one)]
    assert worst(*found) < (1e-12 if dtype == torch.float64 else 1e-5)


@both_sides
def test_gradients_of_gradients_agree(data_side):
    layers, v, second = chain(2), points(2), []
    for form in (at_once, one_by_one):
        _, _, *first = evaluated(form, layers, v, data_side, graph=True)
        total = sum(g.square().sum() for g in first)
        second.append(torch.autograd.grad(total, [v, *layers.parameters()]))
    assert worst(*second) < 1e-9


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
    sizes = [len(group) for group in fast_runs.runs(layers, x, True)]
    assert sizes == [2, 1, 1, 1, 1, 1, 1, 1]
    layers[0].net.register_forward_hook(lambda *_: None)
    assert [len(group) for group in fast_runs.runs(layers, x, True)] == [1] * 9


def test_transformed_and_lowered_points_go_through_the_layers():
    layers, x = chain(2), points(2)[0].detach()
    groups: list[int] = []
    torch.func.vmap(lambda v: groups.append(len(fast_runs.runs(layers.layers, v, True))) or v)(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        groups.append(len(fast_runs.runs(layers.layers, x, True)))
    assert groups == [4, 4]
