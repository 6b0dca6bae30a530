"""Explicit Runge-Kutta methods, and the solvers that define what `Continuous` computes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor

Slopes = Callable[[float | Tensor, Tensor], Tensor]


class Tableau(NamedTuple):
    """A step of size h from (t, y): k_i = f(t + node_i h, y + h sum_j row_ij k_j), then

        y' = y + h sum_i weight_i k_i,    error = h sum_i miss_i k_i.

    Where `miss` is given it has one entry more: the slope at y', which starts the next step.
    """

    nodes: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    miss: tuple[float, ...] | None = None


FIXED = {
    "euler": Tableau((0.0,), ((),), (1.0,)),
    "midpoint": Tableau((0.0, 0.5), ((), (0.5,)), (0.0, 1.0)),
    "rk4": Tableau(
        (0.0, 0.5, 0.5, 1.0),
        ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6),
    ),
}
# Dormand & Prince 1980, its error weights by Shampine as in torchdiffeq
DOPRI5 = Tableau(
    (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0),
    (
        (),
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    ),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    (
        35 / 384 - 1951 / 21600,
        0.0,
        500 / 1113 - 22642 / 50085,
        125 / 192 - 451 / 720,
        -2187 / 6784 + 12231 / 42400,
        11 / 84 - 649 / 6300,
        -1 / 60,
    ),
)
ADAPTIVE = ("dopri5", "dopri8", "bosh3", "adaptive_heun")


def combine(y: Tensor, h: float, shares: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    """y + h sum_i share_i slope_i as a new tensor; a share of 0 costs nothing."""
    counted = [(h * share, k) for share, k in zip(shares, slopes, strict=True) if share]
    for i, (scale, slope) in enumerate(counted):
        y = y.add_(slope, alpha=scale) if i else torch.add(y, slope, alpha=scale)
    return y


def fixed_steps(
    slopes: Slopes, state: Tensor, start: float, end: float, method: str, steps: int
) -> Tensor:
    """`steps` equal steps of a method of `FIXED`.

    Written out here since torchdiffeq's solvers branch on values of tensors, where vmap, compile
    and export cannot follow.
    """
    nodes, rows, weights, _ = FIXED[method]
    h = (end - start) / steps
    for step in range(steps):
        found: list[Tensor] = []
        for node, row in zip(nodes, rows, strict=True):
            found.append(slopes(start + (step + node) * h, combine(state, h, row, found)))
        state = combine(state, h, weights, found)
    return state


def adaptive_steps(
    slopes: Slopes,
    state: Tensor,
    start: float,
    end: float,
    method: str,
    tolerance: float,
    adjoint: Iterable[Tensor] | None = None,
) -> Tensor:
    """torchdiffeq, its error measured at the worst point of the batch.

    `adjoint`: the tensors inside `slopes` that gradients are wanted for. The gradient then comes
    from a second solve, backwards in time, and no step is kept; None keeps them all.

    The first step that is tried is the whole way: it costs six looks to learn that it was too
    long, where the usual rule is so careful that it costs two steps to find out.
    """
    times = torch.tensor([start, end], dtype=state.dtype, device=state.device)
    options = {"norm": _worst_point, "first_step": abs(end - start)}
    settings = {"rtol": tolerance, "atol": tolerance, "method": method, "options": options}
    solvers = _torchdiffeq(method)
    if adjoint is None:
        return solvers.odeint(slopes, state, times, **settings)[-1]
    wanted = tuple(adjoint)
    return solvers.odeint_adjoint(slopes, state, times, adjoint_params=wanted, **settings)[-1]


def _torchdiffeq(method: str) -> ModuleType:
    """torchdiffeq's solvers; it loads scipy, so not before it is needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its use of torch.jit.script
            import torchdiffeq
    except ImportError as error:
        raise ImportError(
            f'Continuous: method="{method}" takes its steps from torchdiffeq, which is not '
            'installed (pip install torchdiffeq); method="rk4" needs nothing'
        ) from error
    return torchdiffeq


def _worst_point(error: Tensor) -> Tensor:
    """Root mean square over the coordinates of a point, the largest over the batch."""
    return error.square().mean(-1).sqrt().max()
