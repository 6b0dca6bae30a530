"""Layers made of layers."""

import torch
from case import Case, lively, reals
from torch import Tensor

from flowviz.layers import (
    ActNorm,
    AffineCoupling,
    Inverse,
    LULinear,
    Partial,
    Permutation,
    Rotation,
    Sequential,
    Softplus,
    SplineCoupling,
)

HIDDEN = (8,)


def _chain() -> Sequential:
    return lively(Sequential([ActNorm(2), SplineCoupling(2, hidden=HIDDEN, bins=3), Rotation(2)]))


def _conditional() -> Sequential:
    layers = [AffineCoupling(2, side, HIDDEN, context=2) for side in ("first", "second")]
    return lively(Sequential([layers[0], Permutation([1, 0]), layers[1]]))


def _second_positive(n: int, shape: tuple[int, ...]) -> Tensor:
    x = reals(n, shape)
    return torch.cat([x[:, :1], x[:, 1:].abs()], -1)


CASES = {
    "coupling of three coordinates, in another order": Case(
        lambda: Partial(4, (3, 0, 1), lively(AffineCoupling(3, hidden=HIDDEN, context=2))),
        (4,),
        context=2,
    ),
    "softplus of one coordinate": Case(
        lambda: Partial(2, (1,), Softplus(1)), (2,), latent=_second_positive
    ),
    "swap of two coordinates of three": Case(lambda: Partial(3, (2, 0), Permutation([1, 0])), (3,)),
    "chain": Case(_chain, (2,), awkward=(3.5,)),
    "chain with context and a swap": Case(_conditional, (2,), context=2),
    "chain in a chain": Case(lambda: Sequential([_chain(), lively(ActNorm(2), seed=5)]), (2,)),
    "inverse of a coupling": Case(
        lambda: Inverse(lively(AffineCoupling(2, hidden=HIDDEN, context=2))), (2,), context=2
    ),
    "inverse of a swap": Case(lambda: Inverse(Permutation([1, 0])), (2,)),
    "inverse of a chain": Case(
        lambda: Inverse(lively(Sequential([AffineCoupling(2, hidden=HIDDEN), Rotation(2)]))), (2,)
    ),
    "chain with an inverse": Case(
        lambda: Sequential([lively(LULinear(2)), Inverse(lively(Rotation(2), seed=3))]), (2,)
    ),
}
