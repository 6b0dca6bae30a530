"""A page of exact pixels to draw text, lines and pictures on, drawn by matplotlib's Agg canvas.

Nothing here reads or sets matplotlib's global state: every property is given.
"""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox, IdentityTransform

_DPI = 72  # so that a point of text is a pixel


class Page:
    """A page of width x height pixels; (0, 0) is its upper left corner, y runs downwards."""

    def __init__(self, width: int, height: int, paper: str) -> None:
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=paper)
        self._canvas = FigureCanvasAgg(self._figure)

    def text(
        self, x: float, y: float, content: str, colour: str, size: float = 12, **style
    ) -> None:
        """Text whose baseline is at y; style: ha, va, weight, as matplotlib's Text takes them."""
        style = {"ha": "left", "va": "baseline", "family": "DejaVu Sans", **style}
        text = Text(x, self.height - y, content, color=colour, size=size, **style)
        text.set(usetex=False, parse_math=False, transform=IdentityTransform())
        self._figure.add_artist(text)

    def measure(self, content: str, size: float = 12, **style) -> float:
        """Width in pixels that a text will take."""
        text = Text(0, 0, content, size=size, **{"family": "DejaVu Sans", **style})
        text.set(usetex=False, parse_math=False, figure=self._figure)
        return text.get_window_extent(self._canvas.get_renderer()).width

    def picture(self, x: int, y: int, pixels: np.ndarray) -> None:
        """Pixels (H, W, 3), bytes, with their upper left corner at (x, y)."""
        self._figure.figimage(
            pixels, x, self.height - y - len(pixels), origin="upper", resize=False
        )

    def lines(self, lines: np.ndarray, colour: str, width: float, opacity: float, box=None) -> None:
        """Polylines (K, P, 2); box = (x, y, width, height) clips them."""
        flipped = np.stack([lines[..., 0], self.height - lines[..., 1]], axis=-1)
        drawn = LineCollection(
            flipped, colors=colour, linewidths=width, alpha=opacity, transform=IdentityTransform()
        )
        if box is not None:
            x, y, w, h = box
            drawn.set_clip_box(Bbox.from_bounds(x, self.height - y - h, w, h))
        self._figure.add_artist(drawn, clip=box is None)

    def box(self, x: float, y: float, width: float, height: float, fill: str, edge: str) -> None:
        """A rectangle with a hairline edge; fill "none" leaves it open."""
        corner = (x, self.height - y - height)
        drawn = Rectangle(
            corner, width, height, facecolor=fill, edgecolor=edge, linewidth=1, antialiased=False
        )
        drawn.set_transform(IdentityTransform())
        self._figure.add_artist(drawn)

    def pixels(self) -> np.ndarray:
        """The page (height, width, 3), bytes."""
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()
