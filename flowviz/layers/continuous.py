"""Continuous flows: points are carried by a vector field for a while."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..nets import Field, VelocityMLP
from . import fast_ode
from .runge_kutta import ADAPTIVE, FIXED, Slopes, adaptive_steps, fixed_steps


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
    A two-layer `VelocityMLP` takes fixed steps and "dopri5" by `fast_ode.py`, without torchdiffeq.
    adjoint=True (adaptive methods only) finds gradients by a second solve, backwards in time: the
    memory then does not grow with the steps, the time doubles, and the gradient is that of the
    equation and no longer that of the steps taken, so it is as good as the tolerance.
    Raises ValueError for unknown names and numbers out of range, ImportError without torchdiffeq,
    RuntimeError for an adaptive method under torch.func, ArithmeticError if "dopri5" meets a field
    that no step can follow.
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
        adjoint: bool = False,
    ) -> None:
        super().__init__()
        _check(method, steps, time, tolerance, divergence)
        if adjoint and method not in ADAPTIVE:
            raise ValueError(f"Continuous: expected adjoint with one of {ADAPTIVE}, got {method!r}")
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
        self.tolerance, self.divergence, self.adjoint = tolerance, divergence, adjoint

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, volume = self._carried_with_volume(x, 0.0, self.time, context, mode)
        return z, Terms(volume=volume)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        if not terms:
            return self._carried(z, self.time, 0.0, context), Terms()
        x, volume = self._carried_with_volume(z, self.time, 0.0, context, mode)
        return x, Terms(volume=-volume)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._carried(x, 0.0, tau * self.time, context)

    def _carried(self, x: Tensor, start: float, end: float, context: Tensor | None) -> Tensor:
        """x at the time `end`, of x at `start`."""
        if start == end or not x.numel():
            return x.clone()
        if self._fast(x):
            return fast_ode.solve(self.field, x, context, self._way(start, end, False))[0]
        return self._solve(lambda t, x: self.field(t, x, context), x, start, end, context)

    def _carried_with_volume(
        self, x: Tensor, start: float, end: float, context: Tensor | None, mode: str
    ) -> tuple[Tensor, Tensor]:
        """The same, and the integral of the divergence over that time."""
        probe = None
        if not self.exact and mode == "sample":
            probe = torch.randint_like(x, 2) * 2 - 1
        elif x.numel() and self._fast(x):
            return fast_ode.solve(self.field, x, context, self._way(start, end, True))

        def slopes(t: float | Tensor, state: Tensor) -> Tensor:
            at = state[..., :-1]
            if probe is None:
                velocity, spread = self.field.divergence(t, at, context)
            else:
                velocity, pull = self.field.linearize(t, at, context)
                spread = (probe * pull(probe)).sum(-1)
            return torch.cat([velocity, spread.unsqueeze(-1)], -1)

        state = torch.cat([x, torch.zeros_like(x[..., :1])], -1)
        state = self._solve(slopes, state, start, end, context) if x.numel() else state
        return state[..., :-1], state[..., -1]

    def _solve(
        self, slopes: Slopes, state: Tensor, start: float, end: float, context: Tensor | None
    ) -> Tensor:
        if self.method in FIXED:
            return fixed_steps(slopes, state, start, end, self.method, self.steps)
        if torch._C._are_functorch_transforms_active():
            raise RuntimeError(
                f"Continuous: expected equal steps under torch.func (method='rk4'), got "
                f"method={self.method!r}, whose steps depend on the numbers"
            )
        learned = [*self.field.parameters(), *([] if context is None else [context])]
        wanted = learned if self.adjoint else None
        return adaptive_steps(slopes, state, start, end, self.method, self.tolerance, wanted)

    def _fast(self, x: Tensor) -> bool:
        return not self.adjoint and fast_ode.fits(self.field, self.method, x)

    def _way(self, start: float, end: float, traces: bool) -> fast_ode.Plan:
        return fast_ode.plan(start, end, self.method, self.steps, self.tolerance, traces)

    @property
    def title(self) -> str:
        return "continuous"

    @property
    def action(self) -> str:
        return "every point is carried along by a stream"

    @property
    def settings(self) -> str:
        solver = f"steps={self.steps}" if self.method in FIXED else f"tolerance={self.tolerance}"
        adjoint = ", adjoint" if self.adjoint else ""
        return f"time={self.time}, {self.method}, {solver}, divergence={self.divergence}{adjoint}"


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
