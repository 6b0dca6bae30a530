"""Densities that are constant on axis-aligned boxes."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, _positive_integer, check_positive


class Boxes(Density):
    """Equal odds for each of K boxes, uniform within each. Abstract.

    lows, highs  (K, 2), opposite corners; a box is half open, low <= x < high. Where boxes
    overlap their densities add.
    """

    def __init__(self, lows: Tensor, highs: Tensor) -> None:
        self._lows, self._highs = lows.double(), highs.double()

    @property
    def bounds(self) -> Bounds:
        low, high = self._lows.amin(0).tolist(), self._highs.amax(0).tolist()
        return (low[0], high[0]), (low[1], high[1])

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        which = torch.randint(len(self._lows), (n,), generator=generator)
        low, high = self._lows[which], self._highs[which]
        unit = torch.rand(n, 2, generator=generator, dtype=torch.float64)
        points = (low + (high - low) * unit).float()
        # Rounding to float32 may land on the open edge, which is outside.
        return torch.minimum(points, torch.nextafter(high.float(), low.float()))

    def _log_density(self, x: Tensor) -> Tensor:
        point = x.unsqueeze(-2)
        inside = ((point >= self._lows) & (point < self._highs)).all(-1)
        heights = 1 / ((self._highs - self._lows).prod(-1) * len(self._lows))
        # 0 * x gives the gradient, 0, to callers that differentiate.
        return (inside * heights).sum(-1).log() + 0 * x.sum(-1)

    def _entropy(self) -> float:
        """Exact: the edges of all boxes cut the plane into cells of constant density."""
        edges = torch.cat([self._lows, self._highs])
        x, y = edges[:, 0].unique(), edges[:, 1].unique()
        centres = torch.cartesian_prod((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2)
        areas = torch.outer(x.diff(), y.diff()).flatten()
        p = self._log_density(centres).exp()
        return -float((areas * torch.special.xlogy(p, p)).sum())


class Checkerboard(Boxes):
    """Every other square of a board, uniform: entropy = log of the filled area.

    half_width  the board is [-half_width, half_width)^2
    cells       squares a side; the one at the lower left is filled

    The defaults are FFJORD's: [-4, 4)^2 in 4 x 4 squares, entropy log 32.
    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "checkerboard"

    def __init__(self, half_width: float = 4.0, cells: int = 4) -> None:
        check_positive(half_width=half_width)
        self.half_width, self.cells = half_width, _positive_integer("cells", cells)
        filled = [(i, j) for i, j in product(range(self.cells), repeat=2) if (i + j) % 2 == 0]
        index = torch.tensor(filled, dtype=torch.float64)
        side = 2 * half_width / self.cells
        super().__init__(side * index - half_width, side * (index + 1) - half_width)

    def _parameters(self) -> dict[str, Any]:
        return {"half_width": self.half_width, "cells": self.cells}
