"""Mass on a mesh -> density in pixels, exactly.

Every cell is two triangles of constant density mass / area. A pixel's value is the integral of
the density over it, summed as font rasterisers do: each edge adds, row by row, the signed area
to its right, weighted by the jump in density across the edge; a running sum along each row then
gives the density. So shared edges are painted once, cells thinner than a pixel keep their mass,
and folded cells add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..trace import Mesh, Trace

_POINT_AREA = 1e-6  # square pixels below which a cell is put down as a point


@dataclass(frozen=True)
class Window:
    """A square of the plane (center, half width `radius`) seen through pixels x pixels."""

    center: tuple[float, float]
    radius: float
    pixels: int

    @classmethod
    def of(cls, trace: Trace, position: float, pixels: int) -> Window:
        """The window of a trace at a position."""
        x, y = trace.tween(trace.center, position)
        return cls((float(x), float(y)), float(trace.tween(trace.radius, position)), pixels)

    @property
    def scale(self) -> float:
        """Pixels in one unit of the plane."""
        return self.pixels / (2 * self.radius)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the plane in pixels from the upper left corner, y downwards."""
        offset = (np.asarray(points) - self.center) * self.scale
        return np.stack([offset[..., 0], -offset[..., 1]], axis=-1) + self.pixels / 2


def rasterise(mesh: Mesh, corners: np.ndarray, window: Window) -> np.ndarray:
    """Density (pixels, pixels), mass per unit of area of the plane, upper row first."""
    side = len(mesh.mass) + 1
    c = window.project(corners).reshape(side, side, 2)
    first, second = _areas(c)
    area = abs(first) + abs(second)
    spread = area > _POINT_AREA
    density = np.where(spread, mesh.mass / np.where(spread, area, 1.0), 0.0)
    weights = np.sign(first) * density, np.sign(second) * density
    pixels = _accumulate(*_edges(c, *weights), window.pixels).clip(min=0)
    points = _points(c[:-1, :-1][~spread], mesh.mass[~spread], window.pixels)
    return (pixels + points) * window.scale**2


def _areas(c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed areas of the two triangles of every cell."""
    a, b, d, e = c[:-1, :-1], c[:-1, 1:], c[1:, :-1], c[1:, 1:]
    return _cross(b - a, e - a) / 2, _cross(e - a, d - a) / 2


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def _edges(c: np.ndarray, first: np.ndarray, second: np.ndarray):
    """Start (E, 2), end (E, 2) and jump (E,) of the edges across which the density changes."""
    nothing = np.zeros((1, len(first)))
    along = np.concatenate([first, nothing]) - np.concatenate([nothing, second])
    across = np.hstack([nothing.T, first]) - np.hstack([second, nothing.T])
    parts = [
        (c[:, :-1], c[:, 1:], along),
        (c[:-1], c[1:], across),
        (c[:-1, :-1], c[1:, 1:], second - first),
    ]
    start, end, jump = (
        np.concatenate([p[i].reshape(-1, *p[i].shape[2:]) for p in parts]) for i in range(3)
    )
    kept = jump != 0
    return start[kept], end[kept], jump[kept]


def _accumulate(start: np.ndarray, end: np.ndarray, jump: np.ndarray, size: int) -> np.ndarray:
    """Pixels (size, size) from directed edges: see the module's docstring."""
    row, x0, x1, weight = _split_rows(start, end, jump, size)
    row, x0, x1, weight = _split_columns(row, x0, x1, weight, size)
    column = np.clip(np.floor((x0 + x1) / 2), 0, size).astype(np.int64)
    beyond = np.clip((x0 + x1) / 2 - column, 0, 1)  # of the pixel's width, left of the edge
    at = row * (size + 2) + column
    sums = np.bincount(at, weight * (1 - beyond), minlength=size * (size + 2))
    sums += np.bincount(at + 1, weight * beyond, minlength=size * (size + 2))
    return np.cumsum(sums.reshape(size, size + 2), axis=1)[:, :size]


def _split_rows(start: np.ndarray, end: np.ndarray, jump: np.ndarray, size: int):
    """Pieces within one row: row, the two x, and weight = jump times signed height."""
    downwards = end[:, 1] > start[:, 1]
    upper = np.where(downwards[:, None], start, end)
    lower = np.where(downwards[:, None], end, start)
    low, high = np.clip(upper[:, 1], 0, size), np.clip(lower[:, 1], 0, size)
    first = np.floor(low).astype(np.int64)
    edge, k = _repeat(np.where(high > low, np.ceil(high).astype(np.int64) - first, 0))
    row = first[edge] + k
    y0, y1 = np.maximum(low[edge], row), np.minimum(high[edge], row + 1)
    u, v = upper[edge], lower[edge]
    slope = (v[:, 0] - u[:, 0]) / (v[:, 1] - u[:, 1])
    weight = np.where(downwards, -jump, jump)[edge] * (y1 - y0)
    return row, u[:, 0] + slope * (y0 - u[:, 1]), u[:, 0] + slope * (y1 - u[:, 1]), weight


def _split_columns(row: np.ndarray, x0: np.ndarray, x1: np.ndarray, weight: np.ndarray, size: int):
    """Pieces within one pixel; all that lies beyond the left or right border is one piece."""
    low, high = np.minimum(x0, x1), np.maximum(x0, x1)
    first = np.floor(np.clip(low, -1, size)).astype(np.int64)
    last = np.ceil(np.clip(high, 0, size + 1)).astype(np.int64)
    count = np.maximum(last - first, 1)
    piece, k = _repeat(count)
    left = np.where(k == 0, low[piece], first[piece] + k)
    right = np.where(k == count[piece] - 1, high[piece], first[piece] + k + 1)
    width = (high - low)[piece]
    share = np.where(count[piece] > 1, (right - left) / np.where(width > 0, width, 1), 1)
    return row[piece], left, right, weight[piece] * share


def _repeat(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the owner of each of sum(count) pieces, and the piece's number at its owner."""
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) - (np.cumsum(count) - count)[owner]


def _points(at: np.ndarray, mass: np.ndarray, size: int) -> np.ndarray:
    inside = ((at >= 0) & (at < size)).all(-1)
    column, row = at[inside].astype(np.int64).T
    return np.bincount(row * size + column, mass[inside], minlength=size**2).reshape(size, size)
