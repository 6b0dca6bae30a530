"""Which coordinate of the latent does the likelihood come from?

    c_j = log p(z_j) + the volume that is owed to coordinate j

A layer that moves coordinates one by one (elementwise, coupling, autoregressive) owes each its own
log slope; a permutation carries the shares along; so do both turned round (`Inverse`). A 1x1
convolution shares evenly among the channels of a pixel, any other bijection among all coordinates:
its volume, and what came before. The sum over j is log p(x). Coordinates
are then ranked by their mean c_j, and those that contribute least are factored out early, against
a prior.
Das, Abbeel & Spanos 2019, "Likelihood contribution based multi-scale architecture".
"""

from __future__ import annotations

import math
from functools import singledispatch

import torch
from torch import Tensor

from .base import HalfNormal, StandardNormal, Uniform
from .flow import Flow
from .layer import Layer
from .layers import (
    ActNorm,
    Conv1x1,
    ConvCoupling,
    Coupling,
    Elementwise,
    Inverse,
    MaskedAutoregressive,
    Permutation,
    Reshape,
    Slice,
    Squeeze,
)
from .layers import Sequential as Chain
from .layers.nonlinear import Nonlinear


@torch.no_grad()
def contributions(flow: Flow, x: Tensor, context: Tensor | None = None) -> Tensor:
    """c in nats for points x (..., dim) or images x (..., C, H, W), one number for each of z.

    Its sum over the event is log p(x). Raises ValueError unless all layers are bijections between
    shapes of equally many numbers, and the coordinates of the base are independent.
    """
    _check(flow)
    flow.chain.check(x, flow.data_shape, "x on the data side", context)
    z, shares = onwards(flow.chain, x, torch.zeros_like(x), context)
    return shares + type(flow.base)(1).to(z.device).log_prob(z.unsqueeze(-1))


def contribution_split(
    flow: Flow, x: Tensor, keep: int, *, largest: bool = True, context: Tensor | None = None,
    **options,
) -> Slice:  # fmt: skip
    """A `Slice` of the flow's latent that keeps `keep` coordinates, ranked over points x (N, dim).

    largest=True keeps those that contribute most, for more layers to work on. Rank with a trained
    flow: an untrained one ranks noise. The order travels with the slice's state_dict. options:
    decoder, hidden, context, as in `Slice`. Raises ValueError as `contributions`, and unless
    0 < keep < dim.
    """
    if len(shape := flow.chain.latent_shape) != 1:
        raise ValueError(f"contribution_split: expected vectors on the latent side, got {shape}")
    mean = contributions(flow, x, context).reshape(-1, *shape).mean(0)
    ranked = mean.argsort(descending=largest)[:keep]
    if not 0 < keep < len(mean):
        raise ValueError(f"expected some but not all of {len(mean)} to stay, got keep={keep}")
    return Slice(len(mean), ranked.tolist(), **options).to(x)


def _check(flow: Flow) -> None:
    for number, layer in enumerate(flow.layers, 1):
        shapes = layer.data_shape, layer.latent_shape
        if layer.kind != "bijection" or math.prod(shapes[0]) != math.prod(shapes[1]):
            raise ValueError(
                f"contributions: layer {number} ({layer.title}): expected a bijection that keeps "
                f"the count of numbers, got a {layer.kind} layer {shapes[0]} -> {shapes[1]}"
            )
    if not isinstance(flow.base, StandardNormal | HalfNormal | Uniform):
        raise ValueError(
            f"contributions: expected independent coordinates, got base {flow.base.title}"
        )


Pair = tuple[Tensor, Tensor]


@singledispatch
def onwards(layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    """z, and the shares at its coordinates, from those at the coordinates of x.

    A layer of another kind joins by `onwards.register`.
    """
    z, terms = layer._forward(x, context, "mean")
    event, ones = math.prod(layer.latent_shape), [1] * len(layer.latent_shape)
    total = shares.flatten(-len(layer.data_shape)).sum(-1) + terms.volume
    return z, (total / event).reshape(*total.shape, *ones).expand_as(z)


@onwards.register
def _(layer: Chain, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    for part in layer.layers:
        x, shares = onwards(part, x, shares, context)
    return x, shares


@onwards.register
def _(layer: Permutation, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    return layer._map(x, context)[0], shares[..., layer.order]


@onwards.register(Reshape)
@onwards.register(Squeeze)
def relabelled(layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    """Numbers change places only, and their shares with them."""
    return layer._map(x, context)[0], layer._map(shares, context)[0]


@onwards.register
def _(layer: Conv1x1, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    z, volume = layer._map(x, context)
    owed = (volume / math.prod(layer.latent_shape))[..., None, None, None]
    return z, (shares.mean(-3, keepdim=True) + owed).expand_as(z)


@onwards.register(Coupling)
@onwards.register(MaskedAutoregressive)
def _by_slopes(layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    """The diagonal of a triangular Jacobian, one derivative a coordinate."""
    with torch.enable_grad():
        z, slopes = _diagonal(layer, x.detach(), context)
    return z, shares + slopes.abs().log()


@onwards.register(ActNorm)
@onwards.register(ConvCoupling)
@onwards.register(Elementwise)
@onwards.register(Nonlinear)
def _one_by_one(layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    """Each number that moves depends on itself and on numbers that stay: one derivative for all."""
    inner = layer.layer if isinstance(layer, Inverse) else layer
    still = inner.stays if isinstance(inner, ConvCoupling) else x.new_zeros((), dtype=torch.bool)
    with torch.enable_grad():
        v = x.detach().requires_grad_()
        z = layer._forward(v, context, "mean")[0]
        slopes = torch.autograd.grad(z.sum(), v)[0]
    return z.detach(), shares + torch.where(still, 1.0, slopes).abs().log()


@onwards.register
def _(layer: Inverse, x: Tensor, shares: Tensor, context: Tensor | None) -> Pair:
    """As the layer that is turned round."""
    kind = type(layer.layer)
    if issubclass(kind, Permutation):
        return layer._forward(x, context, "mean")[0], shares[..., layer.layer.order.argsort()]
    rule = onwards.dispatch(kind)
    carry = rule if rule in (_by_slopes, _one_by_one) else onwards.dispatch(object)
    return carry(layer, x, shares, context)


def _diagonal(layer: Layer, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
    """z and dz_j/dx_j, (..., dim) each."""
    flat = x.reshape(math.prod(x.shape[:-1]), -1).requires_grad_()
    if context is not None:
        context = context.expand(*x.shape[:-1], -1).reshape(len(flat), -1)
    z = layer._forward(flat, context, "mean")[0]
    rows = [
        torch.autograd.grad(z[:, j].sum(), flat, retain_graph=True)[0][:, j]
        for j in range(flat.shape[1])
    ]
    return z.detach().reshape(x.shape), torch.stack(rows, -1).reshape(x.shape)
