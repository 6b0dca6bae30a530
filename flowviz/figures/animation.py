"""A trace as a GIF: true frames along the layers' paths, with a rest at every layer."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from ..trace import Trace
from .page import Page
from .palette import Palette
from .panel import cover, direction_of, dot_style, shade
from .raster import Window
from .theme import Theme, rgb, theme_of

_SIZE, _LEFT, _TOP = 480, 20, 56  # of the picture, pixels
_STRIP, _BELOW = 30, 78  # the layers' names under it
_TICK = 60  # milliseconds a frame
_REST, _LONG_REST = 600, 1600  # at a layer, and at both ends
_MOST_FRAMES, _FRAMES_A_LAYER = 72, 18
_DOTS = 800
_SHADES, _COVERS, _LINES = 40, 4, 3  # steps of density, dots and grid in one pixel


def animation(trace: Trace, *, dark: bool = False, direction: str = "normalize") -> bytes:
    """GIF that plays forever, 520 pixels wide, about 17 frames a second.

    Every frame is a pushforward of the density, as the trace tweens it: no cross-fades. It rests
    at every layer, longer at both ends. direction: "normalize" (data to latent) or "generate"
    (latent to data). The same trace gives the same bytes.
    """
    film = _Film(trace, theme_of(dark), direction)
    frames, rests = [], []
    for position, rest in _schedule(trace, film.backwards):
        frames.append(film.frame(position))
        rests.append(rest)
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=rests, loop=0, optimize=False
    )
    return out.getvalue()


def _schedule(trace: Trace, backwards: bool) -> list[tuple[float, int]]:
    """(position, milliseconds) of every frame."""
    layers = len(trace.steps)
    count = max(6, min(_FRAMES_A_LAYER, _MOST_FRAMES // layers))
    moments = [(0.0, _LONG_REST)]
    for number, step in enumerate(trace.steps):
        inside = [] if step.cut else np.arange(1, count) / count
        moments += [(number + tau**2 * (3 - 2 * tau), _TICK) for tau in inside]
        moments.append((number + 1.0, _REST if number + 1 < layers else _LONG_REST))
    return moments[::-1] if backwards else moments


class _Film:
    """What all frames share, and how one is made."""

    def __init__(self, trace: Trace, theme: Theme, direction: str) -> None:
        self.trace, self.theme, self.palette = trace, theme, Palette(theme)
        self.cloud, self.grid, self.backwards = direction_of(trace, direction)
        self.top = trace.top()
        self.colours = self.palette.nearest(_mixtures(theme))
        self.still = self.palette.nearest(self.furniture().pixels())

    def furniture(self) -> Page:
        """Title and layer names."""
        theme, trace = self.theme, self.trace
        page = Page(_SIZE + 2 * _LEFT, _TOP + _SIZE + _BELOW, theme.paper)
        page.text(_LEFT, 34, trace.title, theme.ink, 16, weight="bold")
        way = "generate" if self.backwards else "normalize"
        page.text(_LEFT + _SIZE, 34, way, theme.mute, 12.5, ha="right")
        page.box(_LEFT - 1, _TOP - 1, _SIZE + 1, _SIZE + 1, "none", theme.line)
        for number, step in enumerate(trace.steps, 1):
            self.name(page, number, step.title)
        return page

    def name(self, page: Page, number: int, title: str) -> None:
        """A layer's well in the strip; its title only where there is room."""
        x, width = self.place(number - 1), _SIZE / len(self.trace.steps) - 3
        page.box(x, _TOP + _SIZE + 20, width, _STRIP, self.theme.soft, self.theme.soft)
        words = f"{number}  {title}"
        words = words if page.measure(words, 11.5) < width - 12 else str(number)
        page.text(x + 7, _TOP + _SIZE + 39, words, self.theme.ink, 11.5)

    def place(self, position: float) -> float:
        """Where a position lies along the strip; latent to data runs from right to left there."""
        share = position / len(self.trace.steps)
        return _LEFT + share * _SIZE

    def frame(self, position: float) -> Image.Image:
        """The picture at a position in [0, number of layers]."""
        page = self.still.copy()
        page[_TOP : _TOP + _SIZE, _LEFT : _LEFT + _SIZE] = self.picture(position)
        head, top = round(self.place(position)), _TOP + _SIZE + 16
        accent = self.palette.nearest(np.array([rgb(self.theme.accent)]))
        page[top : top + _STRIP + 9, max(head - 1, 0) : head + 2] = accent
        image = Image.fromarray(page)
        image.putpalette(self.palette.colours.tobytes())
        return image

    def picture(self, position: float) -> np.ndarray:
        """Palette indices (_SIZE, _SIZE)."""
        points = self.trace.tween(self.cloud.points, position)[:_DOTS]
        diameter, opacity = dot_style(len(points))
        window = Window.of(self.trace, position, _SIZE)
        dots = cover(points, diameter, opacity, window)
        lines = _draw(window.project(self.trace.tween(self.grid, position)), _SIZE)
        shades = shade(self.trace, position, window, self.top)
        return self.colours[
            np.rint((_SHADES - 1) * shades).astype(np.intp),
            np.rint((_COVERS - 1) * dots).astype(np.intp),
            np.rint((_LINES - 1) * lines).astype(np.intp),
        ]


def _mixtures(theme: Theme) -> np.ndarray:
    """Colours (_SHADES, _COVERS, _LINES, 3): grid lines over dots over density."""
    ground = theme.ramp(_SHADES)[:, None, None]
    dots = theme.particle_opacity * np.linspace(0, 1, _COVERS)[:, None, None]
    ground = ground + dots * (np.array(rgb(theme.particle)) - ground)
    lines = theme.grid_opacity * np.linspace(0, 1, _LINES)[:, None]
    return np.rint(ground + lines * (np.array(rgb(theme.ink)) - ground))


def _draw(lines: np.ndarray, size: int) -> np.ndarray:
    """What share of every pixel polylines (K, P, 2) of width 1 hide."""
    mask = Image.new("L", (2 * size, 2 * size))
    pen = ImageDraw.Draw(mask)
    for line in 2 * lines.clip(-size, 2 * size):
        pen.line(line.ravel().tolist(), fill=255, width=2)
    return np.asarray(mask.reduce(2)) / 255
