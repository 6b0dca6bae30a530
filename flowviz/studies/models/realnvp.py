"""RealNVP for images, at several scales."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ...flow import Flow
from ...layer import Layer
from ...layers import ActNorm, ConvCoupling, Split, Squeeze
from ...layers.univariate import Affine as AffineMap
from .channels import ChannelOrder
from .nsf import residual_net
from .pixels import from_pixels


def realnvp(
    shape: Sequence[int],
    width: int = 64,
    blocks: int = 8,
    scales: int = 2,
    fold: bool = False,
    alpha: float = 0.05,
    prior: int = 64,
    dequantization: str = "uniform",
) -> Flow:
    """At every scale three checkerboard couplings, squeeze, three channel couplings, split.

    At the last scale four checkerboards. Log scales are 2 tanh(./2). The defaults (8 residual
    blocks of 64 channels, one step down) are those of CIFAR-10. ActNorm instead of batch norm, in
    the flow and in the conditioners: no likelihood depends on the batch. What `Split` sets aside
    has a learned prior, `prior` channels wide, the standard normal at the start.
    fold: work on checkerboards after the squeeze, where a colour is half of the channels: the same
    couplings with conditioners at half the resolution, a quarter of the cost.
    H and W must be divisible by 2^(scales - 1), with `fold` by 2^scales.
    Dinh et al. 2016, "RealNVP".
    """
    net = functools.partial(residual_net, width=width, blocks=blocks)
    layers = from_pixels(shape, dequantization, alpha)
    layers.append(ActNorm(tuple(shape), channels=True))
    for _ in range(scales - 1):
        layers += _checkerboards(layers[-1].latent_shape, 3, net, fold)
        if not fold:
            layers.append(Squeeze(layers[-1].latent_shape))
        layers += _couplings(layers[-1].latent_shape, "channels", 3, net)
        layers.append(Split(layers[-1].latent_shape, prior))
    return Flow(layers + _checkerboards(layers[-1].latent_shape, 4, net, fold))


def _couplings(shape: tuple[int, ...], mask: str, count: int, net) -> list[Layer]:
    layers: list[Layer] = []
    for i in range(count):
        keep = "second" if i % 2 else "first"
        layers.append(ConvCoupling(shape, AffineMap(2.0), mask, keep, net=net))
        layers.append(ActNorm(shape, channels=True))
    return layers


def _checkerboards(shape: tuple[int, ...], count: int, net, fold: bool) -> list[Layer]:
    """Couplings of the two colours; folded, the image leaves as squeezed."""
    if not fold:
        return _couplings(shape, "checkerboard", count, net)
    squeeze = Squeeze(shape)
    folded = squeeze.latent_shape
    order = [4 * c + k for half in ((0, 3), (1, 2)) for c in range(shape[0]) for k in half]
    back = sorted(range(folded[0]), key=order.__getitem__)
    couplings = _couplings(folded, "channels", count, net)
    return [squeeze, ChannelOrder(folded, order), *couplings, ChannelOrder(folded, back)]
