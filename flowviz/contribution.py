"""Which coordinate of the latent does the likelihood come from?

    c_j = log p(z_j) + the volume that is owed to coordinate j

A layer that moves coordinates one by one (elementwise, coupling, autoregressive) owes each its own
log slope; a permutation carries the shares along; so do both turned round (`Inverse`). Any other
bijection shares its volume, and what came before, evenly. The sum over j is log p(x). Coordinates
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
    Coupling,
    Elementwise,
    Inverse,
    MaskedAutoregressive,
    Permutation,
    Slice,
)
from .layers import Sequential as Chain
from .layers.nonlinear import Nonlinear


@torch.no_grad()
def contributions(flow: Flow, x: Tensor, context: Tensor | None = None) -> Tensor:
    """c (..., dim) in nats, for points x (..., dim); its sum over the last axis is log p(x).

    Raises ValueError unless all layers are bijections of vectors and the coordinates of the base
    are independent.
    """
    _check(flow)
    flow.chain.check(x, flow.data_shape, "x on the data side", context)
    z, shares = _carry(flow.chain, x, torch.zeros_like(x), context)
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
    mean = contributions(flow, x, context).reshape(-1, *flow.chain.latent_shape).mean(0)
    ranked = mean.argsort(descending=largest)[:keep]
    if not 0 < keep < len(mean):
        raise ValueError(f"expected some but not all of {len(mean)} to stay, got keep={keep}")
    return Slice(len(mean), ranked.tolist(), **options).to(x)


def _check(flow: Flow) -> None:
    for number, layer in enumerate(flow.layers, 1):
        shapes = layer.data_shape, layer.latent_shape
        if layer.kind != "bijection" or any(len(s) != 1 for s in shapes):
            raise ValueError(
                f"contributions: layer {number} ({layer.title}): expected a bijection of vectors, "
                f"got a {layer.kind} layer {shapes[0]} -> {shapes[1]}"
            )
    if not isinstance(flow.base, StandardNormal | HalfNormal | Uniform):
        raise ValueError(
            f"contributions: expected independent coordinates, got base {flow.base.title}"
        )


@singledispatch
def _carry(
    layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None
) -> tuple[Tensor, Tensor]:
    """z, and the shares (..., dim) at its coordinates."""
    z, terms = layer._forward(x, context, "mean")
    total = shares.sum(-1) + terms.volume
    return z, (total / z.shape[-1]).unsqueeze(-1).expand_as(z)


@_carry.register
def _(layer: Chain, x: Tensor, shares: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
    for part in layer.layers:
        x, shares = _carry(part, x, shares, context)
    return x, shares


@_carry.register
def _(
    layer: Permutation, x: Tensor, shares: Tensor, context: Tensor | None
) -> tuple[Tensor, Tensor]:
    return layer._map(x, context)[0], shares[..., layer.order]


@_carry.register(ActNorm)
@_carry.register(Coupling)
@_carry.register(Elementwise)
@_carry.register(MaskedAutoregressive)
@_carry.register(Nonlinear)
def _by_slopes(
    layer: Layer, x: Tensor, shares: Tensor, context: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The diagonal of a triangular Jacobian, one derivative a coordinate."""
    with torch.enable_grad():
        z, slopes = _diagonal(layer, x.detach(), context)
    return z, shares + slopes.abs().log()


@_carry.register
def _(layer: Inverse, x: Tensor, shares: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
    """As the layer that is turned round."""
    kind = type(layer.layer)
    if issubclass(kind, Permutation):
        return layer._forward(x, context, "mean")[0], shares[..., layer.layer.order.argsort()]
    by_slopes = _carry.dispatch(kind) is _by_slopes
    carry = _by_slopes if by_slopes else _carry.dispatch(object)
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
