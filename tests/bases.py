"""A density on every space that a layer may arrive in, so that a law can close its model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

LOG_2_PI = math.log(2 * math.pi)


def _normal(z: Tensor) -> Tensor:
    return -0.5 * z.flatten(1).square().sum(1) - 0.5 * z[0].numel() * LOG_2_PI


def _inside(z: Tensor, where: Tensor, value: Tensor) -> Tensor:
    return torch.where(where.flatten(1).all(1), value, -torch.inf)


def _half_normal(z: Tensor) -> Tensor:
    return _inside(z, z >= 0, _normal(z) + z[0].numel() * math.log(2))


def _right_half(z: Tensor) -> Tensor:
    return _inside(z, z[:, :1] >= 0, _normal(z) + math.log(2))


def _uniform(z: Tensor) -> Tensor:
    return _inside(z, (z >= 0) & (z <= 1), z.new_zeros(len(z)))


def _sorted_normal(z: Tensor) -> Tensor:
    return _inside(z, z.diff(dim=-1) >= 0, _normal(z) + math.lgamma(z.shape[-1] + 1))


@dataclass(frozen=True)
class Density:
    """log p(z) of a batch (N, *shape), and n draws of an event shape, float64."""

    log_prob: Callable[[Tensor], Tensor]
    draw: Callable[[int, tuple[int, ...]], Tensor]


def _randn(n: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(n, *shape, dtype=torch.float64)


BASES = {
    "the reals": Density(_normal, _randn),
    "the half-line": Density(_half_normal, lambda n, s: _randn(n, s).abs()),
    "the half-space x1 >= 0 of 2 dimensions": Density(
        _right_half, lambda n, s: torch.cat([_randn(n, (1,)).abs(), _randn(n, (s[0] - 1,))], -1)
    ),
    "the unit cube": Density(_uniform, lambda n, s: torch.rand(n, *s, dtype=torch.float64)),
    "sorted vectors": Density(_sorted_normal, lambda n, s: _randn(n, s).sort(-1).values),
}
