"""A run of affine autoregressive layers in one step is the layers one after the other."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from torch import Tensor

from flowviz.layer import Terms
from flowviz.layers import MaskedAutoregressive, Sequential, fast_runs
from flowviz.layers.univariate import Affine, RationalQuadratic

dims = pytest.mark.parametrize("dim", [1, 2, 5])


def chain(dim: int, dtype: torch.dtype = torch.float64) -> Sequential:
    """All orders, with and without a limit; nets of one to three layers."""
    mixed = torch.randperm(dim, generator=torch.Generator().manual_seed(2)).tolist()
    settings = [
        (Affine(3.0), (8, 8), "forward"),
        (Affine(None), (6,), "backward"),
        (Affine(1.0), (), mixed),
        (Affine(3.0), (7, 7), "backward"),
    ]
    layers = [MaskedAutoregressive(dim, g, hidden, order=order) for g, hidden, order in settings]
    return Sequential([lively(layer, 0.8, seed=k) for k, layer in enumerate(layers)]).to(dtype)


def one_by_one(layers: Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    rows = []
    for layer in layers.layers:
        x, terms = layer(x)
        rows.append(terms)
    return x, Terms.sum(rows).volume


def at_once(layers: Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    z, terms = layers(x)
    return z, terms.volume


def points(dim: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 4, dim, generator=generator, dtype=dtype).requires_grad_()


def evaluated(form, layers, x, graph: bool = False) -> list[Tensor]:
    z, volume = form(layers, x)
    scales = torch.linspace(0.5, 2, x.numel(), dtype=x.dtype).view(z.shape)
    total = (scales * z**2).sum() + (scales[..., 0] * volume).sum()
    grads = torch.autograd.grad(total, [x, *layers.parameters()], create_graph=graph)
    return [z, volume, *grads]


@dims
@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
def test_values_and_gradients_are_those_of_the_layers(dim, graph, dtype, bound):
    layers, x = chain(dim, dtype), points(dim, dtype)
    assert len(fast_runs.runs(layers.layers, x, True)) == 1
    pairs = (evaluated(form, layers, x, graph) for form in (at_once, one_by_one))
    for a, b in zip(*pairs, strict=True):
        close(a, b, bound)
    with torch.no_grad():
        for a, b in zip(at_once(layers, x), one_by_one(layers, x), strict=True):
            close(a, b, bound)


def test_gradients_of_gradients_agree():
    layers, x, second = chain(3), points(3), []
    for form in (at_once, one_by_one):
        total = sum(g.square().sum() for g in evaluated(form, layers, x, graph=True)[2:])
        second.append(torch.autograd.grad(total, [x, *layers.parameters()]))
    for a, b in zip(*second, strict=True):
        close(a, b, 1e-9)


def test_runs_are_affine_without_context_towards_the_latent():
    affine = [MaskedAutoregressive(2, Affine(3.0), (4,)) for _ in range(2)]
    spline = MaskedAutoregressive(2, RationalQuadratic(4, 3.0), (4,))
    given = MaskedAutoregressive(2, Affine(3.0), (4,), context=1)
    layers, x = [*affine, spline, given], points(2)
    assert [len(group) for group in fast_runs.runs(layers, x, True)] == [2, 1, 1]
    assert [len(group) for group in fast_runs.runs(layers, x, False)] == [1, 1, 1, 1]
