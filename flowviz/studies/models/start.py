"""The released code's own initial numbers, for flowified networks (Mate et al. 2022)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ...flow import Flow
from ...layers import (
    ConvCoupling,
    FlowifiedLinear,
    PadImage,
    RationalQuadraticSpline,
    Rotation,
    SplineCoupling,
    TileLinear,
    TileReduction,
)
from ...layers.spline import SLOPE_SHIFT
from ...layers.svd_weight import SVDWeight
from ...layers.turns import random_rotation

_NORMAL = ("matrix_exponential", "householder")  # forms in which normal numbers turn every way


@torch.no_grad()
def start_like_the_paper(flow: Flow) -> None:
    """Draw the weights of a flowified network as its authors did, from torch's generator.

    Rotations: exp(P - P^T) with P ~ N(0, 1), which leaves no direction preferred; in the other
    forms a rotation drawn evenly from all. Log scales: N(0, 1) / sqrt(outputs) where a dense layer
    drops or adds, else 0. Log spread of padded pixels: N(0, 1); of copies: log 0.1, as built.
    Decoders and conditioners: torch's defaults, in the last layer too. Splines: numbers from
    U(0, 1), their slopes without the shift that makes 0 the identity here, as in nflows, which
    that code uses.
    """
    for layer in flow.modules():
        if isinstance(layer, FlowifiedLinear):
            _start_factors(layer.factors)
            if layer.decoder is not None:
                _reset(layer.decoder)
        elif isinstance(layer, TileReduction):
            _start_rotations(layer.factors)
            _reset(layer.guess)
        elif isinstance(layer, PadImage):
            layer.log_spread.normal_()
        elif isinstance(layer, RationalQuadraticSpline):
            layer.params.uniform_()
            _unshift(layer.params, layer.univariate.bins)
        elif isinstance(layer, SplineCoupling | ConvCoupling):
            _reset(layer.net)
            last = [m for m in layer.net.modules() if isinstance(m, nn.Linear | nn.Conv2d)][-1]
            _unshift(last.bias.view(layer.univariate.count, -1), layer.univariate.bins)
        if isinstance(layer, FlowifiedLinear | TileLinear | TileReduction):
            layer.initialized.fill_(True)


def _start_factors(factors: SVDWeight) -> None:
    _start_rotations(factors)
    if factors.inputs != factors.outputs:
        factors.log_scale.normal_().div_(math.sqrt(factors.outputs))


def _start_rotations(factors: SVDWeight) -> None:
    for name in ("first", "second"):
        rotation = getattr(factors, name)
        if rotation is not None:
            _start_rotation(factors, name, rotation)


def _start_rotation(factors: SVDWeight, name: str, rotation: Rotation) -> None:
    if rotation.form in _NORMAL:
        next(rotation.parameters()).normal_()
    else:
        factors.set_rotation(name, random_rotation(*rotation.data_shape))


def _unshift(params: Tensor, bins: int) -> None:
    """nflows' slopes are softplus(raw) + 0.001, without `SLOPE_SHIFT`; params (3 bins - 1, ...)."""
    params[2 * bins :] -= SLOPE_SHIFT


def _reset(decoder: nn.Module) -> None:
    for part in decoder.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            part.reset_parameters()
