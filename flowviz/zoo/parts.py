"""What several ready-made flows are made of."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ..layer import Layer
from ..layers import (
    LULinear,
    RationalQuadraticSpline,
)


def splines(size: int, bins: int = 8, bound: float = 3.5) -> Layer:
    """One for each coordinate."""
    return RationalQuadraticSpline(size, bins, bound)


def mixing(dim: int) -> Layer:
    """A linear layer that starts with small random entries, so that splines find mixed axes."""
    layer = LULinear(dim)
    for factor in (layer.lower, layer.upper):
        nn.init.normal_(factor, std=0.3)
    return layer


def alternating(
    coupling: Callable[..., Layer], count: int, dim: int, *settings: object
) -> list[Layer]:
    """Couplings in which the two halves of the coordinates take turns to move."""
    sides = ["first" if i % 2 == 0 else "second" for i in range(count)]
    return [coupling(dim, side, *settings) for side in sides]
