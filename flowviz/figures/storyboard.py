"""A trace as one still picture: the density and the particles between the layers."""

from __future__ import annotations

import numpy as np

from ..trace import Trace
from .account import add_up, average_terms, plain, signed
from .page import Page
from .palette import Palette
from .panel import cover, direction_of, paint, shade
from .raster import Window
from .theme import Theme, theme_of

_WIDTH, _MARGIN, _GAP = 1400, 36, 56
_TOP, _BELOW = 108, 168  # heights over and under the panels
_MOST_PANELS, _WIDEST = 6, 460
_DOTS_A_PIXEL = 1.8  # of the panel's width: denser ones would hide the density


def storyboard(trace: Trace, *, dark: bool = False, direction: str = "normalize") -> bytes:
    """PNG, 1400 pixels wide: a panel for the data, for what leaves each layer, and for the latent.

    Of more than six such moments, six are shown. Under the panels stands the average account of
    the particles, in nats: what each layer adds from log p(z) on the latent side to log p(x).
    direction: "normalize" (data on the left) or "generate" (latent on the left). The same trace
    gives the same bytes.
    """
    theme = theme_of(dark)
    return Palette(theme).png(_Storyboard(trace, theme, direction).draw())


class _Storyboard:
    """Where things are on the page, and what they are drawn from."""

    def __init__(self, trace: Trace, theme: Theme, direction: str) -> None:
        self.trace, self.theme = trace, theme
        self.cloud, self.grid, self.backwards = direction_of(trace, direction)
        self.moments = _moments(len(trace.steps))
        if self.backwards:
            self.moments.reverse()
        count = len(self.moments)
        self.size = min(_WIDEST, (_WIDTH - 2 * _MARGIN - (count - 1) * _GAP) // count)
        self.left = (_WIDTH - count * self.size - (count - 1) * _GAP) // 2
        self.top = trace.top()
        self.page = Page(_WIDTH, _TOP + self.size + _BELOW, theme.paper)

    def draw(self) -> np.ndarray:
        """The page's pixels."""
        self.header()
        for x, moment in zip(self.panels(), self.moments, strict=True):
            self.panel(x, moment)
            self.titles(x, moment)
        self.ticks()
        self.arrows()
        self.account()
        self.sentence()
        return self.page.pixels()

    def panels(self) -> list[int]:
        """Left edges."""
        return [self.left + k * (self.size + _GAP) for k in range(len(self.moments))]

    def header(self) -> None:
        theme = self.theme
        self.page.text(self.left, 46, self.trace.title, theme.ink, 20, weight="bold")
        way = "latent → data, generate" if self.backwards else "data → latent, normalize"
        self.page.text(_WIDTH - self.left, 46, way, theme.mute, 14, ha="right")

    def panel(self, x: int, moment: int) -> None:
        page, theme, size = self.page, self.theme, self.size
        count = max(1, round(_DOTS_A_PIXEL * size))
        points = self.trace.tween(self.cloud.points, moment)[:count]
        window = Window.of(self.trace, moment, size)
        dots = cover(points, 2.1, theme.particle_opacity, window)
        shades = shade(self.trace, moment, window, self.top)
        page.picture(x, _TOP, paint(shades, dots, theme))
        grid = window.project(self.trace.tween(self.grid, moment)) + (x, _TOP)
        page.lines(grid, theme.ink, 0.6, theme.grid_opacity, (x, _TOP, size, size))
        page.box(x, _TOP, size, size, "none", theme.line)

    def titles(self, x: int, moment: int) -> None:
        head, tail = self.words(moment)
        room = self.size + _GAP - 12
        if self.page.measure(tail, 12.5) > room:
            tail = tail.split(",")[0]
        self.page.text(x, _TOP - 27, head, self.theme.ink, 14, weight="bold")
        self.page.text(x, _TOP - 10, tail, self.theme.mute, 12.5)

    def words(self, moment: int) -> tuple[str, str]:
        """What is seen, and how it came about."""
        name = {0: "data", len(self.trace.steps): "latent"}.get(moment)
        at = self.moments.index(moment)
        if at == 0:
            return name, self.trace.base if self.backwards else f"{len(self.cloud.base):,} points"
        first, last = sorted((moment, self.moments[at - 1]))
        verb = "undoing " if self.backwards else ""
        done = f"{verb}{_layers(first, last)}, {_titles(self.trace, first, last)}"
        return name or f"between layers {moment} and {moment + 1}", done

    def ticks(self) -> None:
        """Numbers under every panel, and upwards where a panel's window is not its neighbour's."""
        before = None
        for x, moment in zip(self.panels(), self.moments, strict=True):
            window = Window.of(self.trace, moment, self.size)
            step = _step(2 * window.radius / 5)
            for axis in (0, 1) if window != before else (0,):
                self.axis(x, window, axis, step)
            before = window

    def axis(self, x: int, window: Window, axis: int, step: float) -> None:
        centre = window.center[axis]
        low, high = centre - window.radius, centre + window.radius
        for value in step * np.arange(np.ceil(low / step), high / step + 1e-9):
            at = window.project(np.where(np.arange(2) == axis, value, window.center))[axis]
            spot = (x + at, _TOP + self.size + 16) if axis == 0 else (x - 6, _TOP + at + 4)
            side = "center" if axis == 0 else "right"
            self.page.text(*spot, _number(value, step), self.theme.mute, 10.5, ha=side)

    def arrows(self) -> None:
        middle = _TOP + self.size / 2
        for x in self.panels()[1:]:
            self.page.text(x - _GAP / 2, middle, "→", self.theme.mute, 24, ha="center", va="center")

    def account(self) -> None:
        """Running sums under the panels, the layers' terms between them."""
        terms, y = average_terms(self.trace, self.cloud), _TOP + self.size + 52
        base = float(self.cloud.base.mean())
        for x, moment in zip(self.panels(), self.moments, strict=True):
            running = base + sum(sum(t.values()) for t in terms[moment:])
            self.sum(x + self.size / 2, y, moment, running)
        for x, *ends in zip(self.panels()[1:], self.moments[1:], self.moments[:-1], strict=True):
            first, last = sorted(ends)
            label = _layers(first, last)
            label = f"{label} →" if self.backwards else f"← {label}"
            self.terms(x - _GAP / 2, y, label, add_up(terms[first:last]))

    def sum(self, x: float, y: float, moment: int, value: float) -> None:
        bound = "" if self.trace.exact else " ≥"
        last = len(self.trace.steps)
        label, colour = {
            0: (f"log p(x){bound}", self.theme.ink),
            last: ("base, log p(z)", self.theme.base),
        }.get(moment, ("running sum", self.theme.mute))
        weight = "bold" if moment == 0 else "normal"
        self.page.text(x, y, label, colour, 12, ha="center", weight=weight)
        self.page.text(x, y + 26, plain(value), colour, 19, ha="center", weight=weight)

    def terms(self, x: float, y: float, label: str, terms: dict[str, float]) -> None:
        self.page.text(x, y, label, self.theme.mute, 12, ha="center")
        for row, (column, value) in enumerate(terms.items()):
            colour = getattr(self.theme, column)
            self.page.text(x, y + 26 + 36 * row, signed(value), colour, 16, ha="center")
            self.page.text(x, y + 43 + 36 * row, column, colour, 11.5, ha="center")

    def sentence(self) -> None:
        """The same account as one coloured line of text."""
        theme, mean = self.theme, float(self.cloud.log_prob.mean())
        relation = "=" if self.trace.exact else "≥"
        words = [
            (f"On average, in nats:   {plain(mean)} log p(x)   {relation}   ", theme.ink),
            (f"{plain(float(self.cloud.base.mean()))} log p(z)", theme.base),
        ]
        for column, value in add_up(average_terms(self.trace, self.cloud)).items():
            words.append((f"   {signed(value)} {column}", getattr(theme, column)))
        if self.trace.entropy is not None:
            words.append((f"        entropy of the data {plain(self.trace.entropy)}", theme.mute))
        x, y = self.left, _TOP + self.size + _BELOW - 24
        for text, colour in words:
            self.page.text(x, y, text, colour, 13)
            x += self.page.measure(text, 13)


def _layers(first: int, last: int) -> str:
    """Layers first+1 .. last in words."""
    return f"layer {last}" if last == first + 1 else f"layers {first + 1}–{last}"


def _titles(trace: Trace, first: int, last: int) -> str:
    return " + ".join(dict.fromkeys(step.title for step in trace.steps[first:last]))


def _moments(layers: int) -> list[int]:
    """Boundaries to show: 0 is the data side, l what leaves layer l; at most six, evenly."""
    count = min(layers + 1, _MOST_PANELS)
    return [round(layers * k / (count - 1)) for k in range(count)]


def _step(wanted: float) -> float:
    """The round step (1, 2 or 5 times a power of ten) at or above the one wanted."""
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * next(k for k in (1, 2, 5, 10) if k * power >= wanted))


def _number(value: float, step: float) -> str:
    digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
