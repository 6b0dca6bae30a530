"""Nonlinearities onto a part of the line: tanh, sigmoid and its inverse, softplus."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from ..asking import may_ask
from ..spaces import CENTRED_CUBE, CUBE, HALF_LINE
from .nonlinear import Nonlinear


class Tanh(Nonlinear):
    """z = tanh x, from the reals into the cube from -1 to 1.

    Shapes: x, z (..., *shape). Ledger: volume = sum log 4 + log sigmoid(2x) + log sigmoid(-2x),
    which is log(1 - tanh^2 x) without its cancellation. Exact. `inverse` raises ValueError for
    |z| >= 1. Path: straight, increasing. Beyond |x| = 9 (float32), 19 (float64) tanh rounds to 1.
    """

    latent_space = CENTRED_CUBE

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.tanh(x), _log_slope_of_tanh(x)

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        check_between(z, -1.0, 1.0, "tanh: z on the latent side")
        x = torch.atanh(z)
        return x, _log_slope_of_tanh(x)

    @property
    def title(self) -> str:
        return "tanh"

    @property
    def action(self) -> str:
        return "every coordinate is squeezed between −1 and 1"


class Sigmoid(Nonlinear):
    """z = 1 / (1 + exp(-x)), from the reals into the unit cube.

    Shapes: x, z (..., *shape). Ledger: volume = sum log z + log(1 - z). Exact. `inverse` raises
    ValueError for z outside (0, 1). Path: straight, increasing.
    """

    latent_space = CUBE

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(x), _log_slope_of_sigmoid(x)

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        check_between(z, 0.0, 1.0, "sigmoid: z on the latent side")
        x = torch.logit(z)
        return x, _log_slope_of_sigmoid(x)

    @property
    def title(self) -> str:
        return "sigmoid"

    @property
    def action(self) -> str:
        return "every coordinate is squeezed between 0 and 1"


class Logit(Nonlinear):
    """z = log s - log(1 - s) with s = alpha + (1 - 2 alpha) x, from the unit cube to the reals.

    Shapes: x, z (..., *shape). Ledger: volume = sum log(1 - 2 alpha) - log s - log(1 - s). Exact.
    alpha = 0 is the inverse of `Sigmoid`; it takes only x strictly between 0 and 1. alpha > 0
    keeps z finite at x = 0 and 1 (0.05: RealNVP; 1e-6: FFJORD and Residual Flows on MNIST). The
    layer then reaches beyond the cube on either side by alpha / (1 - 2 alpha): `inverse` may
    arrive there, and a model on the reals spends the mass it puts there.
    Raises ValueError for x outside that range, or alpha outside [0, 1/2). Path: straight,
    increasing. Dinh et al. 2016, "RealNVP", section 4.1.
    """

    data_space = CUBE

    def __init__(self, shape: int | tuple[int, ...], alpha: float = 0.0) -> None:
        super().__init__(shape)
        if not 0 <= alpha < 0.5:
            raise ValueError(f"Logit: expected alpha in [0, 1/2), got {alpha}")
        self.alpha = alpha

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        margin = self.alpha / (1 - 2 * self.alpha)
        hint = "" if self.alpha else "; alpha > 0 takes x = 0 and x = 1 in"
        check_between(x, 0.0 - margin, 1 + margin, "logit: x on the data side", hint)
        z = torch.logit(self.alpha + (1 - 2 * self.alpha) * x)
        return z, self._log_slope(z)

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return (torch.sigmoid(z) - self.alpha) / (1 - 2 * self.alpha), self._log_slope(z)

    def _log_slope(self, z: Tensor) -> Tensor:
        return math.log1p(-2 * self.alpha) - _log_slope_of_sigmoid(z)

    @property
    def title(self) -> str:
        return "logit"

    @property
    def action(self) -> str:
        return "the unit cube is stretched over all of space"

    @property
    def settings(self) -> str:
        return f"alpha={self.alpha!r}"


class Softplus(Nonlinear):
    """z = log(1 + exp x), from the reals into the half-line.

    Shapes: x, z (..., *shape). Ledger: volume = sum log sigmoid(x). Exact. `inverse` raises
    ValueError for z <= 0. Path: straight, increasing.
    """

    latent_space = HALF_LINE

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        # torch returns x itself above the threshold: at 40 that is exact also in float64
        return softplus(x, threshold=40.0), logsigmoid(x)

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        check_between(z, 0.0, math.inf, "softplus: z on the latent side")
        log_slope = torch.log(-torch.expm1(-z))
        return z + log_slope, log_slope

    @property
    def title(self) -> str:
        return "softplus"

    @property
    def action(self) -> str:
        return "every coordinate is bent until it is positive"


def check_between(v: Tensor, low: float, high: float, what: str, hint: str = "") -> None:
    """Raise unless low < v < high everywhere (where `may_ask`)."""
    if may_ask(v) and v.numel() and not ((v > low) & (v < high)).all():
        ends = float(v.min()), float(v.max())
        raise ValueError(
            f"{what}: expected numbers strictly between {low:g} and {high:g}, "
            f"got some from {ends[0]:.9g} to {ends[1]:.9g}{hint}"
        )


def _log_slope_of_sigmoid(x: Tensor) -> Tensor:
    return logsigmoid(x) + logsigmoid(-x)


def _log_slope_of_tanh(x: Tensor) -> Tensor:
    return math.log(4) + _log_slope_of_sigmoid(2 * x)
