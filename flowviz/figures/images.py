"""Images, and what each pixel of them costs, as exact pixels of a page."""

from __future__ import annotations

import numpy as np

from .theme import Theme, rgb


def enlarged(pixels: np.ndarray, zoom: int) -> np.ndarray:
    """(H, W, ...) with every pixel `zoom` pixels a side."""
    return pixels.repeat(zoom, 0).repeat(zoom, 1)


def colours_of(image: np.ndarray) -> np.ndarray:
    """An image (C, H, W), bytes, as colours (H, W, 3): one channel is grey."""
    return np.moveaxis(image if len(image) == 3 else image.repeat(3, 0), 0, -1)


def heat_colours(values: np.ndarray, theme: Theme) -> np.ndarray:
    """Colours (..., 3), bytes, of numbers in [-1, 1]: green, paper, then the density's blues.

    What is beyond looks as the end of the scale does.
    """
    blues, green = theme.ramp(256), np.array(rgb(theme.volume))
    at = np.clip(np.abs(values), 0, 1)
    below = blues[0] + at[..., None] * (green - blues[0])
    above = blues[np.rint(255 * at).astype(int)]
    return np.rint(np.where(values[..., None] < 0, below, above)).astype(np.uint8)
