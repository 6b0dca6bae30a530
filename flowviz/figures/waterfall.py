"""A ledger as bars: every term from the sum before it to the sum after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .page import Page
from .theme import Theme

_LEFT, _RIGHT = 34, 60  # room for the ticks and for the sum
_WIDEST = 36  # of a bar: a ledger of few terms does not fill the width


def waterfall(
    page: Page,
    box: tuple[int, int, int, int],
    terms: Sequence[float],
    columns: Sequence[str],
    total: str,
    theme: Theme,
) -> None:
    """Draws terms, in order, in the colours of their columns ("base", "volume", ...).

    box: x, y, width and height of the bars with their ticks (left) and the words of the sum
    (right); the names of the columns stand in the 26 pixels below it.
    """
    x, top, width, height = box
    sums = np.concatenate([[0.0], np.cumsum(terms)])
    low, high = float(sums.min()), float(sums.max())
    left, each = x + _LEFT, min(_WIDEST, (width - _LEFT - _RIGHT) / len(terms))

    def y(value: float) -> float:
        return top + height * (high - value) / ((high - low) or 1.0)

    for tick in _ticks(low, high):
        page.box(left, y(tick), each * len(terms), 0, "none", theme.line)
        words = str(round(tick)).replace("-", "−")
        page.text(left - 6, y(tick) + 4, words, theme.mute, 11, ha="right")
    for k, column in enumerate(columns):
        upper, lower = sorted((y(sums[k]), y(sums[k + 1])))
        colour = getattr(theme, column)
        size = max(1, each - 1), max(1, lower - upper)
        page.box(left + k * each + 0.5, upper, *size, colour, colour)
    page.text(left + each * len(terms) + 8, y(sums[-1]) + 4, total, theme.ink, 13)
    _legend(page, left, top + height + 24, columns, theme)


def _legend(page: Page, x: float, y: float, columns: Sequence[str], theme: Theme) -> None:
    for column in ("base", "volume", "decoder", "encoder"):
        if column in columns:
            page.text(x, y, column, getattr(theme, column), 12.5)
            x += page.measure(column, 12.5) + 18


def _ticks(low: float, high: float) -> np.ndarray:
    """Round whole places from one end to the other, at most six."""
    rounds = (m * 10.0**p for p in range(300) for m in (1, 2, 5))
    step = next(one for one in rounds if (high - low) / one < 6)
    return step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
