"""Stills of image studies, as PNG bytes: rows of images, the ledger's bars, where the bits go.

A picture knows arrays and accounts, no flow: what `latents`, `ledgers` and `pixels` return.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from ..figures.account import plain, signed
from ..figures.images import colours_of, enlarged, heat_colours
from ..figures.page import Page
from ..figures.theme import Theme, theme_of
from ..layer import COLUMNS
from .ledgers import AverageLedger
from .pixels import PixelBits

_MARGIN, _GAP = 24, 6


def image_rows(
    rows: Mapping[str, Tensor], title: str = "", *, zoom: int = 2, dark: bool = False
) -> bytes:
    """PNG: a labelled row of images (N, C, H, W), bytes, for every entry, as many in each.

    zoom: how many pixels a side each pixel of an image takes. What `reconstructions`,
    `generations`, `temperatures` and `interpolation` of `latents` return.
    """
    theme = theme_of(dark)
    counts = {len(images) for images in rows.values()}
    if len(counts) != 1:
        raise ValueError(f"expected rows of equally many images, got {sorted(counts)}")
    grids = {name: [_tile(image, zoom) for image in images] for name, images in rows.items()}
    height, width = next(iter(grids.values()))[0].shape[:2]
    labels = 2 * _MARGIN + _widest(rows, theme)
    top = _MARGIN + (34 if title else 0)
    page = Page(
        labels + counts.pop() * (width + _GAP) + _MARGIN,
        top + len(rows) * (height + _GAP) + _MARGIN,
        theme.paper,
    )
    page.text(_MARGIN, _MARGIN + 16, title, theme.ink, 16, weight="bold")
    for place, (name, tiles) in enumerate(grids.items()):
        y = top + place * (height + _GAP)
        page.text(_MARGIN, y + height / 2, name, theme.ink, 13, va="center")
        for k, tile in enumerate(tiles):
            page.picture(labels + k * (width + _GAP), y, tile)
    return _png(page.pixels())


def heat_maps(bits: PixelBits, images: Tensor, title: str = "", *, zoom: int = 4,
              dark: bool = False) -> bytes:  # fmt: skip
    """PNG: images (N, C, H, W), bytes, and below each where its bits go, with its bits/dim.

    Blue pixels cost bits, green ones give some back. One scale for all: its end is the 99.5th
    percentile of what is shown, and says that more looks the same.
    """
    if bits.values.shape != images.shape:
        raise ValueError(f"expected images {tuple(bits.values.shape)}, got {tuple(images.shape)}")
    theme, maps = theme_of(dark), bits.maps.numpy()
    top_bits = max(float(np.quantile(np.abs(maps), 0.995)), 1e-9)
    tiles = [_tile(image, zoom) for image in images]
    height, width = tiles[0].shape[:2]
    page = Page(
        max(2 * _MARGIN + len(tiles) * (width + _GAP), 460),
        _MARGIN + 40 + 2 * (height + _GAP) + 84, theme.paper,
    )  # fmt: skip
    page.text(_MARGIN, _MARGIN + 16, title or "Where the bits go", theme.ink, 16, weight="bold")
    y = _MARGIN + 40
    for k, (tile, heat) in enumerate(zip(tiles, maps, strict=True)):
        x = _MARGIN + k * (width + _GAP)
        page.picture(x, y, tile)
        page.picture(x, y + height + _GAP, enlarged(heat_colours(heat / top_bits, theme), zoom))
        page.box(x, y + height + _GAP, width, height, "none", theme.line)
        words = f"{float(bits.bits_per_dim[k]):.2f} bits/dim"
        page.text(x + width / 2, y + 2 * height + _GAP + 18, words, theme.ink, 12, ha="center")
    _scale(page, y + 2 * height + _GAP + 42, min(float(maps.min()), 0.0), top_bits, theme)
    return _png(page.pixels())


def ledger_bars(account: AverageLedger, title: str = "", *, dark: bool = False) -> bytes:
    """PNG: what every layer adds to the bits/dim, latent side first, in the ledger's colours.

    Bars to the right cost bits, bars to the left give some back; all together are the bits/dim on
    the last line. Layers that add nothing (a reshape) have no line.
    """
    theme = theme_of(dark)
    rows = [_parts(row, len(account.titles) - k + 1) for k, row in enumerate(account.rows())]
    rows = [(name, parts) for name, parts in rows if any(abs(v) > 5e-4 for _, v in parts)]
    return _png(_Bars(rows, account, title, theme).draw())


class _Bars:
    """Where the bars are on the page."""

    line, width = 24, 900

    def __init__(self, rows: list, account: AverageLedger, title: str, theme: Theme) -> None:
        self.rows, self.account, self.theme = rows, account, theme
        self.title = title or f"Which layer pays what: {account.data}"
        self.top = _MARGIN + 74
        self.page = Page(self.width, self.top + self.line * len(rows) + 62, theme.paper)
        low = min(sum(min(v, 0) for _, v in parts) for _, parts in rows)
        high = max(sum(max(v, 0) for _, v in parts) for _, parts in rows)
        names = max(self.page.measure(name, 12) for name, _ in rows)
        self.left, right = _MARGIN + names + 18, self.width - _MARGIN - 84
        self.unit = (right - self.left) / max(high - min(low, 0), 1e-9)
        self.zero = self.left - min(low, 0) * self.unit

    def draw(self) -> np.ndarray:
        page, theme = self.page, self.theme
        page.text(_MARGIN, _MARGIN + 16, self.title, theme.ink, 16, weight="bold")
        self.legend()
        for place, (name, parts) in enumerate(self.rows):
            self.bar(self.top + place * self.line, name, parts)
        foot = self.top + self.line * len(self.rows)
        page.box(self.zero, self.top - 8, 1, foot - self.top + 8, theme.line, theme.line)
        relation = "=" if self.account.likelihood == "exact" else "≤"
        words = f"−log2 P(x) / D  {relation}  {self.account.bits_per_dim:.3f} bits/dim"
        page.text(_MARGIN, foot + 32, words, theme.ink, 15, weight="bold")
        return page.pixels()

    def legend(self) -> None:
        x, used = float(_MARGIN), {column for _, parts in self.rows for column, _ in parts}
        for column in ("base", *COLUMNS):
            if column in used:
                colour = getattr(self.theme, column)
                self.page.box(x, _MARGIN + 32, 11, 11, colour, colour)
                self.page.text(x + 17, _MARGIN + 42, column, self.theme.ink, 12)
                x += 38 + self.page.measure(column, 12)
        self.page.text(x + 8, _MARGIN + 42, "bits/dim; left of the line: given back",
                       self.theme.mute, 12)  # fmt: skip

    def bar(self, y: float, name: str, parts: list[tuple[str, float]]) -> None:
        page, theme = self.page, self.theme
        page.text(_MARGIN, y + 12, name, theme.ink, 12)
        ends = {True: self.zero, False: self.zero}
        for column, value in parts:
            length = value * self.unit
            start = ends[value > 0]
            ends[value > 0] = start + length
            colour = getattr(theme, column)
            page.box(min(start, start + length), y + 2, abs(length), 13, colour, colour)
        total = sum(value for _, value in parts)
        told = plain(total) if name.startswith("base") else signed(total)
        page.text(self.width - _MARGIN, y + 12, told, theme.ink, 12, ha="right")


def _parts(row: Mapping[str, float | str], number: int) -> tuple[str, list[tuple[str, float]]]:
    """A line's name (layers are numbered as a flow's table numbers them) and its columns."""
    base = row["layer"] == "base"
    name = "base, −log2 p(z)" if base else f"{number}  {row['layer']}"
    return name, [(column, value) for column, value in row.items() if column != "layer"]


def _tile(image: Tensor, zoom: int) -> np.ndarray:
    """(C, H, W) bytes as pixels (zoom H, zoom W, 3): one channel is grey."""
    return enlarged(colours_of(image.cpu().numpy()), zoom)


def _scale(page: Page, y: int, low: float, top: float, theme: Theme) -> None:
    """The colours and their bits, down to what is shown or to -top."""
    low, more = max(low, -top), " and less" * (low < -top)
    width = 240
    strip = np.repeat(np.linspace(low / top, 1, width)[None], 12, axis=0)
    page.picture(_MARGIN, y, heat_colours(strip, theme))
    page.box(_MARGIN, y, width, 12, "none", theme.line)
    zero = -low / (top - low) * width
    if zero > 40:
        page.text(_MARGIN, y + 27, plain(low) + more, theme.mute, 11)
    page.text(_MARGIN + zero, y + 27, "0", theme.mute, 11, ha="center")
    page.text(_MARGIN + width, y + 27, f"{plain(top)} and more", theme.mute, 11, ha="center")
    page.text(_MARGIN + width + 14, y + 11, "bits a pixel", theme.mute, 11)


def _widest(names: Sequence[str] | Mapping[str, Tensor], theme: Theme) -> int:
    ruler = Page(10, 10, theme.paper)
    return int(max(ruler.measure(name, 13) for name in names))


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()
