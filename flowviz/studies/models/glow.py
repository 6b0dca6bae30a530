"""Glow."""

from __future__ import annotations

from collections.abc import Sequence

from ...flow import Flow
from ...layer import Layer
from ...layers import ActNorm, Conv1x1, ConvCoupling, Split, Squeeze
from ...layers.univariate import Affine as AffineMap
from .pixels import from_pixels, halvings


def glow(
    shape: Sequence[int],
    levels: int | None = None,
    steps: int = 32,
    width: int = 512,
    limit: float = 3.0,
    prior: int = 64,
    dequantization: str = "uniform",
) -> Flow:
    """Levels of squeeze, `steps` of (ActNorm, 1 x 1 convolution, affine coupling), and split.

    The defaults are those of CIFAR-10: conditioners of three convolutions (3 x 3, 1 x 1, 3 x 3)
    with ActNorm between, a learned prior for what `Split` sets aside (`prior` channels wide) and
    for the top level (the last ActNorm). levels: 3, or as many as H and W can be halved. The image
    is shifted to [-1/2, 1/2]. Log scales are `limit` tanh(. / limit) where the published code has
    a sigmoid.
    Kingma & Dhariwal 2018, "Glow".
    """
    levels = halvings(shape, 3) if levels is None else levels
    layers = from_pixels(shape, dequantization)
    for level in range(levels):
        layers.append(Squeeze(layers[-1].latent_shape))
        for _ in range(steps):
            layers += _step(layers[-1].latent_shape, width, limit)
        if level < levels - 1:
            layers.append(Split(layers[-1].latent_shape, prior))
    return Flow([*layers, ActNorm(layers[-1].latent_shape, channels=True)])


def _step(shape: tuple[int, ...], width: int, limit: float) -> list[Layer]:
    coupling = ConvCoupling(shape, AffineMap(limit), hidden=(width, width), norm=True)
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]
