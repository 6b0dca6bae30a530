"""A run of planar layers in one step is the layers one after the other."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from runs import assert_runs_are_the_layers, assert_second_gradients_agree, points, sizes

from flowviz.layers import Planar, Sequential, fast_planar

counts = pytest.mark.parametrize(("dim", "count"), [(2, 3), (5, 2), (2, fast_planar.LONGEST + 3)])


def chain(dim: int, count: int, dtype: torch.dtype = torch.float64) -> Sequential:
    gain = 3.0 / count**0.5
    return Sequential([lively(Planar(dim), gain, seed=k) for k in range(count)]).to(dtype)


@counts
@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
def test_values_and_gradients_are_those_of_the_layers(dim, count, graph, dtype, bound):
    assert_runs_are_the_layers(chain(dim, count, dtype), points(dim, dtype), bound, graph=graph)


def test_gradients_of_gradients_agree():
    assert_second_gradients_agree(chain(2, 3), points(2), 1e-10)


def test_runs_are_of_one_dimension_without_context_towards_the_latent():
    layers, x = [Planar(2), Planar(2), Planar(2, context=1), Planar(2)], points(2)
    assert sizes(layers, x) == [2, 1, 1]
    assert sizes(layers, x, data_side=False) == [1, 1, 1, 1]


def test_the_way_back_of_a_run_is_the_way_back_of_its_layers():
    layers, x = chain(2, 5), points(2)
    z, terms = layers(x)
    back, turned = layers.inverse(z)
    close(back, x, 1e-9)
    close(turned.volume, terms.volume, 1e-9)
