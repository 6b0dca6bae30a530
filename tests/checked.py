"""Points that layers are checked at."""

from __future__ import annotations

import torch


def points(dim: int = 2, n: int = 12) -> torch.Tensor:
    """Normal points, and the origin, where branches meet."""
    x = 1.5 * torch.randn(n, dim, generator=torch.Generator().manual_seed(0))
    return torch.cat([x, torch.zeros(1, dim)])
