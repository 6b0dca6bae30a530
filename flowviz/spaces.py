"""The spaces that layers map between, so that a base with the wrong support is refused early.

An abs layer sends the plane to a quarter of it. On a Gaussian base, which covers the whole plane,
such a model integrates to 1/4 and nothing crashes. So every layer names its spaces, every base
names its support, and `Flow` compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Space:
    """A subset of R^D: a name, and `contains(x)`, True where x (..., D) lies in it."""

    name: str
    contains: Callable[[Tensor], Tensor]

    def __repr__(self) -> str:
        return self.name


def _is_real(x: Tensor) -> Tensor:
    return torch.isfinite(x)


def _is_positive(x: Tensor) -> Tensor:
    return x >= 0


def _is_unit(x: Tensor) -> Tensor:
    return (x >= 0) & (x <= 1)


def _is_between_signs(x: Tensor) -> Tensor:
    return x.abs() <= 1


def _is_whole(x: Tensor) -> Tensor:
    return x == x.floor()


def _is_sorted(x: Tensor) -> Tensor:
    ordered = (x.diff(dim=-1) >= 0).all(-1, keepdim=True)
    return ordered.expand_as(x)


@dataclass(frozen=True)
class _PositiveAt:
    """True where every coordinate of `indices` is >= 0."""

    indices: tuple[int, ...]

    def __call__(self, x: Tensor) -> Tensor:
        good = (x[..., list(self.indices)] >= 0).all(-1, keepdim=True)
        return good.expand_as(x)


def half_space(dim: int, indices: Sequence[int]) -> Space:
    """Vectors (..., dim) whose coordinates `indices` are >= 0: the half-line if that is all."""
    chosen = tuple(sorted(set(indices)))
    if len(chosen) == dim:
        return HALF_LINE
    names = ", ".join(f"x{i + 1}" for i in chosen)
    return Space(f"the half-space {names} >= 0 of {dim} dimensions", _PositiveAt(chosen))


REALS = Space("the reals", _is_real)
HALF_LINE = Space("the half-line", _is_positive)
CUBE = Space("the unit cube", _is_unit)
CENTRED_CUBE = Space("the cube from −1 to 1", _is_between_signs)
SORTED = Space("sorted vectors", _is_sorted)
INTEGERS = Space("the integers", _is_whole)
