"""The results' picture: validation curves, and test figures beside the published ones."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ..figures.theme import LIGHT

if TYPE_CHECKING:
    from .rows import Row

_COLOURS = ("#2f4bd8", "#00735c", "#8e3b74", "#a15c00", "#667085", "#d65c00", "#1b2330")
_DASHES = ("-", "--", ":")
_FINE = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)  # ticks of a decade
_COARSE = (1, 3)
_EDGE = 9.0  # bits/dim; a file has 8. What is beyond is drawn as an arrow at the edge


def draw(rows: list[Row]) -> bytes:
    """PNG: on the left bits/dim of held-out images over hours, on the right the test figures."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row.figure]
    height = max(3.2, 1.4 + 0.34 * len(shown))
    figure = Figure(figsize=(11, height), layout="constrained", facecolor=LIGHT.paper)
    left, right = figure.subplots(1, 2)
    styles = {row.name: (_COLOURS[i % len(_COLOURS)], _DASHES[i // len(_COLOURS) % len(_DASHES)])
              for i, row in enumerate(shown)}  # fmt: skip
    _curves(left, shown, styles)
    _figures(right, shown, styles)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def _curves(axes, shown: list[Row], styles: dict[str, tuple[str, str]]) -> None:
    from matplotlib.ticker import LogLocator

    axes.set(xlabel="hours of training", ylabel="bits/dim, held-out images")
    _plain(axes)
    curves = [(row, *row.curve) for row in shown if row.curve[0]]
    if not curves:
        axes.annotate("no images were held out", (0.5, 0.5), xycoords="axes fraction", ha="center",
                      color=LIGHT.mute)  # fmt: skip
        return
    for row, hours, bits in curves:
        colour, dash = styles[row.name]
        axes.plot(hours, bits, color=colour, linestyle=dash, linewidth=1.6, label=row.name)
    axes.set(yscale="log", xscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(subs=_FINE if high < 10 * low else _COARSE))
        axis.set_major_formatter("{x:g}")  # 6, not 6 x 10^0
    axes.minorticks_off()


def _figures(axes, shown: list[Row], styles: dict[str, tuple[str, str]]) -> None:
    for place, row in enumerate(shown):
        bits, colour = row.figure["bits_per_dim"], styles[row.name][0]
        seen, off = min(bits, _EDGE), bits > _EDGE
        axes.plot(seen, place, ">" if off else "o", color=colour, markersize=7,
                  label="ours, mean of the test images" if place == 0 else None)  # fmt: skip
        if (median := row.figure.get("median")) is not None:
            axes.plot(median, place, "|", color=colour, markersize=13,
                      label="ours, the median image" if place == 0 else None)  # fmt: skip
        axes.annotate(f"{bits:,.3f}", (seen, place), (-7 if off else 7, 6), fontsize=8,
                      textcoords="offset points", ha="right" if off else "left")  # fmt: skip
        if row.published and row.published.figure is not None:
            axes.plot(row.published.figure, place, "D", markerfacecolor="none",
                      markeredgecolor=LIGHT.ink, markersize=7)  # fmt: skip
    axes.plot([], [], "D", markerfacecolor="none", markeredgecolor=LIGHT.ink, label="published")
    axes.set_yticks(range(len(shown)), [row.name for row in shown], fontsize=8)
    axes.set(xlabel="bits/dim", xlim=(0, _EDGE + 0.3), ylim=(len(shown) - 0.5, -0.5))
    axes.legend(frameon=False, fontsize=8)
    _plain(axes)


def _plain(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=LIGHT.line, linewidth=0.6)
    axes.tick_params(colors=LIGHT.mute, labelcolor=LIGHT.ink)
