"""Audit: does the density that a flow claims integrate to 1? A plain sum over cells of the plane.

The cells are a regular grid over the data side: none of the flow's own geometry is in it. Each cell
keeps the ledger at its centre, so that a picture can also show what the sum becomes when a term of
the ledger is forgotten or has the wrong sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .flow import Flow

FLOOR = -40.0  # nats: a cell whose base says less carries e^-40, nothing that a sum could show
_MARGIN = 0.05  # around the draws, as a share of their extent
_DRAWS = 20_000


@dataclass(frozen=True)
class Audit:
    """The ledger at the centres of G x G cells of the box from low to high, (2,) each.

    base (G, G), log p(z) in nats, at least FLOOR; terms (G, T, G), the volumes of the T layers.
    The first axis runs along x1, the last along x2.
    """

    low: np.ndarray
    high: np.ndarray
    base: np.ndarray
    terms: np.ndarray

    def mass(self, factors: np.ndarray | None = None) -> float:
        """The sum over the cells of area * exp(base + sum of factor * volume); factors (T,), by
        default 1: 0 forgets a layer's volume, -1 turns its sign."""
        kept = np.ones(self.terms.shape[1]) if factors is None else np.asarray(factors)
        cell = np.prod((self.high - self.low) / len(self.base))
        return float(cell * np.exp(self.base + np.einsum("atb,t->ab", self.terms, kept)).sum())


@torch.no_grad()
def audit_of(flow: Flow, cells: int, seed: int = 0) -> Audit:
    """The audit of a flow in the plane, over a box that holds its draws."""
    draws = flow.sample(_DRAWS, seed=seed).double()
    low, high = draws.min(0).values, draws.max(0).values
    margin = _MARGIN * (high - low).clamp(min=1e-6)
    low, high = low - margin, high + margin
    steps = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells
    centers = torch.cartesian_prod(*(low + (high - low) * steps[:, None]).T)
    ledger = flow.ledger(centers.to(next(flow.parameters(), flow.base.anchor)))
    base = ledger.base.double().cpu().clamp(min=FLOOR).reshape(cells, cells)
    volumes = [row.volume.expand(len(centers)).double().cpu() for row in ledger.rows]
    terms = torch.stack(volumes).reshape(-1, cells, cells).transpose(0, 1)
    return Audit(low.cpu().numpy(), high.cpu().numpy(), base.numpy(), terms.contiguous().numpy())
