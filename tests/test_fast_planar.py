"""A run of planar layers in one step is the layers one after the other."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from torch import Tensor

from flowviz.layer import Terms
from flowviz.layers import Planar, Sequential, fast_planar, fast_runs

sizes = pytest.mark.parametrize(("dim", "count"), [(2, 3), (5, 2), (2, fast_planar.LONGEST + 3)])


def chain(dim: int, count: int, dtype: torch.dtype = torch.float64) -> Sequential:
    gain = 3.0 / count**0.5
    return Sequential([lively(Planar(dim), gain, seed=k) for k in range(count)]).to(dtype)


def points(dim: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 4, dim, generator=generator, dtype=dtype).requires_grad_()


def one_by_one(layers: Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    rows = []
    for layer in layers.layers:
        x, terms = layer(x)
        rows.append(terms)
    return x, Terms.sum(rows).volume


def at_once(layers: Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    z, terms = layers(x)
    return z, terms.volume


def evaluated(form, layers, x, graph: bool = False) -> list[Tensor]:
    z, volume = form(layers, x)
    scales = torch.linspace(0.5, 2, x.numel(), dtype=x.dtype).view(z.shape)
    total = (scales * z**2).sum() + (scales[..., 0] * volume).sum()
    grads = torch.autograd.grad(total, [x, *layers.parameters()], create_graph=graph)
    return [z, volume, *grads]


@sizes
@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
def test_values_and_gradients_are_those_of_the_layers(dim, count, graph, dtype, bound):
    layers, x = chain(dim, count, dtype), points(dim, dtype)
    pairs = (evaluated(form, layers, x, graph) for form in (at_once, one_by_one))
    for a, b in zip(*pairs, strict=True):
        close(a, b, bound)
    with torch.no_grad():
        for a, b in zip(at_once(layers, x), one_by_one(layers, x), strict=True):
            close(a, b, bound)


def test_gradients_of_gradients_agree():
    layers, x, second = chain(2, 3), points(2), []
    for form in (at_once, one_by_one):
        total = sum(g.square().sum() for g in evaluated(form, layers, x, graph=True)[2:])
        second.append(torch.autograd.grad(total, [x, *layers.parameters()]))
    for a, b in zip(*second, strict=True):
        close(a, b, 1e-10)


def test_runs_are_of_one_dimension_without_context_towards_the_latent():
    layers, x = [Planar(2), Planar(2), Planar(2, context=1), Planar(2)], points(2)
    assert [len(group) for group in fast_runs.runs(layers, x, True)] == [2, 1, 1]
    assert [len(group) for group in fast_runs.runs(layers, x, False)] == [1, 1, 1, 1]


def test_the_way_back_of_a_run_is_the_way_back_of_its_layers():
    layers, x = chain(2, 5), points(2)
    z, terms = layers(x)
    back, turned = layers.inverse(z)
    close(back, x, 1e-9)
    close(turned.volume, terms.volume, 1e-9)
