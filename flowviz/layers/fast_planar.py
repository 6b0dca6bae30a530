"""A run of planar layers in one step, data to latent, with its gradient by hand.

Layer l of `planar.py` adds u_l h_l with h_l = tanh(a_l), a_l = w_l.x_l + b_l, where x_l is x and
what the layers before it added. So with W, U (layers, dim) and G = W U^T,

    a_l = w_l.x + sum_{m<l} G_lm h_m + b_l,    z = x + U^T h,    volume = sum_l log(1 + k_l s_l)

with s = 1 - h^2: two products of matrices, whatever the dimension, and for every layer one sum
over those before it. For gradients g of z and v of the volume, backwards from the last layer,

    c_l = s_l (u_l.g - 2 v k_l h_l / (1 + k_l s_l) + sum_{m>l} G_ml c_m)       c_l: of a_l

    x: g + W^T c    G: c h^T below the diagonal    W: c x^T + (of G) U    U: h g^T + (of G)^T W
    b: c            k: v s / (1 + k s)             each summed over the points.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..layer import Layer, Terms
from .fast import learning, readable_gradients
from .planar import Planar, bent

LONGEST = 16  # layers a run: its sums over earlier layers grow with the square


def key(layer: Layer, data_side: bool) -> tuple[int, ...] | None:
    """The shape of a planar layer without context, where no equation is to be solved."""
    plain = type(layer) is Planar and data_side and not layer.context_size
    return layer.data_shape if plain else None


def run(layers: list[Planar], v: Tensor, data_side: bool) -> tuple[Tensor, Terms]:
    """Through the layers in order, from x (..., dim) to z."""
    free = zip(*(layer.params(None) for layer in layers), strict=True)
    inputs = bent(*map(torch.stack, free))
    x, volume = v.reshape(-1, v.shape[-1]), 0.0
    for piece in zip(*(t.split(LONGEST) for t in inputs), strict=True):
        x, added = _Run.apply(x, *piece) if learning(x, *piece) else _evaluate(x, *piece)[:2]
        volume = volume + added
    return x.view(v.shape), Terms(volume=volume.view(v.shape[:-1]))


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, u, b, k):
        z, volume, h = _evaluate(x, w, u, b, k)
        ctx.save_for_backward(x, w, u, b, k, h)
        return z, volume

    @staticmethod
    def backward(ctx, grad, grad_volume):
        *inputs, h = ctx.saved_tensors
        if torch.is_grad_enabled():
            return tuple(readable_gradients(_readable, inputs, (grad, grad_volume)))
        return _gradients(*inputs, h, grad, grad_volume)


def _evaluate(x, w, u, b, k) -> tuple[Tensor, Tensor, Tensor]:
    """z, the volume, and h (layers, N)."""
    h, mixed = torch.addmm(b.unsqueeze(-1), w, x.mT), w @ u.mT
    for row, before, shares in _triangle(h, mixed):
        if len(before):
            row.addmv_(before.mT, shares)
        row.tanh_()
    added = torch.ops.aten.tanh_backward(k.unsqueeze(-1).expand_as(h), h)  # k s
    return torch.addmm(x, h.mT, u), added.log1p_().sum(0), h


def _triangle(rows: Tensor, mixed: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For every l: row l, the rows before it, and their shares mixed[l, :l]."""
    sizes = range(len(mixed))
    return [
        (row, rows.narrow(0, 0, size), shares.narrow(0, 0, size))
        for row, shares, size in zip(rows.unbind(), mixed.unbind(), sizes, strict=True)
    ]


def _gradients(x, w, u, b, k, h, grad, grad_volume) -> tuple[Tensor, ...]:
    column = k.unsqueeze(-1).expand_as(h)
    share = grad_volume / (1 + torch.ops.aten.tanh_backward(column, h))  # v / (1 + k s)
    at = torch.addmm(share * h * column, u, grad.mT, beta=-2)
    mixed, slopes = w @ u.mT, 1 - h * h
    for row in range(len(w) - 1, -1, -1):
        if row + 1 < len(w):
            at[row].addmv_(at[row + 1 :].mT, mixed[row + 1 :, row])
        at[row].mul_(slopes[row])
    at_mixed = (at @ h.mT).tril_(-1)
    at_w = torch.addmm(at @ x, at_mixed, u)
    at_u = torch.addmm(h @ grad, at_mixed.mT, w)
    return torch.addmm(grad, at.mT, w), at_w, at_u, at.sum(1), (share * slopes).sum(1)


def _readable(x, w, u, b, k) -> tuple[Tensor, Tensor]:
    """The same layer by layer."""
    volume = 0.0
    for own_w, own_u, own_b, own_k in zip(w, u, b, k, strict=True):
        h = torch.tanh((own_w * x).sum(-1) + own_b)
        x, volume = x + own_u * h.unsqueeze(-1), volume + torch.log1p(own_k * (1 - h**2))
    return x, volume
