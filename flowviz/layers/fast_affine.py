"""A run of affine couplings in one step, with its gradient by hand.

    (s', t) = net(kept),  s = limit tanh(s' / limit),  z = exp(s) x + t,  volume = sum s

layer after layer, as `AffineCoupling` computes it from an `MLP` and `univariate.Affine`, which
define it. It serves where couplings follow one another (`fast_runs.py`). The two halves stay
apart from the first layer to the last, the log-scales are summed once, and no graph is recorded:
at small batches its bookkeeping takes longer than the arithmetic. With g, v the gradients of z
and of the volume and u = tanh(s' / limit), the gradients of a layer are

    x: g exp(s)    t: g    s': (g x exp(s) + v)(1 - u^2)

and backwards, where x = (z - t) exp(-s),    z: g exp(-s)    t: -g exp(-s)    s: v - g x.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from ..layer import Layer, Terms
from ..nets import MLP
from .coupling import Coupling
from .fast import learning, readable_gradients
from .univariate import Affine


class Step(NamedTuple):
    """One coupling of a run: the half that moves (0 or 1), its limit, its number of weights."""

    moves: int
    limit: float | None
    weights: int


def key(layer: Layer, data_side: bool) -> tuple[int, ...] | None:
    """The halves of an affine coupling without context, its net a plain MLP; else None."""
    if not (isinstance(layer, Coupling) and type(layer.univariate) is Affine):
        return None
    net = layer.net
    plain = not layer.context_size and type(net) is MLP and not net._forward_hooks
    return tuple(layer.sizes) if plain and layer.sizes is not None else None


def run(layers: list[Coupling], v: Tensor, data_side: bool) -> tuple[Tensor, Terms]:
    """Through the layers in the order in which they are met, from v (..., dim)."""
    rows = v.reshape(-1, v.shape[-1])
    sizes = layers[0].sizes
    found = [layer.net.weights() for layer in layers]
    steps = tuple(
        Step(int(layer.keeps_first), layer.univariate.limit, len(own))
        for layer, own in zip(layers, found, strict=True)
    )
    weights = [w for own in found for w in own]
    inputs = (*rows.split_with_sizes(sizes, -1), steps, data_side, *weights)
    if learning(rows, *weights):
        *halves, volume = _Run.apply(*inputs)
    else:
        *halves, volume = _evaluate(*inputs, keep=False)[0]
    return torch.cat(halves, -1).view(v.shape), Terms(volume=volume.view(v.shape[:-1]))


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx, first, second, steps, data_side, *weights):
        outputs, saved = _evaluate(first, second, steps, data_side, *weights)
        ctx.save_for_backward(first, second, *weights, *(t for own in saved for t in own))
        ctx.steps, ctx.data_side = steps, data_side
        return outputs

    @staticmethod
    def backward(ctx, grad_first, grad_second, grad_volume):
        first, second, *rest = ctx.saved_tensors
        count = sum(step.weights for step in ctx.steps)
        weights, saved = rest[:count], rest[count:]
        grads = grad_first, grad_second, grad_volume
        if torch.is_grad_enabled():
            form = functools.partial(_readable, ctx.steps, ctx.data_side)
            found = readable_gradients(form, [first, second, *weights], grads)
            return *found[:2], None, None, *found[2:]
        halves, found = [grad_first, grad_second], []
        for step in reversed(ctx.steps):
            own, weights = weights[-step.weights :], weights[: -step.weights]
            size = step.weights // 2 + 3
            kept, saved = saved[-size:], saved[:-size]
            found = _step_back(step, halves, grad_volume, own, kept, ctx.data_side) + found
        return *halves, None, None, *found


def _evaluate(first, second, steps, data_side, *weights, keep=True):
    """Both halves and the volume; for each step what its gradient needs, if that is kept.

    What is not kept is given back at once, and the next step finds its memory in the cache.
    """
    halves, logs, saved, weights = [first, second], [], [], list(weights)
    for step in steps:
        own, weights = weights[: step.weights], weights[step.weights :]
        kept, moved = halves[1 - step.moves], halves[step.moves]
        units = [kept]
        for k in range(0, len(own) - 2, 2):
            units = [*(units if keep else ()), linear(units[-1], own[k], own[k + 1]).relu_()]
        u, shift = linear(units[-1], own[-2], own[-1]).tensor_split(2, -1)
        if step.limit is not None:
            u = torch.tanh(u / step.limit)
        logs.append(u if step.limit is None else u * step.limit)
        scale = logs[-1].exp()
        out = torch.addcmul(shift, moved, scale) if data_side else (moved - shift) / scale
        if keep:
            saved.append((*units, u, scale, moved if data_side else out))
        halves[step.moves] = out
    return (*halves, torch.cat(logs, -1).sum(-1)), saved


def _step_back(step, halves, grad_volume, weights, saved, data_side) -> list[Tensor]:
    """The gradients of one step's weights; those of its two halves replace `halves`."""
    *units, u, scale, x = saved
    grad = halves[step.moves]
    at_moved = grad * scale if data_side else grad / scale
    at_s = torch.addcmul(grad_volume.unsqueeze(-1), at_moved if data_side else -grad, x)
    if step.limit is not None:
        at_s = torch.addcmul(at_s, at_s * u, u, value=-1)
    at = torch.cat([at_s, grad if data_side else -at_moved], -1)
    found = []
    for k in reversed(range(len(units))):
        found += [at.sum(0), at.mT @ units[k]]
        at = at @ weights[2 * k]
        if k:
            at = torch.ops.aten.threshold_backward(at, units[k], 0)
    halves[step.moves] = at_moved
    halves[1 - step.moves] = halves[1 - step.moves] + at
    return found[::-1]


def _readable(steps, data_side, first, second, *weights) -> tuple[Tensor, ...]:
    """The same out of the parts that define it."""
    halves, volume, weights = [first, second], 0.0, list(weights)
    for step in steps:
        own, weights = weights[: step.weights], weights[step.weights :]
        h = halves[1 - step.moves]
        for k in range(0, len(own) - 2, 2):
            h = linear(h, own[k], own[k + 1]).relu()
        params = torch.stack(linear(h, own[-2], own[-1]).tensor_split(2, -1))
        affine = Affine(step.limit)
        form = affine.map if data_side else affine.unmap
        halves[step.moves], log_slope = form(halves[step.moves], params)
        volume = volume + log_slope.sum(-1)
    return *halves, volume
