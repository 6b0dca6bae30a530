"""Funnels for images: linear layers and convolutions that drop what their decoders pay for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ...flow import Flow
from ...layers import (
    ActNorm,
    ConvFunnel,
    Flatten,
    LinearFunnel,
    RationalQuadraticSpline,
    Squeeze,
)
from ...layers.univariate import RationalQuadratic
from .nsf import spline_step
from .pixels import from_pixels, halvings


def funnel_mlp(
    shape: Sequence[int],
    hidden: Sequence[int] = (512, 256, 128, 64),
    latent: int = 16,
    decoder: Sequence[int] = (256,) * 3,
    dequantization: str = "uniform",
) -> Flow:
    """Linear layers z = F x+ + V x-, x- at random places, each with one spline for all units.

    Exact but for the dequantization. ActNorm first. Klein et al. 2021, "Funnels", F-MLP
    (784-512-256-128-64-latent, latent 4 or 16 for MNIST).
    """
    size = math.prod(shape)
    layers = [*from_pixels(shape, dequantization), ActNorm(shape, channels=True), Flatten(shape)]
    for outputs in (*hidden, latent):
        keep = torch.randperm(size)[:outputs].tolist()
        layers.append(LinearFunnel(size, keep, decoder))
        layers.append(RationalQuadraticSpline(outputs, 10, 2.0, shared=True))
        size = outputs
    return Flow(layers[:-1])


def funnel_conv(
    shape: Sequence[int],
    levels: int | None = None,
    steps: int = 7,
    width: int = 96,
    blocks: int = 3,
    bins: int = 4,
    bound: float = 3.0,
    dequantization: str = "uniform",
) -> Flow:
    """Spline couplings as in RQ-NSF; between levels a convolution drops three pixels of four.

    levels: 3, or as many as H and W can be halved; the first halving is a squeeze, so that there
    are channels to couple, the others are `ConvFunnel`. Klein et al. 2021, "Funnels".
    """
    levels = halvings(shape, 3) if levels is None else levels
    spline = RationalQuadratic(bins, bound)
    layers = [*from_pixels(shape, dequantization), Squeeze(shape)]
    for level in range(levels):
        if level:
            layers.append(ConvFunnel(layers[-1].latent_shape, 2, width))
        for _ in range(steps):
            layers += spline_step(layers[-1].latent_shape, spline, width, blocks)
    return Flow([*layers, ActNorm(layers[-1].latent_shape, channels=True)])
