"""Layers that draw noise on the way to z."""

from __future__ import annotations

import torch

from ...layer import Layer
from ...layers import (
    Augment,
    FlowifiedConv2d,
    FlowifiedLinear,
    StochasticPermutation,
    TileLinear,
    UniformDequantization,
    VariationalDequantization,
)
from ...nets import CenteredUniform, ConditionalGaussian, StandardGaussian
from ...nets.conditional import ConditionalLogitNormal
from ...nets.spread import bounded_log_sigma, raw_log_sigma
from . import tables
from .card import Params, defaults
from .svd import read_factors, set_factors
from .twin import Twin, fill

_IMAGE = (1, 1, 3)  # the three numbers of the tile kind are an image of one row
_ENCODERS = [CenteredUniform, StandardGaussian, ConditionalGaussian]


def _augment(p: Params) -> Layer:
    drawn = tables.gaussian(p["mean"], p["spread"])
    encoder = [CenteredUniform(1), StandardGaussian(1), drawn][int(p["noise"])]
    return Augment(1, 1, encoder).double()


def _read_augment(layer: Layer) -> Params | None:
    shapes = type(layer) is Augment and layer.data_shape == (1,) and layer.latent_shape == (2,)
    if not (shapes and type(layer.encoder) in _ENCODERS and not layer.context_size):
        return None
    noise = _ENCODERS.index(type(layer.encoder))
    own = tables.read_gaussian(layer.encoder) if noise == 2 else {}
    return {**_named(defaults("augment"), "mean spread"), **own, "noise": noise}


def _named(params: Params, names: str) -> Params:
    return {name: params[name] for name in names.split()}


def _flowified(p: Params) -> Layer:
    padding = ["uniform", "gaussian"][int(p["noise"])]
    layer = FlowifiedLinear(1, 2, padding=padding, form="exponential").double()
    set_factors(layer.factors, p)
    return layer


def _read_flowified(layer: Layer) -> Params | None:
    wanted = type(layer) is FlowifiedLinear and layer.data_shape == (1,)
    if not (wanted and layer.latent_shape == (2,)):
        return None
    return {"noise": _ENCODERS.index(type(layer.encoder)), **read_factors(layer.factors)}


def _permutation(p: Params) -> Layer:
    return StochasticPermutation(2)


def _read_permutation(layer: Layer) -> Params | None:
    wanted = type(layer) is StochasticPermutation and layer.data_shape == (2,)
    return {} if wanted else None


def _dequantization(p: Params) -> Layer:
    levels = int(p["levels"])
    if not p["noise"]:
        return UniformDequantization(2, levels)
    layer = VariationalDequantization(2, levels, hidden=(1,)).double()
    raw = raw_log_sigma(p["spread"])
    fill(layer.encoder.logit.net.linears[-1].bias, [p["centre"]] * 2 + [raw] * 2)
    return layer


def _read_dequantization(layer: Layer) -> Params | None:
    if layer.data_shape != (2,) or layer.context_size:
        return None
    found = defaults("dequantization") | {"noise": 0}
    if type(layer) is UniformDequantization:
        return found | {"levels": layer.levels}
    wanted = type(layer) is VariationalDequantization
    if not (wanted and type(layer.encoder) is ConditionalLogitNormal):
        return None
    net = layer.encoder.logit.net
    said = net(torch.full((2,), 0.5).to(net.linears[0].weight))  # at the middle of the square
    own = {"centre": float(said[0]), "spread": float(bounded_log_sigma(said[2]))}
    return found | {"levels": layer.levels, "noise": 1} | own


def _tile(p: Params) -> Layer:
    options = {"decoder": "standard_normal", "form": "exponential"}
    layer = FlowifiedConv2d(_IMAGE, 1, (1, 2), **options).double()
    tile, kernel = layer.steps.layers
    fill(tile.log_spread, raw_log_sigma(p["spread"]))
    set_factors(kernel.factors, p)
    return layer


def _read_tile(layer: Layer) -> Params | None:
    wanted = type(layer) is FlowifiedConv2d and layer.data_shape == _IMAGE
    if not wanted or layer.latent_shape != (1, 1, 2) or layer.steps.layers[-2].kernel != (1, 2):
        return None
    tile, kernel = layer.steps.layers
    if type(kernel) is not TileLinear or type(kernel.linear.decoder) is not StandardGaussian:
        return None
    return read_factors(kernel.factors) | {"spread": float(bounded_log_sigma(tile.log_spread))}


KINDS = {
    "augment": Twin(_augment, _read_augment),
    "flowified12": Twin(_flowified, _read_flowified),
    "permutation": Twin(_permutation, _read_permutation),
    "dequantization": Twin(_dequantization, _read_dequantization),
    "tile": Twin(_tile, _read_tile),
}
