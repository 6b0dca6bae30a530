"""Ready-made flows: `fv.zoo.nsf(dim=2)` is an architecture, untrained.

Initial weights come from `seed` (0 by default, so that a notebook is the same every time it
runs); `seed=None` draws them from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Sequence

from .flow import Flow, seeded
from .layers import ActNorm, AdditiveCoupling, Affine, AffineCoupling, SplineCoupling
from .trained import trained

__all__ = ["nice", "nsf", "realnvp", "trained"]


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
        layers = [AdditiveCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
    return Flow([ActNorm(dim), *layers, Affine(dim)])


def realnvp(
    dim: int = 2,
    couplings: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Affine couplings that take turns. Dinh et al. 2016, "RealNVP" (ActNorm for batch norm)."""
    with seeded(seed):
        layers = [AffineCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
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
        layers = [
            SplineCoupling(dim, _turn(i), hidden, context, bins, bound) for i in range(couplings)
        ]
    return Flow([ActNorm(dim), *layers])


def _turn(index: int) -> str:
    return "first" if index % 2 == 0 else "second"
