"""Rational-quadratic couplings between flowified layers, and Neural Spline Flows for images."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from torch import Tensor

from ...flow import Flow
from ...layer import Layer
from ...layers import ActNorm, Conv1x1, ConvCoupling, Reversal, SplineCoupling, Split, Squeeze
from ...layers.univariate import RationalQuadratic
from ...nets import ConvNet, ResidualConvNet
from .channels import ChannelOrder
from .pixels import from_pixels, halvings


def spline_couplings(shape: tuple[int, ...], count: int) -> list[Layer]:
    """`count` times: the first half moves, decided by the second; then the order is reversed.

    Of vectors (three hidden layers of 256) or images (four 3 x 3 convolutions, 32 channels); 5
    bins on [-3, 3], as between the flowified layers of Mate et al. 2022.
    """
    layers: list[Layer] = []
    for _ in range(count):
        if len(shape) == 1:
            coupling = SplineCoupling(*shape, "second", (256,) * 3, bins=5, bound=3.0)
            layers += [coupling, Reversal(*shape)]
        else:
            layers += [_conv_coupling(shape), ChannelOrder(shape, range(shape[0])[::-1])]
    return layers


def _conv_coupling(shape: tuple[int, ...]) -> Layer:
    net = functools.partial(_four_convolutions, hidden=(32,) * 3)
    return ConvCoupling(shape, RationalQuadratic(5, 3.0), keep="second", net=net)


def _four_convolutions(inputs: int, start: Tensor, hidden: Sequence[int]) -> ConvNet:
    return ConvNet(inputs, hidden, start, kernels=[3] * (len(hidden) + 1))


def rq_nsf(
    shape: Sequence[int],
    levels: int | None = None,
    steps: int = 7,
    width: int = 96,
    blocks: int = 3,
    bins: int = 4,
    bound: float = 3.0,
    multi_scale: bool = False,
    dequantization: str = "uniform",
) -> Flow:
    """Levels of squeeze and `steps` of (ActNorm, 1 x 1 convolution, spline coupling).

    The defaults are those of the 8-bit CIFAR-10 configuration (without its dropout; ActNorm for
    batch norm inside the residual conditioners). multi_scale sets half of the channels aside
    after every level but the last. The image is shifted to [-1/2, 1/2]. levels: 3, or as many as
    H and W can be halved. Durkan et al. 2019, "Neural Spline Flows", RQ-NSF (C).
    """
    layers = from_pixels(shape, dequantization)
    levels = halvings(shape, 3) if levels is None else levels
    spline = RationalQuadratic(bins, bound)
    for level in range(levels):
        layers.append(Squeeze(layers[-1].latent_shape))
        for _ in range(steps):
            layers += spline_step(layers[-1].latent_shape, spline, width, blocks)
        if multi_scale and level < levels - 1:
            layers.append(Split(layers[-1].latent_shape, width))
    return Flow([*layers, ActNorm(layers[-1].latent_shape, channels=True)])


def spline_step(
    shape: tuple[int, ...], univariate: RationalQuadratic, width: int, blocks: int
) -> list[Layer]:
    """ActNorm, 1 x 1 convolution, and a coupling with a residual conditioner."""
    net = functools.partial(residual_net, width=width, blocks=blocks, kernel=1)
    coupling = ConvCoupling(shape, univariate, net=net)
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]


def residual_net(
    inputs: int, start: Tensor, width: int, blocks: int, kernel: int = 3
) -> ResidualConvNet:
    """A residual conditioner for `ConvCoupling`."""
    return ResidualConvNet(inputs, width, blocks, start, kernel)
