"""The contract of a planar density: seeded samples, exact log_prob, entropy."""

from __future__ import annotations

import math
import numbers
import operator
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

Bounds = tuple[tuple[float, float], tuple[float, float]]


class Density(ABC):
    """A probability density p on the plane.

    A subclass gives `name`, `bounds`, `_draw`, `_log_density`, `_entropy` and `_parameters`; this
    class checks what comes in, seeds, splits long inputs, and keeps the caller's shape and dtype.
    """

    name: str
    """Short human title, such as "two moons"."""

    dim = 2

    _chunk = 4096
    """Points handled at once, so that a quadrature of a thousand nodes takes some 30 MB."""

    def sample(self, n: int, seed: int | None = None) -> Tensor:
        """Draw n independent points: float32, shape (n, 2), on the CPU.

        A seed makes its own generator and leaves torch's global one untouched; None draws from
        the global one. Raises ValueError unless n is a positive integer and seed an integer.
        """
        count = positive_integer("n", n)
        return self._draw(count, _generator(seed)).to(torch.float32)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (..., 2) -> (...), in the dtype of x; -inf outside the support.

        The arithmetic is float64 whatever the dtype of x. Raises TypeError unless x is a tensor,
        ValueError unless it is finite, float32 or float64, and its last dimension is 2.
        """
        _check_points(x)
        chunks = x.reshape(-1, 2).double().split(self._chunk)
        values = torch.cat([self._log_density(chunk) for chunk in chunks])
        return values.reshape(x.shape[:-1]).to(x.dtype)

    @cached_property
    def entropy(self) -> float | None:
        """-E[log p] in nats, within 1e-3; None where the density is not known."""
        return self._entropy()

    @property
    @abstractmethod
    def bounds(self) -> Bounds:
        """((x_min, x_max), (y_min, y_max)): a box that misses less than 1e-6 of the mass."""

    @abstractmethod
    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        """n points, (n, 2)."""

    @abstractmethod
    def _log_density(self, x: Tensor) -> Tensor:
        """log p of float64 points, (m, 2) -> (m,)."""

    @abstractmethod
    def _entropy(self) -> float | None:
        """The entropy in nats, computed each time."""

    @abstractmethod
    def _parameters(self) -> dict[str, Any]:
        """What the repr shows."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self._parameters().items())
        return f"{type(self).__name__}({shown})"


class Wrapped(Density):
    """A density that is a special case of another one, under a name of its own. Abstract."""

    def __init__(self, inner: Density) -> None:
        self._inner = inner

    @property
    def bounds(self) -> Bounds:
        return self._inner.bounds

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        return self._inner._draw(n, generator)

    def _log_density(self, x: Tensor) -> Tensor:
        return self._inner._log_density(x)

    def _entropy(self) -> float | None:
        return self._inner._entropy()


def _generator(seed: int | None) -> torch.Generator | None:
    if seed is None:
        return None
    try:
        return torch.Generator().manual_seed(operator.index(seed))
    except (TypeError, RuntimeError, ValueError, OverflowError):
        raise ValueError(f"expected seed to be a 64-bit integer or None, got {seed!r}") from None


def positive_integer(name: str, value: object) -> int:
    message = f"expected {name} to be a positive integer, got {value!r}"
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(message) from None
    if count < 1:
        raise ValueError(message)
    return count


def _check_points(x: Tensor) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"expected a tensor of points (..., 2), got {type(x).__name__}")
    if x.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"expected float32 or float64 points, got {x.dtype}")
    if x.dim() == 0 or x.shape[-1] != 2:
        raise ValueError(f"expected points of shape (..., 2), got {tuple(x.shape)}")
    if not torch.isfinite(x).all():
        raise ValueError("expected finite points, got NaN or infinity")


def check_positive(**values: float) -> None:
    """Raise ValueError unless every value is a finite number above 0."""
    for name, value in values.items():
        if not (isinstance(value, numbers.Real) and math.isfinite(value) and value > 0):
            raise ValueError(f"expected {name} to be a finite number > 0, got {value!r}")
