"""NICE, RealNVP and Glow for images."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...flow import Flow
from ...layer import Layer
from ...layers import (
    ActNorm,
    AdditiveCoupling,
    Affine,
    Conv1x1,
    ConvCoupling,
    Flatten,
    Split,
    Squeeze,
)
from ...layers.univariate import Affine as AffineMap
from .pixels import from_pixels


def nice(
    shape: Sequence[int], couplings: int = 4, hidden: Sequence[int] = (1000,) * 5,
    dequantization: str = "uniform",
) -> Flow:  # fmt: skip
    """Additive couplings of odd and even pixels, then one scale for each."""
    size = math.prod(shape)
    layers = [*from_pixels(shape, dequantization), Flatten(tuple(shape))]
    for i in range(couplings):
        layers.append(AdditiveCoupling(size, range(i % 2, size, 2), hidden))
    return Flow([*layers, Affine(size)])


def realnvp(
    shape: Sequence[int], width: int = 64, blocks: int = 8, dequantization: str = "uniform"
) -> Flow:
    """Checkerboards, squeeze, channels, split, checkerboards."""
    layers = from_pixels(shape, dequantization, alpha=0.05)
    layers += _couplings(shape, ["checkerboard"] * 3, width, blocks)
    layers.append(Squeeze(shape))
    layers += _couplings(layers[-1].latent_shape, ["channels"] * 3, width, blocks)
    layers.append(Split(layers[-1].latent_shape, width))
    layers += _couplings(layers[-1].latent_shape, ["checkerboard"] * 4, width, blocks)
    return Flow(layers)


def glow(
    shape: Sequence[int], levels: int = 2, steps: int = 8, width: int = 64,
    dequantization: str = "uniform",
) -> Flow:  # fmt: skip
    """Squeeze, steps of (ActNorm, 1x1 convolution, coupling), split."""
    layers = from_pixels(shape, dequantization)
    for level in range(levels):
        layers.append(Squeeze(layers[-1].latent_shape))
        for _ in range(steps):
            layers += _glow_step(layers[-1].latent_shape, width)
        if level < levels - 1:
            layers.append(Split(layers[-1].latent_shape, width))
    return Flow([*layers, ActNorm(layers[-1].latent_shape, channels=True)])


def _couplings(shape: Sequence[int], masks: list[str], width: int, blocks: int) -> list[Layer]:
    layers: list[Layer] = []
    for i, mask in enumerate(masks):
        keep = "second" if i % 2 else "first"
        hidden = (width,) * max(2, blocks)
        layers.append(ConvCoupling(shape, AffineMap(2.0), mask, keep, hidden))
        layers.append(ActNorm(shape, channels=True))
    return layers


def _glow_step(shape: Sequence[int], width: int) -> list[Layer]:
    coupling = ConvCoupling(shape, AffineMap(3.0), hidden=(width, width), norm=True)
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]
