"""The at most 256 colours of a picture, chosen from its theme rather than counted in its pixels.

A rare colour, such as one word in the colour of its ledger column, so never drowns; the same
pixels give the same bytes.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .images import heat_colours
from .theme import Theme, rgb

_TEXTS = {"ink": 12, "mute": 12, "base": 8, "volume": 8, "decoder": 6, "encoder": 6, "accent": 6}
_RAMP, _COARSE = 104, 13  # steps of the density's colours: bare, and under dots and lines
_GREYS, _HEAT, _BACK = 112, 56, 20  # of images: themselves, bits that pixels cost, and give back


class Palette:
    """Colours (at most 256, 3): text on paper, and density with dots and grid lines, or grey images
    with heat on them (`images`)."""

    def __init__(self, theme: Theme, images: bool = False) -> None:
        paper = np.array([rgb(theme.paper)])
        flat = np.array([rgb(theme.line), rgb(theme.soft)])
        texts = [_blend(paper, getattr(theme, n), np.linspace(0, 1, k)) for n, k in _TEXTS.items()]
        parts = [paper, flat, *texts, *(_of_images(theme) if images else _of_density(theme))]
        self.colours = np.unique(np.rint(np.concatenate(parts)).astype(np.uint8), axis=0)

    def png(self, pixels: np.ndarray) -> bytes:
        """PNG of pixels (H, W, 3), bytes."""
        out = io.BytesIO()
        self.image(pixels).save(out, "PNG", optimize=True)
        return out.getvalue()

    def image(self, pixels: np.ndarray) -> Image.Image:
        """Pixels (H, W, 3), bytes, each in the nearest colour of the palette."""
        image = Image.fromarray(self.nearest(pixels))
        image.putpalette(self.colours.tobytes())
        return image

    def nearest(self, pixels: np.ndarray) -> np.ndarray:
        """Index of the nearest colour, bytes, for colours (..., 3)."""
        codes = pixels.astype(np.int64) @ np.array([65536, 256, 1])
        seen, places = np.unique(codes, return_inverse=True)
        colours = np.stack([seen >> 16, seen >> 8 & 255, seen & 255], axis=-1).astype(np.float32)
        own = self.colours.astype(np.float32)
        # |a - b|^2 without |a|^2, which is the same for every b.
        distance = (own**2).sum(1) - 2 * colours @ own.T
        return distance.argmin(1).astype(np.uint8)[places].reshape(codes.shape)


def _of_density(theme: Theme) -> list[np.ndarray]:
    ground = theme.ramp(_COARSE)
    dots = _blend(ground, theme.particle, theme.particle_opacity * np.array([0.3, 0.6, 1.0]))
    both = _blend(ground, theme.particle, [0.93])
    lines = _blend(ground, theme.ink, theme.grid_opacity * np.array([0.5, 1.0, 1.8]))
    return [theme.ramp(_RAMP), dots, both, lines]


def _of_images(theme: Theme) -> list[np.ndarray]:
    greys = np.linspace(0, 255, _GREYS)[:, None].repeat(3, 1)
    back = heat_colours(-np.linspace(0, 1, _BACK), theme)
    return [greys, theme.ramp(_HEAT), back]


def _blend(ground: np.ndarray, colour: str, opacities) -> np.ndarray:
    """Colours (G * O, 3): every ground under a colour of every opacity."""
    opacity = np.asarray(opacities, dtype=float)[:, None, None]
    return (ground + opacity * (np.array(rgb(colour)) - ground)).reshape(-1, 3)
