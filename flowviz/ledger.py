"""Ledger: the account of a batch, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .layer import COLUMNS, Terms
from .table import aligned


@dataclass(frozen=True)
class Ledger:
    """The three-column account of a batch: `base` + all `rows` = `total` = log p(x), nats.

    rows[k] are the `Terms` of layer k (data side first), titles[k] its name.
    """

    base: Tensor
    rows: list[Terms]
    titles: list[str]
    likelihood: str

    @property
    def exact(self) -> bool:
        """True if `total` is log p(x) itself."""
        return self.likelihood == "exact"

    @property
    def total(self) -> Tensor:
        """log p(x) in nats, or what `likelihood` says: a lower bound, an estimate."""
        return self.base + Terms.sum(self.rows).total

    def __repr__(self) -> str:
        """The table, averaged over the batch, latent side first: how log p(x) builds up."""
        running = float(self.base.mean())
        table = [
            ("layer", *COLUMNS, "running sum"),
            ("base, log p(z)", "", "", "", _signed(running)),
        ]
        for title, row in reversed(list(zip(self.titles, self.rows, strict=True))):
            running += float(row.total.mean())
            cells = ["–" if t is None else _signed(float(t.mean())) for t in row]
            table.append((title, *cells, _signed(running)))
        sign = {"exact": "", "lower bound": " ≥", "estimate": " ≈"}[self.likelihood]
        table.append((f"log p(x){sign}", "", "", "", _signed(running)))
        return "\n".join(aligned(table, 1))


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")  # + 0.0: never minus zero
