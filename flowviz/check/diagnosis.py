"""Which of the usual mistakes makes a number wrong."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .findings import Broken, Margin, deviation, number, place


def agree(got: Tensor, want: Tensor, x: Tensor, tolerance: float, name: str, judge: str) -> Margin:
    """The margin of got (N,) against want (N,), both of the points x; else `Broken` says why.

    name: what was computed ("the volume"); judge: who says otherwise ("autograd finds").
    """
    off = deviation(got, want)
    worst = int(off.argmax())
    error = float(off[worst])
    if error <= tolerance:
        return Margin(error, tolerance)
    dim = x[0].numel()
    guess = next(_mistakes(got, want, dim, tolerance), None) or _where(off, x, tolerance)
    told = f"{name} is {number(got[worst])} where {judge} {number(want[worst])}"
    raise Broken(f"{told}: {guess}", error)


def _mistakes(got: Tensor, want: Tensor, dim: int, tolerance: float) -> Iterator[str]:
    """The mistakes that explain every point, the likeliest first."""

    def explains(repaired: Tensor) -> bool:
        return float(deviation(repaired, want).max()) <= tolerance

    if not got.any():
        yield "the term was forgotten"
    if explains(-got):
        yield (
            "a sign error, it is minus the right value (log |det dz/dx| is positive where the way "
            "to z stretches space)"
        )
    if dim > 1 and explains(got * dim):
        yield f"a mean over the {dim} coordinates where their sum belongs"
    if dim > 1 and explains(-got * dim):
        yield f"a sign error, and a mean over the {dim} coordinates where their sum belongs"
    if explains(got / 2):
        yield "the term was counted twice"
    if explains(got.abs().log()):
        yield "the determinant itself; take the logarithm of its absolute value"
    if _varies(want, tolerance):
        yield from _patterns(got, want, explains)


def _patterns(got: Tensor, want: Tensor, explains) -> Iterator[str]:
    """One constant that repairs every point: telling only where the right values differ."""
    shift = (want - got).median()
    if explains(got + shift):
        yield f"the same {number(shift)} is missing at every point: a term that is the same for all"
    largest = want.abs().argmax()
    factor = got[largest] / want[largest]
    if factor and explains(got / factor):
        yield f"it is {number(factor)} times the right value at every point"


def _varies(want: Tensor, tolerance: float) -> bool:
    return len(want) > 1 and float(want.max() - want.min()) > 10 * tolerance


def _where(off: Tensor, x: Tensor, tolerance: float) -> str:
    good = int((off <= tolerance).sum())
    worst = place(x[int(off.argmax())])
    if good:
        return f"right at {good} of {len(off)} points, most wrong at {worst}; look at that branch"
    return f"wrong at every point, most at {worst}"


def isolate(bad: Tensor) -> int:
    """The index of the first point at which anything is bad (N, ...)."""
    return int(torch.nonzero(bad.reshape(len(bad), -1).any(1))[0])
