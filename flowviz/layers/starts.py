"""Where flowified layers may start from: the moments of data, and their principal axes."""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 0.01
STARTS = ("identity", "moments", "principal")


def check_start(start: str) -> str:
    """Return start if it is a name that is known, else raise."""
    if start not in STARTS:
        raise ValueError(f"expected start {', '.join(map(repr, STARTS))}, got {start!r}")
    return start


def moments_of(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log standard deviation of every column of rows (N, D), none of them narrow.

    A hundredth of the mean variance is added to each: a pixel that was black in all of these rows
    may be white in the next one, and would lie hundreds of standard deviations away.
    """
    variance = rows.var(0, correction=0)
    variance = variance + FLOOR * variance.mean()
    return rows.mean(0), 0.5 * torch.where(variance > 0, variance, 1.0).log()


def principal_rotation(rows: Tensor) -> Tensor:
    """The rotation (D, D), float64, onto the principal axes of rows (N, D), widest first.

    The sign of an axis is free. It is chosen so that the rotation keeps clear of half turns,
    where the Cayley form has no numbers for it.
    """
    centred = rows.double() - rows.double().mean(0)
    axes = torch.linalg.eigh(centred.mT @ centred / len(rows)).eigenvectors.flip(1).mT
    return clear_of_half_turns(axes) * axes


def clear_of_half_turns(matrix: Tensor) -> Tensor:
    """Signs (D, 1) such that I + signs * matrix, an orthogonal matrix, is well conditioned.

    Gaussian elimination on matrix + diag(signs), each sign that of its pivot: all pivots are then
    at least 1. signs * matrix + I = signs * (matrix + diag(signs)). No orthogonal matrix without
    the eigenvalue -1 is a reflection, so the determinant comes out as +1 by itself.
    """
    rest, signs = matrix.clone(), torch.ones_like(matrix[:, :1])
    for k in range(len(matrix)):
        signs[k] = 1.0 if rest[k, k] >= 0 else -1.0
        pivot = rest[k, k] + signs[k, 0]
        below, right = rest[k + 1 :, k] / pivot, rest[k, k + 1 :].clone()
        rest[k + 1 :, k + 1 :].addr_(below, right, alpha=-1)
    return signs
