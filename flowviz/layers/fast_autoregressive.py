"""A run of affine autoregressive layers in one step, data to latent, with its gradient by hand.

`MaskedAutoregressive`, `MADE` and `univariate.Affine` define what is computed: with the masked
weights of each layer, (s', t) = net(x), z = exp(s) x + t, volume = sum s. `fast_steps.py` has
one step; latent to data is `MADE.unroll`, a layer at a time.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..nets import MADE
from .autoregressive import MaskedAutoregressive
from .fast import learning, readable_gradients
from .fast_steps import (
    Moved,
    affine,
    affine_gradients,
    perceptron,
    perceptron_gradients,
    readable,
)
from .univariate import Affine

LARGE = 2**16  # numbers from which the layers themselves are faster, where no gradient is asked


def key(layer: Layer, data_side: bool) -> tuple[int, ...] | None:
    """The shape of an affine autoregressive layer without context, where it is one pass."""
    if not (data_side and type(layer) is MaskedAutoregressive):
        return None
    plain = type(layer.univariate) is Affine and not layer.context_size
    return layer.data_shape if plain and type(layer.net) is MADE else None


def run(layers: list[MaskedAutoregressive], v: Tensor, data_side: bool) -> tuple[Tensor, Terms]:
    """Through the layers in order, from x (..., dim) to z."""
    rows = v.reshape(-1, v.shape[-1])
    weights = [t for layer in layers for m in layer.net.linears for t in (m.weight, m.bias)]
    if learning(rows, *weights):
        z, volume = _Run.apply(rows, layers, *weights)
    elif rows.numel() > LARGE:
        z, volume = _one_by_one(layers, rows)
    else:
        z, volume, _ = _evaluate(rows, layers, *weights, keep=False)
    return z.view(v.shape), Terms(volume=volume.view(v.shape[:-1]))


def _one_by_one(layers: list[MaskedAutoregressive], x: Tensor) -> tuple[Tensor, Tensor]:
    volume = torch.zeros_like(x[:, 0])
    for layer in layers:
        x, added = layer._map(x, None)
        volume += added
    return x, volume


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, layers, *weights):
        z, volume, saved = _evaluate(x, layers, *weights)
        ctx.save_for_backward(x, *weights, *(t for own in saved for t in own))
        ctx.layers, ctx.sizes = layers, [len(own) for own in saved]
        return z, volume

    @staticmethod
    def backward(ctx, grad, grad_volume):
        x, *rest = ctx.saved_tensors
        count = len(rest) - sum(ctx.sizes)
        weights, saved = rest[:count], rest[count:]
        if torch.is_grad_enabled():
            form = functools.partial(_readable, ctx.layers)
            found = readable_gradients(form, [x, *weights], (grad, grad_volume))
            return found[0], None, *found[1:]
        found = []
        for layer, size in zip(ctx.layers[::-1], ctx.sizes[::-1], strict=True):
            kept, saved = saved[-size:], saved[:-size]
            grad, own = _step_back(layer, grad, grad_volume.unsqueeze(-1), kept)
            found = own + found
        return grad, None, *found


def _evaluate(x, layers, *weights, keep=True):
    """z, the volume; for each layer what its gradient needs, if that is kept."""
    total, saved, weights = None, [], list(weights)
    for layer in layers:
        size = 2 * len(layer.net.linears)
        own, weights = _masked(layer.net, weights[:size]), weights[size:]
        x = layer.arranged(x, layer.order)
        units, params = perceptron(x, own, keep)
        z, s, moved = affine(x, params, layer.univariate.limit, True)
        total = s.clone() if total is None else total.add_(s)
        if keep:
            saved.append((*own[::2], *units, *moved))
        x = layer.arranged(z, layer.rank)
    return x, total.sum(-1), saved


def _masked(net: MADE, weights: list[Tensor]) -> list[Tensor]:
    """The weights and biases, what would look ahead set to zero."""
    pairs = zip(weights[::2], weights[1::2], net.sees(), strict=True)
    return [t for weight, bias, sees in pairs for t in (weight * sees, bias)]


def _step_back(layer, grad, grad_volume, saved) -> tuple[Tensor, list[Tensor]]:
    """The gradients of one layer's points and weights."""
    count = len(layer.net.linears)
    own, units, (u, scale, x) = saved[:count], saved[count:-3], saved[-3:]
    grad = layer.arranged(grad, layer.order)
    at_x, at = affine_gradients(grad, grad_volume, Moved(u, scale, x), layer.univariate.limit, True)
    at, found = perceptron_gradients(at, units, [t for w in own for t in (w, None)])
    for weight, sees in zip(found[::2], layer.net.sees(), strict=True):
        weight.mul_(sees)
    return layer.arranged(at_x.add_(at), layer.rank), found


def _readable(layers, x, *weights) -> tuple[Tensor, Tensor]:
    """The same out of the parts that define it."""
    volume, weights = 0.0, list(weights)
    for layer in layers:
        size = 2 * len(layer.net.linears)
        own, weights = _masked(layer.net, weights[:size]), weights[size:]
        x = layer.arranged(x, layer.order)
        z, log_slope = readable(x, x, own, layer.univariate.limit, True)
        x, volume = layer.arranged(z, layer.rank), volume + log_slope.sum(-1)
    return x, volume
