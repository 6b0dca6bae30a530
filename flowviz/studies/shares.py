"""Whose likelihood is it? Carrying a layer's ledger back to the numbers that it read.

A layer maps x to z. Given a share of log p for every number of z, `carry` gives shares for the
numbers of x, whose sum has grown by the layer's own terms:

    one to one, number by number   z_i's share goes to x_i, with the log slope dz_i/dx_i
    (elementwise, coupling, autoregressive)
    numbers relabelled             shares move along
    linear                         z_i's share goes to the x_j in proportion to (dz_i/dx_j)^2:
                                   for a rotation these weights sum to 1 both ways
    dropped, with a Gaussian       each dropped number has its own log density
    copied (tiles)                 the copies' shares add up
    noise added                    the share of noise less its price, evenly to all of x
    anything else                  in proportion to (dz_i/dx_j)^2; its own terms evenly

The rules for couplings and 1x1 convolutions are those of Das, Abbeel & Spanos 2019,
"Likelihood contribution based multi-scale architecture"; the squared weights are ours.
"""

from __future__ import annotations

import math
from functools import singledispatch
from typing import NamedTuple

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..layers import (
    Conv1x1,
    ConvCoupling,
    ConvFunnel,
    Coupling,
    FlowifiedLinear,
    Funnel,
    MaskedAutoregressive,
    PadImage,
    Permutation,
    Reshape,
    Rotation,
    Slice,
    Split,
    Squeeze,
    Tile,
    TileLinear,
    TileReduction,
)
from ..layers.dequantization import Dequantization
from ..layers.linear import Linear
from ..layers.svd_weight import SVDWeight
from ..nets.spread import bounded_log_sigma, gaussian_log_density
from .dropped import dropped, moments
from .models.channels import ChannelOrder
from .models.contribution import ChannelRanking


class Passage(NamedTuple):
    """What went through a layer: x (N, *data_shape), z, and the terms of that pair."""

    x: Tensor
    z: Tensor
    terms: Terms


@singledispatch
def carry(layer: Layer, passage: Passage, shares: Tensor) -> Tensor:
    """Shares of x (N, *data_shape) in float64, from those of z; the layer's terms are in them."""
    x = passage.x
    if layer.kind == "bijection" and _number_by_number(layer, x):
        return shares + _log_slopes(layer, x, torch.ones_like(x[0], dtype=torch.bool))
    return _by_sensitivity(layer, x, shares) + evenly(passage.terms.total, x)


@carry.register
def _(layer: Coupling, passage: Passage, shares: Tensor) -> Tensor:
    moves = torch.zeros_like(passage.x[0], dtype=torch.bool)
    moves[layer.moved] = True
    return shares + _log_slopes(layer, passage.x, moves)


@carry.register
def _(layer: ConvCoupling, passage: Passage, shares: Tensor) -> Tensor:
    return shares + _log_slopes(layer, passage.x, ~layer.stays.expand(layer.data_shape))


@carry.register
def _(layer: MaskedAutoregressive, passage: Passage, shares: Tensor) -> Tensor:
    x = passage.x[..., layer.order]
    log_slope = layer.univariate.map(x, layer.net(x, None))[1]
    return shares + log_slope[..., layer.rank].double()


@carry.register
def _(layer: Dequantization, passage: Passage, shares: Tensor) -> Tensor:
    return shares + evenly(passage.terms.total, passage.x)


@carry.register(ChannelOrder)
@carry.register(ChannelRanking)
@carry.register(Reshape)
@carry.register(Squeeze)
def _(layer: Layer, passage: Passage, shares: Tensor) -> Tensor:
    return layer._unmap(shares, None)[0]


@carry.register
def _(layer: Permutation, passage: Passage, shares: Tensor) -> Tensor:
    return shares[..., layer.order.argsort()]


@carry.register(Linear)
@carry.register(Rotation)
def _(layer: Linear | Rotation, passage: Passage, shares: Tensor) -> Tensor:
    return shares @ weights(layer.matrix()) + evenly(passage.terms.total, passage.x)


@carry.register
def _(layer: Conv1x1, passage: Passage, shares: Tensor) -> Tensor:
    mixed = torch.einsum("oi,nohw->nihw", weights(layer.matrix()), shares)
    return mixed + evenly(passage.terms.total, passage.x)


@carry.register
def _(layer: FlowifiedLinear, passage: Passage, shares: Tensor) -> Tensor:
    turned = _through(layer.factors, shares, _price(layer, passage))
    return turned + evenly(passage.terms.encoder, passage.x)


@carry.register(TileLinear)
@carry.register(TileReduction)
def _(layer: TileLinear | TileReduction, passage: Passage, shares: Tensor) -> Tensor:
    turned = _through(layer.factors, shares.movedim(-3, -1), _price(layer, passage))
    return turned.movedim(-1, -3) + evenly(passage.terms.encoder, passage.x)


@carry.register
def _(layer: Tile, passage: Passage, shares: Tensor) -> Tensor:
    counts = layer.counts.double()
    if not layer.copies:
        return layer._gather(shares)
    log_sigma = bounded_log_sigma(layer.log_spread).double()
    u = (passage.z - layer._cut(passage.x)) / layer._cut(layer.counts.sqrt())
    copies = shares + 0.5 * u.double().square() * (-2 * log_sigma).exp()
    freedom = (counts - 1) * (0.5 * math.log(2 * math.pi) + log_sigma)
    return layer._gather(copies) + 0.5 * counts * counts.log() + freedom


