"""The flowified networks of Mate et al. 2022, "Flowification", section 4."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...flow import Flow
from ...layer import Layer
from ...layers import Flatten, FlowifiedConv2d, FlowifiedLinear, RationalQuadraticSpline
from ...layers.flowified import paper_hidden
from .pixels import from_pixels

Kernel = tuple[int, int, int]  # channels, kernel, stride


def mlp(shape: Sequence[int], rotation: str = "cayley", dequantization: str = "uniform") -> Flow:
    """784-512-256-128-64-32-8 on MNIST."""
    layers = [*from_pixels(shape, dequantization, centre=0.0), Flatten(tuple(shape))]
    sizes = [math.prod(shape), 512, 256, 128, 64, 32, 8]
    return Flow([*layers, *_dense(sizes, rotation)][:-1])


def conv1(shape: Sequence[int], rotation: str = "cayley", dequantization: str = "uniform") -> Flow:
    """Overlapping kernels."""
    kernels = [(16, 3, 2), (24, 2, 2), (32, 3, 2), (48, 2, 1), (64, 2, 1)]
    return _convolutional(shape, kernels, rotation, dequantization)


def conv2(shape: Sequence[int], rotation: str = "cayley", dequantization: str = "uniform") -> Flow:
    """Kernels side by side."""
    kernels = [(4, 2, 2), (16, 2, 2), (32, 2, 2), (48, 2, 2), (64, 2, 2)]
    return _convolutional(shape, kernels, rotation, dequantization)


def _convolutional(
    shape: Sequence[int], kernels: list[Kernel], rotation: str, dequantization: str
) -> Flow:
    layers = from_pixels(shape, dequantization, centre=0.0)
    for channels, kernel, stride in kernels:
        layers.append(
            FlowifiedConv2d(layers[-1].latent_shape, channels, kernel, stride, form=rotation)
        )
        layers.append(RationalQuadraticSpline(layers[-1].latent_shape, 10, 2.0, shared=True))
    layers.append(Flatten(layers[-1].latent_shape))
    return Flow([*layers, *_dense([64] * 7 + [32] * 7 + [8], rotation)])


def _dense(sizes: list[int], rotation: str) -> list[Layer]:
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        hidden = paper_hidden(inputs, outputs)
        layers.append(FlowifiedLinear(inputs, outputs, form=rotation, hidden=hidden))
        layers.append(RationalQuadraticSpline(outputs, 10, 2.0, shared=True))
    return layers
