"""Ready-made flows on images."""

from __future__ import annotations

from collections.abc import Sequence

from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import (
    ActNorm,
    Conv1x1,
    ConvCoupling,
    Split,
    Squeeze,
)
from ..layers.univariate import Affine as AffineMap


def glow(
    shape: Sequence[int] = (1, 28, 28),
    levels: int = 2,
    steps: int = 4,
    width: int = 64,
    context: int = 0,
    limit: float = 3.0,
    seed: int | None = 0,
) -> Flow:
    """Squeeze, `steps` of (ActNorm, 1x1 convolution, affine coupling), split, and so on.

    Images (C, H, W) of real numbers; H and W divisible by 2^levels. The last ActNorm is the learned
    prior of the top level. Scales are exp(limit tanh) rather than sigmoid. Kingma & Dhariwal
    2018, "Glow" (CIFAR-10: levels=3, steps=32, width=512).
    """
    if levels < 1 or steps < 1:
        raise ValueError(f"glow: expected levels >= 1 and steps >= 1, got {levels} and {steps}")
    layers: list[Layer] = []
    with seeded(seed):
        for level in range(levels):
            layers.append(Squeeze(shape))
            shape = layers[-1].latent_shape
            for _ in range(steps):
                layers += _glow_step(shape, width, context, limit)
            if level < levels - 1:
                layers.append(Split(shape, width, context))
                shape = layers[-1].latent_shape
    return Flow([*layers, ActNorm(shape, channels=True)])


def _glow_step(shape: Sequence[int], width: int, context: int, limit: float) -> list[Layer]:
    coupling = ConvCoupling(
        shape, AffineMap(limit), hidden=(width, width), context=context, norm=True
    )
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]
