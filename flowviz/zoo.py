"""Ready-made flows: `fv.zoo.nsf(dim=2)` is an architecture, untrained.

Initial weights come from `seed` (0 by default, so that a notebook is the same every time it
runs); `seed=None` draws them from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Sequence

from .flow import Flow, seeded
from .layer import Layer
from .layers import (
    ActNorm,
    AdditiveCoupling,
    Affine,
    AffineCoupling,
    Conv1x1,
    ConvCoupling,
    GaussianizationBlock,
    SplineCoupling,
    Split,
    Squeeze,
)
from .layers.univariate import Affine as AffineMap
from .trained import trained

__all__ = ["gaussianization", "glow", "nice", "nsf", "realnvp", "trained"]


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


def _glow_step(shape: Sequence[int], width: int, context: int, limit: float) -> list[Layer]:
    coupling = ConvCoupling(
        shape, AffineMap(limit), hidden=(width, width), context=context, norm=True
    )
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]


def _turn(index: int) -> str:
    return "first" if index % 2 == 0 else "second"
