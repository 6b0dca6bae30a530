"""Values of the contractions that residual layers are made of, and points to try them at."""

from __future__ import annotations

import torch
from torch import Tensor

from flowviz.nets import Contraction


def value(branch: Contraction, x: Tensor, weights: list[Tensor] | None = None) -> Tensor:
    return branch.linearize(x, None, branch.weights() if weights is None else weights)[0]


def points(branch: Contraction, n: int, spread: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return spread * torch.randn(n, *branch.shape, dtype=torch.float64, generator=generator)
