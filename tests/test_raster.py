"""Density in pixels: a cell's mass lies in the pixels that it covers, all of it."""

from __future__ import annotations

import numpy as np
import pytest

from flowviz.figures.panel import cover
from flowviz.figures.raster import Window, rasterise
from flowviz.trace import Mesh


def one_cell(corners: list[tuple[float, float]], mass: float = 1.0) -> tuple[Mesh, np.ndarray]:
    """A mesh of a single quadrilateral a, b, e, d (around its border)."""
    a, b, e, d = corners
    points = np.array([a, b, d, e], dtype=float)
    return Mesh(points[None], np.array([[mass]])), points


def sampled(triangles: list[np.ndarray], window: Window, fine: int = 24) -> np.ndarray:
    """How much of every pixel the triangles cover, by fine x fine points in each."""
    at = (np.arange(window.pixels * fine) + 0.5) / fine / window.scale - window.radius
    x, y = np.meshgrid(at + window.center[0], window.center[1] - at)
    inside = np.zeros(x.shape)
    for p, q, r in triangles:
        sides = [
            (t[0] - s[0]) * (y - s[1]) - (t[1] - s[1]) * (x - s[0])
            for s, t in ((p, q), (q, r), (r, p))
        ]
        inside += np.all(np.array(sides) >= 0, 0) | np.all(np.array(sides) <= 0, 0)
    return inside.reshape(window.pixels, fine, window.pixels, fine).mean((1, 3))


@pytest.mark.parametrize(
    "corners",
    [
        [(-0.62, -0.71), (0.83, -0.4), (0.55, 0.9), (-0.3, 0.48)],  # convex
        [(-0.62, -0.71), (-0.3, 0.48), (0.55, 0.9), (0.83, -0.4)],  # turned over
        [(-0.8, -0.8), (0.8, 0.7), (0.8, -0.7), (-0.8, 0.75)],  # crossed
        [(-3.0, -0.2), (0.4, -2.5), (2.8, 0.3), (-0.1, 3.1)],  # reaching out of the window
        [(-0.9, 0.11), (0.9, 0.12), (0.9, 0.13), (-0.9, 0.118)],  # thinner than a pixel
    ],
)
def test_a_cells_pixels_are_its_area(corners) -> None:
    window = Window((0.0, 0.0), 1.0, 16)
    mesh, points = one_cell(corners)
    a, b, d, e = points
    covered = sampled([np.array([a, b, e]), np.array([a, e, d])], window)
    expected = covered * mesh.density(points)[0, 0]
    shown = rasterise(mesh, points, window)
    assert np.abs(shown - expected).max() < 0.05 * mesh.density(points).max()


def test_thin_far_and_tiny_cells_keep_their_mass() -> None:
    window = Window((0.0, 0.0), 10.0, 20)
    for size in (3.0, 1e-2, 1e-5, 1e-12, 0.0):
        mesh, points = one_cell([(1.2, 1.1), (1.2 + size, 1.1), (1.2 + size, 4.3), (1.2, 4.3)], 0.7)
        assert rasterise(mesh, points, window).sum() / window.scale**2 == pytest.approx(0.7)
    mesh, points = one_cell([(11, 11), (12, 11), (12, 12), (11, 12)])
    assert rasterise(mesh, points, window).max() == 0


def test_a_hair_lies_in_all_the_pixels_that_it_crosses() -> None:
    window = Window((0.0, 0.0), 10.0, 20)
    mesh, points = one_cell([(1.2, 1.1), (1.2 + 1e-5, 1.1), (1.2 + 1e-5, 4.3), (1.2, 4.3)])
    column = rasterise(mesh, points, window)[:, 11]
    assert column[5:9] == pytest.approx(np.array([0.3, 1, 1, 0.9]) / 3.2)


def test_neighbours_leave_no_seam() -> None:
    """A square cut into skewed cells of equal density is flat inside."""
    rng = np.random.default_rng(0)
    side = np.linspace(-1, 1, 9)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), -1)
    grid[1:-1, 1:-1] += rng.uniform(-0.08, 0.08, (7, 7, 2))
    corners = grid.reshape(-1, 2)
    area = Mesh(corners[None], np.ones((8, 8))).area(corners)
    shown = rasterise(Mesh(corners[None], area), corners, Window((0.0, 0.0), 0.9, 64))
    assert np.abs(shown - 1).max() < 1e-9


def test_folded_cells_add_up() -> None:
    """Two cells folded onto each other: the density is the sum."""
    corners = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)], dtype=float)
    corners = np.concatenate([corners, corners[:3]])  # 3 x 3 corners; the last row folds again
    mesh = Mesh(corners[None], np.full((2, 2), 0.0))
    mesh.mass[:, 0] = 1.0
    shown = rasterise(mesh, corners, Window((0.0, 0.0), 2.0, 8))
    assert shown.sum() / Window((0.0, 0.0), 2.0, 8).scale ** 2 == pytest.approx(2.0)


def test_upper_row_is_up() -> None:
    mesh, points = one_cell([(0, 1), (1, 1), (1, 2), (0, 2)])
    shown = rasterise(mesh, points, Window((0.0, 0.0), 2.0, 4))
    assert shown[0, 2] == pytest.approx(1) and shown.sum() == pytest.approx(1)


def test_dots_cover_their_area() -> None:
    window = Window((0.0, 0.0), 1.0, 40)
    covered = cover(np.array([[0.013, -0.31]]), 6.0, 1.0, window)
    assert covered.sum() == pytest.approx(np.pi * 9, rel=0.05)
    row, column = np.unravel_index(covered.argmax(), covered.shape)
    assert abs(row - 26) <= 2 and abs(column - 20) <= 2
    assert cover(np.full((5, 2), 0.5), 4.0, 0.5, window).max() == pytest.approx(1 - 0.5**5)
