"""Ready-made flows of many small bends: planar, Sylvester, Gaussianization."""

from __future__ import annotations

from collections.abc import Sequence

from ..flow import Flow, seeded
from ..layers import (
    ActNorm,
    Affine,
    GaussianizationBlock,
    Planar,
    Sylvester,
)


def gaussianization(
    dim: int = 2,
    blocks: int = 8,
    bins: int = 16,
    bound: float = 4.0,
    form: str = "householder",
    seed: int | None = 0,
) -> Flow:
    """Splines for every coordinate and a rotation, in turn: close after `initialize` from data.

    Meng et al. 2020, "Gaussianization flows". `fv.fit` initializes and then trains it.
    """
    with seeded(seed):
        layers = [GaussianizationBlock(dim, bins, bound, form) for _ in range(blocks)]
    return Flow([ActNorm(dim), *layers])


def planar(
    dim: int = 2,
    layers: int = 16,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Planar layers, each one bend of space. Rezende & Mohamed 2015.

    `hidden` are the networks that context goes through; without context there are none.
    """
    with seeded(seed):
        stack = [Planar(dim, context, hidden) for _ in range(layers)]
    return Flow([ActNorm(dim), *stack, Affine(dim)])


def sylvester(
    dim: int = 2,
    layers: int = 8,
    rank: int | None = None,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Sylvester layers, each `rank` bends at once (default: dim). van den Berg et al. 2018.

    `hidden` are the networks that context goes through; without context there are none.
    """
    with seeded(seed):
        stack = [Sylvester(dim, rank, context, hidden) for _ in range(layers)]
    return Flow([ActNorm(dim), *stack, Affine(dim)])
