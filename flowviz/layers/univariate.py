"""Monotone maps of one number, with their parameters handed in.

A univariate map knows no network and owns no weights. `Elementwise` gives it free parameters,
`Coupling` gives it parameters computed from the coordinates that stay.

Parameters stand on the leading axis: x of shape (..., D) goes with params of shape (P, ..., D),
broadcast against x. Every map is increasing, so the straight line from x to z is a path of
increasing maps.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from . import fast_spline, shared_spline
from . import polynomial_spline as polynomial
from .spline import MIN_BIN, rational_quadratic, rational_quadratic_inverse


class Univariate(ABC):
    """An increasing map x -> z of one number with `count` parameters.

    columns: True if it is fastest on x (D, N), with one point a column, and so wants its many
    parameters (P, D, N) contiguous in that order.
    """

    count: int
    columns: bool = False
    title: str
    action: str

    @abstractmethod
    def identity(self) -> Tensor:
        """The (count,) parameters at which the map is the identity."""

    @abstractmethod
    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        """z and log dz/dx, each of x's shape."""

    @abstractmethod
    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        """x and log dz/dx at that x, each of z's shape."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Additive(Univariate):
    """z = x + t: a shift (Dinh et al. 2014, NICE). log dz/dx = 0."""

    count = 1
    title = "additive"
    action = "is shifted"

    def identity(self) -> Tensor:
        return torch.zeros(1)

    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        z = x + params[0]
        return z, torch.zeros_like(z)

    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        x = z - params[0]
        return x, torch.zeros_like(x)


class Affine(Univariate):
    """z = exp(s) x + t with log-scale s = limit tanh(s'/limit) (Dinh et al. 2016, RealNVP).

    The tanh keeps |s| below `limit`; without it training diverges (RealNVP, section 3.3).
    `limit=None` leaves s free, as an elementwise layer can.
    """

    count = 2
    title = "affine"
    action = "is scaled and shifted"

    def __init__(self, limit: float | None = None) -> None:
        if limit is not None and not limit > 0:
            raise ValueError(f"Affine: expected limit > 0 or None, got {limit}")
        self.limit = limit

    def identity(self) -> Tensor:
        return torch.zeros(2)

    def log_scale(self, params: Tensor) -> Tensor:
        """s, the log-scale, from the parameters."""
        return self._bounded(params[0])

    def _bounded(self, raw: Tensor) -> Tensor:
        return raw if self.limit is None else torch.tanh(raw / self.limit) * self.limit

    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = params.unbind(0)
        s = self._bounded(raw)
        z = torch.addcmul(shift, x, s.exp())
        return z, s.expand_as(z)

    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = params.unbind(0)
        s = self._bounded(raw)
        x = (z - shift) / s.exp()
        return x, s.expand_as(x)

    def __repr__(self) -> str:
        return f"Affine(limit={self.limit})"


class Spline(Univariate):
    """A monotone spline on [-bound, bound], identity outside; all zeros is the identity.

    Raises ValueError for too few or too many bins, or a bound that is not positive and finite.
    """

    action = "moves along a spline"
    fewest_bins = 2
    columns = True

    def __init__(self, bins: int = 8, bound: float = 3.5) -> None:
        name, most = type(self).__name__, round(1 / MIN_BIN) - 1
        if not self.fewest_bins <= bins <= most:
            raise ValueError(f"{name}: expected {self.fewest_bins} to {most} bins, got {bins}")
        if not 0 < bound < math.inf:
            raise ValueError(f"{name}: expected a finite bound > 0, got {bound}")
        self.bins, self.bound = bins, bound

    def identity(self) -> Tensor:
        return torch.zeros(self.count)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bins={self.bins}, bound={self.bound})"


class LinearSpline(Spline):
    """Piecewise linear: K bins of equal width, K heights (softmax). Its slope jumps at the knots.

    Müller et al. 2019, "Neural Importance Sampling", section 4.1.
    """

    title = "linear spline"

    @property
    def count(self) -> int:  # type: ignore[override]
        return self.bins

    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        return polynomial.linear(x, params, self.bound)

    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        return polynomial.linear_inverse(z, params, self.bound)


class QuadraticSpline(Spline):
    """Piecewise quadratic, with a continuous slope: K widths (softmax), K - 1 inner slopes.

    From 3 bins on: two bins with slope 1 at the ends and mean slope 1 leave no choice.
    Müller et al. 2019, "Neural Importance Sampling", section 4.2; Durkan et al. 2019.
    """

    title = "quadratic spline"
    fewest_bins = 3

    @property
    def count(self) -> int:  # type: ignore[override]
        return 2 * self.bins - 1

    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        return polynomial.quadratic(x, params, self.bound)

    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        return polynomial.quadratic_inverse(z, params, self.bound)


class RationalQuadratic(Spline):
    """Piecewise rational-quadratic: K widths, K heights (softmax), K - 1 inner slopes (softplus).

    Durkan et al. 2019, "Neural Spline Flows", section 3.1; the equations stand in `spline.py`,
    the same numbers faster in `fast_spline.py` and, one spline for all, in `shared_spline.py`.
    """

    title = "spline"

    @property
    def count(self) -> int:  # type: ignore[override]
        return 3 * self.bins - 1

    def map(self, x: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        if fast_spline.applies(x, params):
            return fast_spline.evaluate(x, params, self.bins, self.bound, data_side=True)
        if shared_spline.applies(x, params):
            return shared_spline.evaluate(x, params, self.bins, self.bound, data_side=True)
        return rational_quadratic(x, params, self.bins, self.bound)

    def unmap(self, z: Tensor, params: Tensor) -> tuple[Tensor, Tensor]:
        if fast_spline.applies(z, params):
            return fast_spline.evaluate(z, params, self.bins, self.bound, data_side=False)
        if shared_spline.applies(z, params):
            return shared_spline.evaluate(z, params, self.bins, self.bound, data_side=False)
        return rational_quadratic_inverse(z, params, self.bins, self.bound)
