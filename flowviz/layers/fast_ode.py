"""Continuous flows along a field of `fast_field.py`, with no recorded graph.

`Continuous` and the solvers of `runge_kutta.py` define what is computed. The trace does not act
back on the points, so it is a sum beside the steps. The gradient is that of the steps taken:
backwards through a step, slope k_i has the gradient h weight_i g and what later stages took from
it; the field turns that into a gradient at the point where k_i was looked up.

Equal steps are those of `fixed_steps`. "dopri5" tries the whole interval first, takes a step if
the estimated error keeps the tolerance at the batch's worst point, and makes the next as long as
the error allows (Hairer, Norsett & Wanner 1993, "Solving Ordinary Differential Equations I",
II.4; the constants are torchdiffeq's). Its last step ends where the interval does.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..nets import Field, VelocityMLP
from .fast import eager, learning, readable_gradients
from .fast_field import Gradients, Stage, Weights, look, weights_of
from .runge_kutta import DOPRI5, FIXED, Tableau, combine

SAFETY, SHRINK, GROW = 0.9, 0.2, 10.0  # of the step that the error asks for; least, most

Look = Callable[[float, Tensor, bool], Stage]


class Plan(NamedTuple):
    """From start to end in `steps` (t, h); None: steps that keep the tolerance."""

    start: float
    end: float
    tableau: Tableau
    steps: tuple[tuple[float, float], ...] | None
    tolerance: float
    traces: bool


class Step(NamedTuple):
    """A step of size h and the looks it took."""

    t: float
    h: float
    stages: list[Stage]


def fits(field: Field, method: str, x: Tensor) -> bool:
    """True where `solve` may stand in for the readable form."""
    known = type(field) is VelocityMLP and len(field.linears) == 3
    solved = known and (method in FIXED or method == "dopri5")
    return solved and eager(x, *field.parameters())


def plan(start: float, end: float, method: str, steps: int, tolerance: float, traces: bool) -> Plan:
    """The way from start to end; `steps` serves methods of fixed steps, `tolerance` the others."""
    if method not in FIXED:
        return Plan(start, end, DOPRI5, None, tolerance, traces)
    h = (end - start) / steps
    equal = tuple((start + k * h, h) for k in range(steps))
    return Plan(start, end, FIXED[method], equal, tolerance, traces)


def solve(
    field: VelocityMLP, x: Tensor, context: Tensor | None, way: Plan
) -> tuple[Tensor, Tensor]:
    """x (..., dim) carried along, and the integral of the divergence (...), 0 without traces."""
    batch = x.shape[:-1]
    y = x.reshape(-1, x.shape[-1]).mT.contiguous()
    lift = None
    if field.given is not None:
        lift = field.given(context).expand(*batch, -1).reshape(y.shape[1], -1).mT.contiguous()
    weights = weights_of(field, lift, way.traces)
    if learning(y, *(w for w in weights if w is not None)):
        y, volume = _Solve.apply(way, y, *weights)
    else:
        y, volume, _ = _walk(way, y, *weights)
    return y.mT.reshape(x.shape), volume.reshape(batch)


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, way, y, *weights):
        y_end, volume, taken = _walk(way, y, *weights, keep=True)
        ctx.way = way._replace(steps=tuple((step.t, step.h) for step in taken))
        ctx.times = [[stage.t for stage in step.stages] for step in taken]
        looks = [t for step in taken for s in step.stages for t in (s.y, *s.hidden)]
        ctx.save_for_backward(y, *weights, *looks)
        return y_end, volume

    @staticmethod
    def backward(ctx, grad, grad_volume):
        count = 1 + len(Weights._fields)
        inputs, looks = ctx.saved_tensors[:count], list(ctx.saved_tensors[count:])
        if torch.is_grad_enabled():
            return None, *_recorded_gradients(ctx.way, inputs, (grad, grad_volume))
        sums = Gradients(Weights(*inputs[1:]))
        for (_, h), times in zip(ctx.way.steps[::-1], ctx.times[::-1], strict=True):
            size = 3 * len(times)
            looks, own = looks[:-size], looks[-size:]
            stages = list(zip(times, own[::3], own[1::3], own[2::3], strict=True))
            grad = _step_back(ctx.way, h, grad, grad_volume, stages, sums)
        return None, grad, *sums.total()


def _step_back(way, h, grad, grad_volume, stages, sums: Gradients) -> Tensor:
    """The gradient where a step began, from that where it ended."""
    weights, rows = way.tableau.weights, way.tableau.rows
    slopes = [h * weight * grad for weight in weights]
    for k in reversed(range(len(stages))):
        counts = way.traces and weights[k] != 0
        at = sums.look_back(*stages[k], slopes[k], h * weights[k] * grad_volume if counts else None)
        grad = grad + at
        for j, share in enumerate(rows[k]):
            if share:
                slopes[j] = torch.add(slopes[j], at, alpha=h * share)
    return grad


def _recorded_gradients(way: Plan, inputs: list[Tensor | None], grads) -> list[Tensor | None]:
    """The gradients of the same steps by autograd, so that further gradients flow through them."""
    there = [t is not None for t in inputs]

    def form(*present: Tensor) -> tuple[Tensor, Tensor]:
        tensors = iter(present)
        return _walk(way, *(next(tensors) if given else None for given in there))[:2]

    found = iter(readable_gradients(form, [t for t in inputs if t is not None], grads))
    return [next(found) if given else None for given in there]


def _walk(way: Plan, y: Tensor, *weights, keep: bool = False) -> tuple[Tensor, Tensor, list[Step]]:
    """y and the volume at the end, and the steps if they are kept."""
    volume, taken = torch.zeros_like(y[0]), []
    see: Look = functools.partial(look, Weights(*weights), keep)
    if way.steps is None:
        return _search(way, y, volume, see, keep)
    for t, h in way.steps:
        stages = _stages(way, see, t, h, y)
        y, volume = _arrive(way, h, y, volume, stages)
        if keep:
            taken.append(Step(t, h, stages))
    return y, volume, taken


def _search(way: Plan, y: Tensor, volume: Tensor, see: Look, keep: bool):
    """As `_walk`, by steps that keep the tolerance."""
    t, h, taken, first = way.start, way.end - way.start, [], see(way.start, y, way.traces)
    while t != way.end:
        last = abs(h) >= abs(way.end - t)
        h = way.end - t if last else h
        if t + h == t:
            raise ArithmeticError(
                f"Continuous: expected a field that can be followed within the tolerance "
                f"{way.tolerance}, got one that grows too fast or is not finite at time {t}"
            )
        stages = _stages(way, see, t, h, y, first)
        ahead = _arrive(way, h, y, volume, stages)
        arrived = see(way.end if last else t + h, ahead[0], way.traces)
        ratio = _error_ratio(way, h, (y, volume), ahead, [*stages, arrived])
        if ratio <= 1:
            if keep:
                taken.append(Step(t, h, stages))
            t, first, (y, volume) = arrived.t, arrived, ahead
        h *= _growth(ratio)
    return y, volume, taken


def _stages(
    way: Plan, see: Look, t: float, h: float, y: Tensor, first: Stage | None = None
) -> list[Stage]:
    """The looks of one step; a trace that has no weight is left out."""
    nodes, rows, weights, _ = way.tableau
    found = [] if first is None else [first]
    for k in range(len(found), len(nodes)):
        at = combine(y, h, rows[k], [s.velocity for s in found])
        found.append(see(t + nodes[k] * h, at, way.traces and weights[k] != 0))
    return found


def _arrive(way: Plan, h: float, y: Tensor, volume: Tensor, stages: list[Stage]):
    weights = way.tableau.weights
    y = combine(y, h, weights, [s.velocity for s in stages])
    return y, combine(volume, h, weights, [s.spread for s in stages]) if way.traces else volume


def _error_ratio(way: Plan, h: float, before, after, stages: list[Stage]) -> float:
    """The estimated error over what the tolerance allows, at the worst point."""
    miss, square = way.tableau.miss, 0.0
    slopes = [s.velocity for s in stages], [s.spread for s in stages]
    for part in range(1 + way.traces):
        error = combine(torch.zeros_like(before[part]), h, miss, slopes[part])
        size = torch.maximum(before[part].abs(), after[part].abs())
        share = error.div_(size.add_(1).mul_(way.tolerance)).square_()
        square = square + (share if part else share.sum(0))
    return math.sqrt(float(square.max()) / (len(before[0]) + way.traces))


def _growth(ratio: float) -> float:
    """How much longer the next step may be after one of this error."""
    if not ratio < math.inf:
        return SHRINK
    wanted = SAFETY * ratio**-0.2 if ratio else GROW
    return min(GROW, max(wanted, 1.0 if ratio < 1 else SHRINK))
