"""Tables in plain text, as a flow and a ledger print themselves."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from .layer import Layer, size_name


def learned(module: nn.Module) -> int:
    """How many numbers it learns; a rotation that is fixed has none."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def layer_row(number: int, layer: Layer) -> tuple[str, ...]:
    """What a flow's table says of a layer: its number, name, shapes, kind, columns, size."""
    shape = f"{size_name(layer.data_shape)} -> {size_name(layer.latent_shape)}"
    drawn = "estimate" if layer.estimated else "bound"
    kind = layer.kind if layer.exact else f"{layer.kind}, {drawn}"
    numbers = f"{learned(layer):,}"
    return str(number), layer.title, shape, kind, " + ".join(layer.columns), numbers


def aligned(rows: list[tuple[str, ...]], words: int) -> list[str]:
    """Rows in columns: the first `words` to the left, numbers after them to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_cells(row, widths, words)).rstrip() for row in rows]


def _cells(row: tuple[str, ...], widths: list[int], words: int) -> Iterator[str]:
    for k, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if k < words else cell.rjust(width)
