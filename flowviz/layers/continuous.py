"""Continuous flows: points are carried by a vector field for a while."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..nets import Field, VelocityMLP

# Runge-Kutta methods with fixed steps: at which share of a step to look, how to get there (the
# previous slope times this share), and the weights of the slopes in the step.
FIXED = {
    "euler": ((0.0,), (1.0,)),
    "midpoint": ((0.0, 0.5), (0.0, 1.0)),
    "rk4": ((0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}
ADAPTIVE = ("dopri5", "dopri8", "bosh3", "adaptive_heun")

Slopes = Callable[[float | Tensor, Tensor], Tensor]


class Continuous(Layer):
    """dx/dt = f(t, x, context) from t = 0 (data) to t = time (latent): z = x(time).

    Shapes: x, z (..., dim), context (..., context) or None. The field is a `VelocityMLP` with
    `hidden` layers, or any `Field` handed in.
    Ledger: volume = integral of tr df/dx along the way, solved together with x.

        divergence="exact"       the trace itself. Exact, up to the solver's error.
        divergence="hutchinson"  v.(df/dx) v with one vector v of random signs for each point,
                                 held fixed during the solve: unbiased, so an estimate of log p
                                 and not exact; mode="mean" takes the trace.

    `method` is "rk4", "midpoint" or "euler" with `steps` equal steps, so that a point's way is
    its own; or "dopri5", "dopri8", "bosh3", "adaptive_heun" (torchdiffeq) with `tolerance`,
    relative and absolute. The adaptive ones choose their steps for the batch's worst point: each
    point's error then keeps the tolerance, but within it a result does depend on batch mates.
    Raises ValueError for unknown names and numbers out of range, ImportError without torchdiffeq.
    Latent to data: the same equation, time running backwards; the two are inverse to each other
    up to the solver's error. Path: the flow itself, x(tau time).
    Chen et al. 2018, "Neural Ordinary Differential Equations"; Grathwohl et al. 2019, "FFJORD".
    """

    def __init__(
        self,
        dim: int,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        time: float = 1.0,
        method: str = "rk4",
        steps: int = 16,
        tolerance: float = 1e-5,
        divergence: str = "exact",
        field: Field | None = None,
    ) -> None:
        super().__init__()
        _check(method, steps, time, tolerance, divergence)
        self.field = VelocityMLP(dim, hidden, context) if field is None else field
        if (self.field.dim, self.field.context_size) != (dim, context):
            raise ValueError(
                f"Continuous: expected a field of dim {dim} and context {context}, got one of "
                f"dim {self.field.dim} and context {self.field.context_size}"
            )
        self.data_shape = self.latent_shape = (dim,)
        self.context_size, self.exact = context, divergence == "exact"
        self.estimated = not self.exact
        self.time, self.method, self.steps = time, method, steps
        self.tolerance, self.divergence = tolerance, divergence

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, volume = self._solve_with_volume(x, 0.0, self.time, context, mode)
        return z, Terms(volume=volume)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        if not terms:
            return self._solve(self._velocity(context), z, self.time, 0.0), Terms()
        x, volume = self._solve_with_volume(z, self.time, 0.0, context, mode)
        return x, Terms(volume=-volume)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._solve(self._velocity(context), x, 0.0, tau * self.time)

    def _velocity(self, context: Tensor | None) -> Slopes:
        return lambda t, x: self.field(t, x, context)

    def _solve_with_volume(
        self, x: Tensor, start: float, end: float, context: Tensor | None, mode: str
    ) -> tuple[Tensor, Tensor]:
        """x carried from start to end, and the integral of the divergence over that time."""
        probe = None
        if not self.exact and mode == "sample":
            probe = torch.randint_like(x, 2) * 2 - 1

        def slopes(t: float | Tensor, state: Tensor) -> Tensor:
            at = state[..., :-1]
            if probe is None:
                velocity, spread = self.field.divergence(t, at, context)
            else:
                velocity, pull = self.field.linearize(t, at, context)
                spread = (probe * pull(probe)).sum(-1)
            return torch.cat([velocity, spread.unsqueeze(-1)], -1)

        state = torch.cat([x, torch.zeros_like(x[..., :1])], -1)
        state = self._solve(slopes, state, start, end)
        return state[..., :-1], state[..., -1]

    def _solve(self, slopes: Slopes, state: Tensor, start: float, end: float) -> Tensor:
        if start == end or not state.numel():
            return state.clone()
        if self.method in FIXED:
            return _fixed_steps(slopes, state, start, end, self.steps, *FIXED[self.method])
        return _adaptive_steps(slopes, state, start, end, self.method, self.tolerance)

    @property
    def title(self) -> str:
        return "continuous"

    @property
    def action(self) -> str:
        return "every point is carried along by a stream"

    @property
    def settings(self) -> str:
        solver = f"steps={self.steps}" if self.method in FIXED else f"tolerance={self.tolerance}"
        return f"time={self.time}, {self.method}, {solver}, divergence={self.divergence}"


def _fixed_steps(
    slopes: Slopes,
    state: Tensor,
    start: float,
    end: float,
    steps: int,
    shares: Sequence[float],
    weights: Sequence[float],
) -> Tensor:
    """Explicit Runge-Kutta of the kind in which each slope needs only the one before it.

    Written out here since torchdiffeq's solvers branch on values of tensors, where vmap, compile
    and export cannot follow.
    """
    h = (end - start) / steps
    for k in range(steps):
        t, change, slope = start + k * h, 0.0, None
        for share, weight in zip(shares, weights, strict=True):
            at = state if slope is None else state + share * h * slope
            slope = slopes(t + share * h, at)
            change = change + weight * slope if weight else change
        state = state + h * change
    return state


def _adaptive_steps(
    slopes: Slopes, state: Tensor, start: float, end: float, method: str, tolerance: float
) -> Tensor:
    """torchdiffeq, its error measured at the worst point of the batch."""
    times = torch.tensor([start, end], dtype=state.dtype, device=state.device)
    options = {"norm": _worst_point}
    solved = _odeint(method)(
        slopes, state, times, rtol=tolerance, atol=tolerance, method=method, options=options
    )
    return solved[-1]


def _odeint(method: str) -> Callable[..., Tensor]:
    """torchdiffeq's solver; it loads scipy, so not before it is needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its use of torch.jit.script
            from torchdiffeq import odeint
    except ImportError as error:
        raise ImportError(
            f'Continuous: method="{method}" takes its steps from torchdiffeq, which is not '
            'installed (pip install torchdiffeq); method="rk4" needs nothing'
        ) from error
    return odeint


def _worst_point(error: Tensor) -> Tensor:
    """Root mean square over the coordinates of a point, the largest over the batch."""
    return error.square().mean(-1).sqrt().max()


def _check(method: str, steps: int, time: float, tolerance: float, divergence: str) -> None:
    if method not in (*FIXED, *ADAPTIVE):
        raise ValueError(f"Continuous: expected a method of {(*FIXED, *ADAPTIVE)}, got {method!r}")
    if divergence not in ("exact", "hutchinson"):
        raise ValueError(
            f'Continuous: expected divergence="exact" or "hutchinson", got {divergence!r}'
        )
    if steps < 1 or not 0 < time < math.inf or not tolerance > 0:
        raise ValueError(
            f"Continuous: expected steps >= 1, a finite time > 0 and tolerance > 0, got "
            f"steps={steps}, time={time}, tolerance={tolerance}"
        )
