"""Couplings in words: what stays, what moves, one or many."""

from __future__ import annotations

import pytest

from flowviz.layers import AdditiveCoupling, AffineCoupling, ConvCoupling, SplineCoupling
from flowviz.layers.univariate import Affine

WORDS = [
    (AdditiveCoupling(2), "x₁ stays; x₂ is shifted, by an amount that x₁ decides"),
    (
        AffineCoupling(4),
        "x₁ and x₂ stay; x₃ and x₄ are scaled and shifted, by an amount that x₁ and x₂ decide",
    ),
    (
        SplineCoupling(3, "second"),
        "x₃ stays; x₁ and x₂ move along a spline, by an amount that x₃ decides",
    ),
    (
        ConvCoupling((2, 2, 2), Affine(3.0), "half", "second"),
        "the lower rows stay; the upper rows are scaled and shifted, by amounts that the lower "
        "rows decide",
    ),
]


@pytest.mark.parametrize(("layer", "words"), WORDS)
def test_a_coupling_says_who_stays_and_who_moves(layer, words):
    assert layer.action == words
    assert layer.title.endswith(" coupling")
