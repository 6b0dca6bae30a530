"""Densities that are constant on the cells of a grid: boards, corners, and what pictures give."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, check_positive, positive_integer


class Tiles(Density):
    """Equal rectangles in rows and columns, each uniform with its own mass. Abstract.

        p(x) = m_ij / area   for x in tile (i, j),        entropy = -sum_ij m_ij log(m_ij / area)

    masses  (rows, columns), >= 0, the lowest row first, the leftmost column first; they are
            divided by their sum
    bounds  the rectangle they tile; each tile is half open, low <= x < high
    """

    def __init__(self, masses: Tensor, bounds: Bounds) -> None:
        self._masses = masses.double() / masses.double().sum()
        self._bounds = bounds
        rows, columns = masses.shape
        (left, right), (bottom, top) = bounds
        self._columns = torch.linspace(left, right, columns + 1, dtype=torch.float64)
        self._rows = torch.linspace(bottom, top, rows + 1, dtype=torch.float64)
        self._area = (right - left) * (top - bottom) / masses.numel()

    @property
    def bounds(self) -> Bounds:
        return self._bounds

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        row, column = self._draw_tiles(n, generator)
        low = torch.stack([self._columns[column], self._rows[row]], dim=-1)
        high = torch.stack([self._columns[column + 1], self._rows[row + 1]], dim=-1)
        points = low + (high - low) * torch.rand(n, 2, generator=generator, dtype=torch.float64)
        return _rounded_inside(points, low, high)

    def _draw_tiles(self, n: int, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """Rows and columns of n tiles, with odds that are the masses."""
        filled = self._masses.flatten().nonzero().squeeze(-1)
        heaps = self._masses.flatten()[filled].cumsum(0)
        level = heaps[-1] * torch.rand(n, generator=generator, dtype=torch.float64)
        tile = filled[torch.searchsorted(heaps, level, right=True)]
        columns = self._masses.shape[1]
        return tile // columns, tile % columns

    def _log_density(self, x: Tensor) -> Tensor:
        column = torch.searchsorted(self._columns, x[:, 0].detach().contiguous(), right=True) - 1
        row = torch.searchsorted(self._rows, x[:, 1].detach().contiguous(), right=True) - 1
        rows, columns = self._masses.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        mass = self._masses[row.clamp(0, rows - 1), column.clamp(0, columns - 1)]
        # 0 * x hands callers that differentiate the gradient of a constant.
        return torch.where(inside, mass / self._area, 0.0).log() + 0 * x.sum(-1)

    def _entropy(self) -> float:
        return math.log(self._area) + float(torch.special.entr(self._masses).sum())


class Checkerboard(Tiles):
    """Every other square of a board, uniform: entropy = log of the filled area.

    half_width  the board is [-half_width, half_width)^2
    cells       squares a side; the one at the lower left is filled

    The defaults are FFJORD's: [-4, 4)^2 in 4 x 4 squares, entropy log 32.
    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "checkerboard"

    def __init__(self, half_width: float = 4.0, cells: int = 4) -> None:
        check_positive(half_width=half_width)
        self.half_width, self.cells = half_width, positive_integer("cells", cells)
        index = torch.arange(self.cells)
        filled = (index[:, None] + index + 1) % 2
        super().__init__(filled, ((-half_width, half_width), (-half_width, half_width)))

    def _parameters(self) -> dict[str, Any]:
        return {"half_width": self.half_width, "cells": self.cells}


class Corners(Tiles):
    """Four L-shaped corners, their elbows towards the origin, the benchmark of SurVAE.

    In each quadrant two bars of 1 x 3, standing and lying, start at (1, 1) and share their first
    square, which is twice as dense: entropy = log 24 - (log 2) / 3 = 2.947 nats.

    Nielsen et al., "SurVAE Flows", 2020, arXiv 2007.02731 (toy data).
    """

    name = "corners"

    def __init__(self) -> None:
        quadrant = torch.zeros(4, 4)
        quadrant[1:, 1] += 1
        quadrant[1, 1:] += 1
        upper = torch.cat([quadrant.flip(1), quadrant], dim=1)
        super().__init__(torch.cat([upper.flip(0), upper]), ((-4.0, 4.0), (-4.0, 4.0)))

    def _parameters(self) -> dict[str, Any]:
        return {}


def _rounded_inside(points: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Points in float32, moved back by one step where rounding took them out of [low, high)."""
    rounded = points.float()
    outside = (rounded < low) | (rounded >= high)
    inward = torch.nextafter(rounded, ((low + high) / 2).float())
    return torch.where(outside, inward, rounded)
