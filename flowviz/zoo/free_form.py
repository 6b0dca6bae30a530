"""Ready-made flows whose Jacobian is free: residual, attentive and continuous."""

from __future__ import annotations

from collections.abc import Sequence

from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import (
    ActNorm,
    Affine,
    Continuous,
    ResidualAttention,
    ResidualMLP,
)


def attentive(
    dim: int = 2,
    blocks: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    kind: str = "l2",
    coefficient: float = 0.9,
    seed: int | None = 0,
) -> Flow:
    """Residual attention between the coordinates and a residual perceptron, in turn.

    Every coordinate is a token of one channel. Context reaches the perceptrons. `kind` is "l2"
    or "dot". Mukherjee et al. 2023, "Attentive Contractive Flow".
    """
    layers: list[Layer] = []
    with seeded(seed):
        for _ in range(blocks):
            layers.append(ResidualAttention(dim, kind, coefficient=coefficient))
            layers += [ResidualMLP(dim, hidden, context, coefficient), ActNorm(dim)]
    return Flow([ActNorm(dim), *layers])


def ffjord(
    dim: int = 2,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    time: float = 1.0,
    method: str = "rk4",
    steps: int = 8,
    divergence: str = "exact",
    seed: int | None = 0,
) -> Flow:
    """One continuous layer, then one scale for each coordinate.

    divergence="hutchinson" is the paper's estimate. Grathwohl et al. 2019, "FFJORD".
    """
    with seeded(seed):
        layer = Continuous(dim, hidden, context, time, method, steps, divergence=divergence)
    return Flow([ActNorm(dim), layer, Affine(dim)])


def residual(
    dim: int = 2,
    blocks: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    coefficient: float = 0.9,
    volume: str = "exact",
    seed: int | None = 0,
) -> Flow:
    """Contractive residual blocks with ActNorm between them.

    volume="roulette" is the unbiased estimate of Chen et al. 2019, "Residual Flows";
    "truncated" the biased one of Behrmann et al. 2019, "Invertible Residual Networks".
    """
    layers: list[Layer] = []
    with seeded(seed):
        for _ in range(blocks):
            layers += [ResidualMLP(dim, hidden, context, coefficient, volume), ActNorm(dim)]
    return Flow([ActNorm(dim), *layers])
