"""One look at a `VelocityMLP` with two hidden layers, and its gradient by hand.

`nets/field.py` defines it. Points stand on columns, y (dim, N). With s = 1 - a^2,

    a_1 = tanh(W_1 y + b_1 + t pace + lift)      lift: what the context adds, (hidden, N)
    a_2 = tanh(W_2 a_1 + b_2)
    f = W_3 a_2 + b_3
    tr df/dy = s_2^T q,   q = M s_1,   M = W_2 * (W_1 W_3)^T, handed in: it is made once a solve

and for gradients g of f and r of the trace, with p_k for what goes into tanh,

    M: (r s_2) s_1^T          s_1: M^T (r s_2)
    a_2: W_3^T g - 2 r q a_2  p_2: s_2 times that
    a_1: W_2^T p_2 - 2 a_1 s_1's    p_1: s_1 times that    y: W_1^T p_1.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..nets import VelocityMLP


class Stage(NamedTuple):
    """A look at the field: at time t and points y (dim, N)."""

    t: float
    y: Tensor
    velocity: Tensor
    spread: Tensor | None
    hidden: tuple[Tensor, Tensor] | None  # a_1 and a_2, if they are kept for the gradient


class Weights(NamedTuple):
    """What the field is made of, biases and pace as columns (hidden, 1).

    `lift` is there with context only, `mixed` (M) for traces only.
    """

    lift: Tensor | None
    mixed: Tensor | None
    pace: Tensor
    w1: Tensor
    b1: Tensor
    w2: Tensor
    b2: Tensor
    w3: Tensor
    b3: Tensor


def weights_of(field: VelocityMLP, lift: Tensor | None, traces: bool) -> Weights:
    """The field's weights, M made of them."""
    first, middle, last = field.linears
    mixed = middle.weight * (first.weight @ last.weight).mT if traces else None
    pairs = (t for layer in field.linears for t in (layer.weight, layer.bias.unsqueeze(-1)))
    return Weights(lift, mixed, field.pace.unsqueeze(-1), *pairs)


def look(weights: Weights, keep: bool, t: float, y: Tensor, trace: bool) -> Stage:
    """f at t and y, and tr df/dy if `trace`.

    What is not kept is given back at once, and the next look finds its memory in the cache.
    """
    lift, mixed, pace, w1, b1, w2, b2, w3, b3 = weights
    a1 = torch.addmm(torch.add(b1, pace, alpha=t), w1, y)
    a1 = (a1 if lift is None else a1 + lift).tanh_()
    a2 = torch.addmm(b2, w2, a1).tanh_()
    spread = None
    if trace:
        q = _mix(mixed, a1 * a1)
        spread = torch.addcmul(q, a2 * a2, q, value=-1).sum(0)
    return Stage(t, y, torch.addmm(b3, w3, a2), spread, (a1, a2) if keep else None)


def _mix(mixed: Tensor, square: Tensor) -> Tensor:
    """q = M s_1 = M 1 - M a_1^2."""
    return torch.addmm(mixed.sum(1, keepdim=True), mixed, square, alpha=-1)


class Gradients:
    """The gradients of the weights, summed over looks at the field."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._sums = Weights(*(None if w is None else torch.zeros_like(w) for w in weights))
        self._w1 = torch.zeros_like(weights.w1.mT, memory_format=torch.contiguous_format)
        self._rows = torch.zeros_like(weights.b2)  # of M

    def look_back(
        self, t: float, y: Tensor, a1: Tensor, a2: Tensor, grad: Tensor, grad_spread: Tensor | None
    ) -> Tensor:
        """The gradient at y, given those of f and (None: there was none) of the trace."""
        weights, sums = self.weights, self._sums
        sums.w3.addmm_(grad, a2.mT)
        sums.b3.add_(grad.sum(1, keepdim=True))
        if grad_spread is None:
            at = torch.ops.aten.tanh_backward(weights.w3.mT @ grad, a2)
        else:
            curved, at = self._trace_back(a1, a2, grad_spread)
            at = torch.ops.aten.tanh_backward(at.addmm_(weights.w3.mT, grad, beta=-2), a2)
        sums.w2.addmm_(at, a1.mT)
        sums.b2.add_(at.sum(1, keepdim=True))
        if grad_spread is None:
            at = weights.w2.mT @ at
        else:
            at = curved.addmm_(weights.w2.mT, at, beta=-2)
        at = torch.ops.aten.tanh_backward(at, a1)
        self._w1.addmm_(y, at.mT)
        rows = at.sum(1, keepdim=True)
        sums.b1.add_(rows)
        sums.pace.add_(rows, alpha=t)
        if sums.lift is not None:
            sums.lift.add_(at)
        return weights.w1.mT @ at

    def _trace_back(self, a1: Tensor, a2: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
        """a_1 times the gradient of s_1, and a_2 r q."""
        mixed, square = self.weights.mixed, a1 * a1
        at_q = torch.ops.aten.tanh_backward(grad.expand_as(a2), a2)
        self._rows.add_(at_q.sum(1, keepdim=True))
        self._sums.mixed.addmm_(at_q, square.mT, alpha=-1)
        q = _mix(mixed, square)
        return (mixed.mT @ at_q).mul_(a1), q.mul_(a2).mul_(grad)

    def total(self) -> Weights:
        """The gradients, in the weights' own order and shapes."""
        self._sums.w1.copy_(self._w1.mT)
        if self._sums.mixed is not None:
            self._sums.mixed.add_(self._rows)
        return self._sums
