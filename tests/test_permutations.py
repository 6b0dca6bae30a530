"""Every permutation of up to six coordinates: even ones turn, odd ones are cut."""

from __future__ import annotations

import itertools

import pytest
import torch

from flowviz.layers import Permutation


def orders(dim: int) -> list[tuple[int, ...]]:
    return list(itertools.permutations(range(dim)))


def inversions(order: tuple[int, ...]) -> int:
    return sum(a > b for a, b in itertools.combinations(order, 2))


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 6])
def test_odd_ones_are_cut_and_only_those(dim):
    for order in orders(dim):
        assert Permutation(order).cut == bool(inversions(order) % 2), order


@pytest.mark.parametrize("dim", [2, 3, 4, 5, 6])
def test_even_ones_turn_all_the_way(dim):
    """R(1) is the permutation, R(tau) a rotation, and R(1/3) R(1/3) R(1/3) = R(1)."""
    eye = torch.eye(dim, dtype=torch.float64)
    for order in filter(lambda order: inversions(order) % 2 == 0, orders(dim)):
        layer = Permutation(order)
        third, almost = layer.path(eye, 1 / 3).mT, layer.path(eye, 1 - 1e-12).mT
        assert torch.allclose(third @ third.mT, eye, atol=1e-10), order
        assert torch.linalg.det(third) == pytest.approx(1), order
        assert torch.allclose(third @ third @ third, layer(eye)[0].mT, atol=1e-10), order
        assert torch.allclose(almost, layer(eye)[0].mT, atol=1e-9), order


def test_a_large_one_costs_nothing_until_it_is_filmed():
    layer = Permutation(range(100_000))
    x = torch.randn(2, 100_000)
    assert torch.equal(layer.inverse(layer(x)[0])[0], x)


@pytest.mark.parametrize("order", [[], [1], [0, 0], [0, 2], [-1, 0]])
def test_what_is_no_permutation_raises(order):
    with pytest.raises(ValueError, match=r"Permutation: expected each of 0..dim-1 once, got \["):
        Permutation(order)


def test_numbers_that_are_no_integers_raise():
    with pytest.raises(TypeError):
        Permutation([0.0, 1.0])
