"""Surjections: layers that drop something and pay for it."""

import torch
from case import Case, lively, reals
from torch import Tensor

from flowviz.layers import Abs, Max, MaxPool, Rounding, Slice, Sort

DROPS = {"kind": "surjection", "columns": ("decoder",)}
HIDDEN = (8,)


def right_half(n: int, shape: tuple[int, ...]) -> Tensor:
    x = reals(n, shape)
    return torch.cat([x[:, :1].abs(), x[:, 1:]], -1)


def _sorted_out() -> Slice:
    layer = lively(Slice(4, (0, 2), hidden=HIDDEN))
    layer.order.copy_(torch.tensor([1, 3, 0, 2]))
    return layer


CASES = {
    "abs": Case(lambda: Abs(2), (2,), awkward=(0.0, -0.0), **DROPS),
    "abs on images": Case(lambda: Abs((1, 2, 3)), (1, 2, 3), **DROPS),
    "abs, learned signs": Case(
        lambda: lively(Abs(2, sign="learned", hidden=HIDDEN)), (2,), awkward=(0.0,), **DROPS
    ),
    "abs of one coordinate": Case(
        lambda: lively(Abs(2, (0,), "learned", HIDDEN)), (2,), latent=right_half, **DROPS
    ),
    "abs, signs that depend on context": Case(
        lambda: lively(Abs(2, None, "learned", HIDDEN, context=2)), (2,), context=2, **DROPS
    ),
    "max": Case(lambda: lively(Max(2, HIDDEN)), (2,), awkward=(0.0,), **DROPS),
    "max of four": Case(lambda: lively(Max(4, HIDDEN)), (4,), awkward=(0.0,), **DROPS),
    "max with context": Case(lambda: lively(Max(2, HIDDEN, context=1)), (2,), context=1, **DROPS),
    "max pooling": Case(lambda: lively(MaxPool((2, 4, 2))), (2, 4, 2), awkward=(0.0,), **DROPS),
    "max pooling with context": Case(
        lambda: lively(MaxPool((2, 2, 4), context=2)), (2, 2, 4), context=2, **DROPS
    ),
    "sort": Case(lambda: Sort(2), (2,), awkward=(0.0,), **DROPS),
    "sort of five": Case(lambda: Sort(5), (5,), awkward=(1.0,), **DROPS),
    "sort of rows": Case(lambda: Sort((2, 3)), (2, 3), **DROPS),
    "slice": Case(lambda: lively(Slice(2, 1, hidden=HIDDEN)), (2,), **DROPS),
    "slice, the second stays": Case(lambda: lively(Slice(2, (1,), hidden=HIDDEN)), (2,), **DROPS),
    "slice, indices from a checkpoint": Case(_sorted_out, (4,), **DROPS),
    "slice against a standard normal": Case(
        lambda: Slice(3, (0, 2), decoder="standard_normal"), (3,), **DROPS
    ),
    "slice with context": Case(
        lambda: lively(Slice(2, 1, hidden=HIDDEN, context=2)), (2,), context=2, **DROPS
    ),
    "rounding": Case(lambda: Rounding(2), (2,), continuous=False, awkward=(0.0, -3.0), **DROPS),
    "rounding, learned fractions": Case(
        lambda: lively(Rounding((2, 2), "conditional", HIDDEN)), (2, 2), continuous=False, **DROPS
    ),
    "rounding with context": Case(
        lambda: lively(Rounding(2, "conditional", HIDDEN, context=1)),
        (2,),
        context=1,
        continuous=False,
        **DROPS,
    ),
}
