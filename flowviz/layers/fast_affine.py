"""A run of affine couplings in one step, with its gradient by hand.

    (s', t) = net(kept),  s = limit tanh(s' / limit),  z = exp(s) x + t,  volume = sum s

layer after layer, as `AffineCoupling` computes it from an `MLP` and `univariate.Affine`, which
define it. It serves where couplings follow one another (`fast_runs.py`). The two halves stay
apart from the first layer to the last, the log-scales are summed once, and no graph is recorded:
at small batches its bookkeeping takes longer than the arithmetic. `fast_steps.py` has one step.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..nets import MLP
from .coupling import AffineCoupling, Coupling
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


class Step(NamedTuple):
    """One coupling of a run: the half that moves (0 or 1), its limit, its number of weights."""

    moves: int
    limit: float | None
    weights: int


def key(layer: Layer, data_side: bool) -> tuple[int, ...] | None:
    """The halves of an affine coupling without context, its net a plain MLP; else None."""
    known = type(layer) in (Coupling, AffineCoupling)  # others may compute something else
    if not (known and type(layer.univariate) is Affine):
        return None
    net = layer.net
    plain = not layer.context_size and type(net) is MLP and not net._forward_hooks
    return tuple(layer.sizes) if plain and layer.sizes is not None else None


def run(layers: list[Coupling], v: Tensor, data_side: bool) -> tuple[Tensor, Terms]:
    """Through the layers in the order in which they are met, from v (..., dim)."""
    rows = v.reshape(-1, v.shape[-1])
    found = [layer.net.weights() for layer in layers]
    steps = tuple(
        Step(int(layer.keeps_first), layer.univariate.limit, len(own))
        for layer, own in zip(layers, found, strict=True)
    )
    weights = [w for own in found for w in own]
    inputs = (*rows.split_with_sizes(layers[0].sizes, -1), steps, data_side, *weights)
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
    """Both halves and the volume; for each step what its gradient needs, if that is kept."""
    halves, totals, saved, weights = [first, second], {}, [], list(weights)
    for step in steps:
        own, weights = weights[: step.weights], weights[step.weights :]
        units, params = perceptron(halves[1 - step.moves], own, keep)
        out, s, moved = affine(halves[step.moves], params, step.limit, data_side)
        width = s.shape[-1]  # the halves of an odd dimension differ
        totals[width] = totals[width].add_(s) if width in totals else s.clone()
        if keep:
            saved.append((*units, *moved))
        halves[step.moves] = out
    return (*halves, sum(total.sum(-1) for total in totals.values())), saved


def _step_back(step, halves, grad_volume, weights, saved, data_side) -> list[Tensor]:
    """The gradients of one step's weights; those of its two halves replace `halves`."""
    *units, u, scale, x = saved
    moves, moved = step.moves, Moved(u, scale, x)
    halves[moves], at = affine_gradients(
        halves[moves], grad_volume.unsqueeze(-1), moved, step.limit, data_side
    )
    at, found = perceptron_gradients(at, units, weights)
    halves[1 - moves] = halves[1 - moves] + at
    return found


def _readable(steps, data_side, first, second, *weights) -> tuple[Tensor, ...]:
    """The same out of the parts that define it."""
    halves, volume, weights = [first, second], 0.0, list(weights)
    for step in steps:
        own, weights = weights[: step.weights], weights[step.weights :]
        kept, moved = halves[1 - step.moves], halves[step.moves]
        halves[step.moves], log_slope = readable(moved, kept, own, step.limit, data_side)
        volume = volume + log_slope.sum(-1)
    return *halves, volume
