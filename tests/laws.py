"""Arithmetic that the laws share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def jacobians(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """d function(x)_i / d x_j at every point of the batch x (N, *shape): (N, outputs, inputs).

    Summed over the batch before differentiating, so that one pass serves all points: no point
    depends on another, which is a law of its own (`test_batches.py`).
    """
    total = lambda x: function(x).flatten(1).sum(0)  # noqa: E731
    rows = torch.autograd.functional.jacobian(total, x)
    return rows.flatten(2).movedim(1, 0)


def log_volumes(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """log |det| of the Jacobian at every point of the batch, by autograd."""
    return torch.linalg.slogdet(jacobians(function, x)).logabsdet


def close(a: Tensor, b: Tensor, tolerance: float, what: str = "") -> None:
    """Assert |a - b| <= tolerance (1 + |b|) everywhere, in the same shape and dtype."""
    torch.testing.assert_close(
        a, b, rtol=tolerance, atol=tolerance, msg=lambda m: f"{what}: {m}" if what else m
    )
