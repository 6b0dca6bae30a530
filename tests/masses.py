"""Mass on a fine grid: does a density integrate to 1, and do draws follow it?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

COARSE = 6  # cells a side of the histogram


@dataclass(frozen=True)
class Grid:
    """Midpoints (fine ** d, d) of the cells, `step` wide, of a box that begins at `low`."""

    points: Tensor
    low: Tensor
    step: Tensor

    @classmethod
    def around(cls, draws: Tensor, fine: int) -> Grid:
        """A box that holds nearly all of the mass that the draws come from."""
        low, high = draws.amin(0), draws.amax(0)
        low, high = low - 0.25 * (high - low), high + 0.25 * (high - low)
        step = (high - low) / fine
        middles = torch.arange(fine, dtype=draws.dtype) + 0.5
        axes = [a + h * middles for a, h in zip(low, step, strict=True)]
        return cls(torch.cartesian_prod(*axes).reshape(-1, len(axes)), low, step)

    @property
    def cell(self) -> Tensor:
        """The volume of one cell."""
        return self.step.prod()

    def surprise(self, draws: Tensor, mass: Tensor) -> float:
        """The chi-square p-value of the draws' counts against the mass at the points.

        Counted between the draws' quantiles, moved to the nearest edge of a fine cell; what
        expects under ten draws is left out.
        """
        shares = torch.linspace(0, 1, COARSE + 1, dtype=draws.dtype)[1:-1]
        edges = torch.quantile(draws, shares, dim=0)
        edges = self.low + self.step * ((edges - self.low) / self.step).round()
        expected = _histogram(self.points, edges, mass) * len(draws)
        observed = _histogram(draws, edges, torch.ones(len(draws), dtype=mass.dtype))
        kept = expected > 10
        chi_square = ((observed - expected)[kept] ** 2 / expected[kept]).sum()
        return float(torch.special.gammaincc(kept.sum().to(mass.dtype) / 2, chi_square / 2))


def _histogram(x: Tensor, edges: Tensor, weights: Tensor) -> Tensor:
    columns = zip(x.T.contiguous(), edges.T.contiguous(), strict=True)
    index = sum(torch.bucketize(v, e) * COARSE**i for i, (v, e) in enumerate(columns))
    return weights.new_zeros(COARSE ** x.shape[1]).index_add(0, index, weights)
