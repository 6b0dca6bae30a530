"""One moment of a trace as coloured pixels: density, then dots."""

from __future__ import annotations

import numpy as np

from ..trace import Particles, Trace
from .raster import Window, rasterise
from .theme import Theme, rgb


def direction_of(trace: Trace, direction: str) -> tuple[Particles, np.ndarray, bool]:
    """Particles, grid (F, K, P, 2), and whether time runs from latent to data.

    "normalize" carries the data and a grid over them to the latent; "generate" carries the
    model's draws (the data, if it has none) and a grid over the latent to the data.
    """
    if direction not in ("normalize", "generate"):
        raise ValueError(f'expected direction "normalize" or "generate", got {direction!r}')
    if direction == "normalize":
        return trace.sets["data"], trace.grids["data"], False
    return trace.sets.get("model", trace.sets["data"]), trace.grids["latent"], True


def dot_style(count: int) -> tuple[float, float]:
    """Diameter in pixels and opacity: many particles are smaller and fainter."""
    crowd = min(1.0, 1500 / count)
    return max(1.2, 2.6 * crowd**0.18), max(0.2, crowd**0.2)


def shade(trace: Trace, position: float, window: Window, top: float) -> np.ndarray:
    """Place on the colour map, in [0, 1], of every pixel: the square root of density / top.

    Density and top (`Trace.top`) are those of a window of radius 1.
    """
    density = rasterise(trace.mesh, trace.corners(position), window) * window.radius**2
    return np.sqrt(np.minimum(density / top, 1.0))


def cover(points: np.ndarray, diameter: float, opacity: float, window: Window) -> np.ndarray:
    """What share of every pixel the discs around the points (N, 2) hide, (pixels, pixels)."""
    at, size = window.project(points), window.pixels
    reach = int(np.ceil(diameter / 2 + 0.5))
    near = np.stack(np.meshgrid(*2 * [np.arange(-reach, reach + 1)]), axis=-1).reshape(-1, 2)
    pixel = np.floor(at)[:, None] + near
    distance = np.linalg.norm(pixel + 0.5 - at[:, None], axis=-1)
    alpha = opacity * np.clip(diameter / 2 + 0.5 - distance, 0, 1)
    kept = ((pixel >= 0) & (pixel < size)).all(-1) & (alpha > 0)
    column, row = pixel[kept].astype(np.int64).T
    seen = np.ones((size, size))
    np.multiply.at(seen, (row, column), 1 - alpha[kept])
    return 1 - seen


def paint(shades: np.ndarray, covered: np.ndarray, theme: Theme) -> np.ndarray:
    """Pixels (pixels, pixels, 3), bytes."""
    ramp = theme.ramp(256)
    ground = ramp[np.rint(255 * shades).astype(np.int64)]
    dots = np.array(rgb(theme.particle))
    return np.rint(ground + covered[..., None] * (dots - ground)).astype(np.uint8)
