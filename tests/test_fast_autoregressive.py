"""A run of affine autoregressive layers in one step is the layers one after the other."""

from __future__ import annotations

import pytest
import torch
from case import lively
from runs import assert_runs_are_the_layers, assert_second_gradients_agree, points, sizes

from flowviz.layers import MaskedAutoregressive, Sequential
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


@dims
@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
def test_values_and_gradients_are_those_of_the_layers(dim, graph, dtype, bound):
    layers, x = chain(dim, dtype), points(dim, dtype)
    assert sizes(layers.layers, x) == [4]
    assert_runs_are_the_layers(layers, x, bound, graph=graph)


def test_gradients_of_gradients_agree():
    assert_second_gradients_agree(chain(3), points(3), 1e-9)


def test_runs_are_affine_without_context_towards_the_latent():
    affine = [MaskedAutoregressive(2, Affine(3.0), (4,)) for _ in range(2)]
    spline = MaskedAutoregressive(2, RationalQuadratic(4, 3.0), (4,))
    given = MaskedAutoregressive(2, Affine(3.0), (4,), context=1)
    layers, x = [*affine, spline, given], points(2)
    assert sizes(layers, x) == [2, 1, 1]
    assert sizes(layers, x, data_side=False) == [1, 1, 1, 1]