@carry.register
def _(layer: PadImage, passage: Passage, shares: Tensor) -> Tensor:
    left, _, top, _ = layer.margins
    _, height, width = layer.data_shape
    inside = shares[..., top : top + height, left : left + width]
    frame = shares.sum((1, 2, 3)) - inside.sum((1, 2, 3))
    return inside + evenly(frame + passage.terms.total, passage.x)


@carry.register
def _(layer: Split, passage: Passage, shares: Tensor) -> Tensor:
    return torch.cat([shares, _price(layer, passage)], -3)


@carry.register
def _(layer: Slice, passage: Passage, shares: Tensor) -> Tensor:
    return torch.cat([shares, _price(layer, passage)], -1)[..., layer.order.argsort()]


@carry.register(ConvFunnel)
@carry.register(Funnel)
def _(layer: ConvFunnel | Funnel, passage: Passage, shares: Tensor) -> Tensor:
    parts = torch.zeros_like(shares), _price(layer, passage)
    paid = layer._joined(*(parts[::-1] if isinstance(layer, ConvFunnel) else parts))
    moved = _by_sensitivity(layer, passage.x, shares)
    return moved + paid + evenly(passage.terms.volume, passage.x)


def weights(matrix: Tensor) -> Tensor:
    """(dz_i/dx_j)^2 with rows that sum to 1, float64; a row of zeros is even."""
    squares = matrix.detach().double().square()
    norms = squares.sum(-1, keepdim=True)
    even = torch.full_like(squares, 1 / squares.shape[-1])
    return torch.where(norms > 0, squares / torch.where(norms > 0, norms, 1.0), even)


def evenly(total: Tensor | None, like: Tensor) -> Tensor:
    """(N,) -> (N, 1, ...): each image's total over its count of numbers; None: 0."""
    if total is None:
        return like.new_zeros((), dtype=torch.float64)
    return total.double().reshape(-1, *[1] * (like.dim() - 1)) / math.prod(like.shape[1:])


def _through(factors: SVDWeight, shares: Tensor, price: Tensor) -> Tensor:
    """Shares of x on the last axis; `price` (..., dropped) are those of what was dropped."""
    mixed = weights(_matrix(factors.second, shares) * factors.scale())
    shares = shares @ mixed + factors.log_scale.double()
    shares = torch.cat([shares, price], -1)
    noise = shares[..., factors.inputs :].sum(-1, keepdim=True)
    turned = shares[..., : factors.inputs] @ weights(_matrix(factors.first, shares))
    return turned + noise / factors.inputs


def _price(layer: Layer, passage: Passage) -> Tensor:
    """log density of each dropped number; of a decoder that is no Gaussian an even share."""
    rest, gaussian = dropped(layer, passage.x), moments(layer, passage.z)
    if gaussian is not None:
        return gaussian_log_density(rest, *gaussian).double()
    return evenly(passage.terms.decoder, rest).expand(rest.shape)


def _number_by_number(layer: Layer, x: Tensor) -> bool:
    """True if the Jacobian is diagonal: random weights of z then come back as weights of x."""
    if layer.data_shape != layer.latent_shape:
        return False
    random = (1e4 * torch.arange(1, x[0].numel() + 1)).sin().reshape(x.shape[1:]).to(x)
    plain, weighted = (_pulled_back(layer, x, w) for w in (torch.ones_like(random), random))
    return torch.allclose(weighted, random * plain, rtol=1e-3, atol=1e-6)


def _pulled_back(layer: Layer, x: Tensor, weight: Tensor) -> Tensor:
    """The gradient of sum(weight * z) by x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        z = layer._forward(x, None, "mean")[0]
        return torch.autograd.grad((weight * z).sum(), x)[0]


def _log_slopes(layer: Layer, x: Tensor, moves: Tensor) -> Tensor:
    """log |dz_i/dx_i| where numbers move one by one, given those that stay; 0 elsewhere."""
    slopes = _pulled_back(layer, x, moves.to(x))
    return torch.where(moves, slopes.double().abs(), 1.0).log()


def _matrix(rotation: Rotation | None, like: Tensor) -> Tensor:
    return like.new_ones(1, 1) if rotation is None else rotation.matrix().double()


def _by_sensitivity(layer: Layer, x: Tensor, shares: Tensor) -> Tensor:
    """Shares by the squares of the layer's Jacobian (without noise), image by image."""
    rows = [
        share.flatten() @ weights(_jacobian(layer, image))
        for image, share in zip(x, shares, strict=True)
    ]
    return torch.stack(rows).reshape(x.shape)


def _jacobian(layer: Layer, x: Tensor) -> Tensor:
    """dz_i/dx_j of one image, (numbers of z, numbers of x)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        z = layer._forward(x.unsqueeze(0), None, "mean")[0].flatten()
        rows = [torch.autograd.grad(number, x, retain_graph=True)[0] for number in z.unbind()]
    return torch.stack(rows).flatten(1)
