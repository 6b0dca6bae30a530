"""Which layer pays what: the likelihood ledger of a flow, averaged over a set of images."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from ..flow import Flow, seeded
from ..layer import COLUMNS
from .data import ImageSet
from .evaluate import batches, check_images, quiet, unpacked


@dataclass(frozen=True, eq=False, repr=False)
class AverageLedger:
    """Means over images and draws, in nats: `base` + all of `terms` = `total`, a mean of log P(x).

    titles, terms: of every layer, data side first; terms[k] maps the ledger columns that layer k
    fills to their means. dim: D of bits per dimension.
    """

    titles: list[str]
    terms: list[dict[str, float]]
    base: float
    dim: int
    images: int
    draws: int
    likelihood: str
    data: str

    @property
    def total(self) -> float:
        """Mean of log P(x) or its bound, nats."""
        return self.base + sum(sum(row.values()) for row in self.terms)

    @property
    def bits_per_dim(self) -> float:
        return self.bits(self.total)

    def bits(self, nats: float) -> float:
        """What a term costs: bits per dimension, so that a gain of likelihood is negative."""
        return -nats / (self.dim * math.log(2))

    def rows(self) -> list[dict[str, float | str]]:
        """Bits/dim for a table or a JSON file: the base, then every layer from the latent side."""
        rows: list[dict[str, float | str]] = [{"layer": "base", "base": self.bits(self.base)}]
        for title, row in reversed(list(zip(self.titles, self.terms, strict=True))):
            rows.append({"layer": title} | {k: self.bits(v) for k, v in row.items()})
        return rows

    def __repr__(self) -> str:
        """The table in bits/dim, latent side first: how the bits add up."""
        width = max(len(title) for title in [*self.titles, "base, -log2 p(z)"])
        lines = [f"{'bits/dim':{width}}" + "".join(f"{c:>10}" for c in COLUMNS) + f"{'sum':>10}"]
        running = self.bits(self.base)
        lines.append(f"{'base, -log2 p(z)':{width}}" + 30 * " " + f"{running:10.3f}")
        for title, row in reversed(list(zip(self.titles, self.terms, strict=True))):
            running += self.bits(sum(row.values()))
            cells = [
                f"{round(self.bits(row[c]), 3) + 0.0:+10.3f}" if c in row else f"{'':10}"
                for c in COLUMNS
            ]
            lines.append(f"{title:{width}}" + "".join(cells) + f"{running:10.3f}")
        return "\n".join(lines)


def average_ledger(
    flow: Flow,
    images: ImageSet | Tensor,
    draws: int = 1,
    *,
    batch: int = 256,
    dim: int | None = None,
    seed: int | None = 0,
) -> AverageLedger:
    """The account of every layer, averaged over images (N, *flow.data_shape) and draws.

    With the same batch, seed and draws its bits/dim are those of `bits_per_dim` (the ELBO, where
    the flow is a bound), to rounding. Images go through once and are not kept; sums are float64.
    Arguments and errors as in `bits_per_dim`.
    """
    x, data, size = unpacked(images, dim)
    check_images(flow, x)
    if draws < 1:
        raise ValueError(f"expected draws >= 1, got {draws}")
    draws = 1 if flow.exact else draws
    base, sums = 0.0, [dict.fromkeys(layer.columns, 0.0) for layer in flow.layers]
    with quiet(flow), seeded(seed):
        for _, part in batches(flow, x, batch):
            for _ in range(draws):
                ledger = flow.ledger(part)
                base += _sum(ledger.base)
                for row, terms in zip(sums, ledger.rows, strict=True):
                    _add(row, terms._asdict())
    count = len(x) * draws
    return AverageLedger(
        titles=[layer.title for layer in flow.layers],
        terms=[{column: value / count for column, value in row.items()} for row in sums],
        base=base / count,
        dim=size,
        images=len(x),
        draws=draws,
        likelihood=flow.likelihood,
        data=data,
    )


def _add(row: dict[str, float], terms: dict[str, Tensor | None]) -> None:
    for column, values in terms.items():
        if values is not None:
            row[column] = row.get(column, 0.0) + _sum(values)


def _sum(values: Tensor) -> float:
    return float(values.cpu().double().sum())
