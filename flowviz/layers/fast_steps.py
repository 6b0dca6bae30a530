"""What the runs of affine layers share: a perceptron and an affine map, with gradients by hand.

    (s', t) = net(h),  s = limit tanh(s' / limit),  z = exp(s) x + t

With g, v the gradients of z and of s (the volume's) and u = tanh(s' / limit), those of the map are

    x: g exp(s)    t: g    s': (g x exp(s) + v)(1 - u^2)

and backwards, where x = (z - t) exp(-s),    z: g exp(-s)    t: -g exp(-s)    s: v - g x.
`nets.MLP` and `univariate.Affine` define them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from .univariate import Affine

NARROW = range(2, 9)  # so few numbers a point that they are better kept a column each


class Moved(NamedTuple):
    """What the gradient of an affine map needs: u, exp(s), and the point on the data side."""

    u: Tensor
    scale: Tensor
    x: Tensor


def perceptron(h: Tensor, weights: list[Tensor], keep: bool) -> tuple[list[Tensor], Tensor]:
    """h and the hidden layers (the last alone, if they are not kept), and what comes out.

    What is not kept is given back at once, and the next layer finds its memory in the cache.
    """
    units = [h]
    for k in range(0, len(weights) - 2, 2):
        h = linear(h, weights[k], weights[k + 1]).relu_()
        units = [*units, h] if keep else [h]
    return units, _product(h, weights[-2], weights[-1])


def _product(h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """linear(h, weight, bias); a narrow one lies in memory column by column."""
    if len(weight) in NARROW:
        return torch.addmm(bias.unsqueeze(-1), weight, h.mT).mT
    return linear(h, weight, bias)


def perceptron_gradients(
    at: Tensor, units: list[Tensor], weights: list[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """The gradients of h and of the weights, in their order, for that of what came out."""
    found = []
    for k in reversed(range(len(units))):
        narrow = units[k].shape[1] in NARROW
        found += [at.sum(0), (units[k].mT @ at).mT if narrow else at.mT @ units[k]]
        at = at @ weights[2 * k]
        if k:
            at = torch.ops.aten.threshold_backward(at, units[k], 0)
    return at, found[::-1]


def affine(
    v: Tensor, params: Tensor, limit: float | None, data_side: bool
) -> tuple[Tensor, Tensor, Moved]:
    """The image of v, s, and what the gradient needs; params are (s', t) side by side."""
    u, shift = params.split_with_sizes([v.shape[-1]] * 2, -1)
    if limit is not None:
        u = (u * (1 / limit)).tanh_()
    s = u if limit is None else u * limit
    scale = s.exp()
    out = torch.addcmul(shift, v, scale) if data_side else (v - shift).div_(scale)
    return out, s, Moved(u, scale, v if data_side else out)


def affine_gradients(
    grad: Tensor, grad_s: Tensor, moved: Moved, limit: float | None, data_side: bool
) -> tuple[Tensor, Tensor]:
    """The gradients of v and of params, for those of the image and of s."""
    u, scale, x = moved
    at_v = grad * scale if data_side else grad / scale
    at_s = torch.addcmul(grad_s, at_v if data_side else -grad, x)
    if limit is not None:
        at_s = torch.ops.aten.tanh_backward(at_s, u)
    return at_v, torch.cat([at_s, grad if data_side else -at_v], -1)


def readable(
    v: Tensor, h: Tensor, weights: list[Tensor], limit: float | None, data_side: bool
) -> tuple[Tensor, Tensor]:
    """The image of v and log dz/dx out of the parts that define them."""
    for k in range(0, len(weights) - 2, 2):
        h = linear(h, weights[k], weights[k + 1]).relu()
    params = torch.stack(linear(h, weights[-2], weights[-1]).tensor_split(2, -1))
    form = Affine(limit)
    return (form.map if data_side else form.unmap)(v, params)
