"""Ready-made coupling flows."""

from __future__ import annotations

from collections.abc import Sequence

from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import (
    ActNorm,
    AdditiveCoupling,
    Affine,
    AffineCoupling,
    SplineCoupling,
)
from .parts import alternating, splines


def nice(
    dim: int = 2,
    couplings: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Additive couplings that take turns, then one scale for each coordinate.

    Volume-preserving but for ActNorm and the last scale. Dinh et al. 2014, "NICE".
    """
    with seeded(seed):
        layers = alternating(AdditiveCoupling, couplings, dim, hidden, context)
    return Flow([ActNorm(dim), *layers, Affine(dim)])


def realnvp(
    dim: int = 2,
    couplings: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int | None = None,
    seed: int | None = 0,
) -> Flow:
    """Affine couplings that take turns. Dinh et al. 2016, "RealNVP" (ActNorm for batch norm).

    `bins`: a spline of so many for each coordinate before the couplings.
    """
    with seeded(seed):
        layers: list[Layer] = [splines(dim, bins)] if bins else []
        layers += alternating(AffineCoupling, couplings, dim, hidden, context)
    return Flow([ActNorm(dim), *layers])


def nsf(
    dim: int = 2,
    couplings: int = 2,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int = 16,
    bound: float = 3.5,
    seed: int | None = 0,
) -> Flow:
    """Rational-quadratic spline couplings that take turns. Durkan et al. 2019, RQ-NSF (C).

    In the plane two couplings suffice: the first makes x2 given x1 Gaussian, the second x1.
    """
    with seeded(seed):
        layers = alternating(SplineCoupling, couplings, dim, hidden, context, bins, bound)
    return Flow([ActNorm(dim), *layers])
