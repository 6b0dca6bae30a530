"""Ready-made autoregressive flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import (
    ActNorm,
    InverseAutoregressive,
    MaskedAutoregressive,
)
from ..layers.univariate import Affine as AffineMap
from ..layers.univariate import RationalQuadratic, Univariate


def iaf(
    dim: int = 2,
    layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    limit: float = 3.0,
    seed: int | None = 0,
) -> Flow:
    """Inverse autoregressive layers, their order of coordinates turned round each time.

    Fast to draw from; the density of given data takes `dim` steps a layer. Kingma et al. 2016,
    "Improving Variational Inference with Inverse Autoregressive Flow".
    """
    with seeded(seed):
        return _turned_each_time(
            InverseAutoregressive, layers, dim, AffineMap(limit), hidden, context
        )


def maf(
    dim: int = 2,
    layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int | None = None,
    limit: float = 3.0,
    bound: float = 3.5,
    seed: int | None = 0,
) -> Flow:
    """Masked autoregressive layers, their order of coordinates turned round each time.

    Affine maps, or splines of `bins` on [-bound, bound]. Papamakarios et al. 2017, "Masked
    Autoregressive Flow" (ActNorm for batch norm); Durkan et al. 2019, RQ-NSF (AR).
    """
    univariate = RationalQuadratic(bins, bound) if bins else AffineMap(limit)
    with seeded(seed):
        return _turned_each_time(MaskedAutoregressive, layers, dim, univariate, hidden, context)


def _turned_each_time(
    layer: Callable[..., Layer],
    layers: int,
    dim: int,
    univariate: Univariate,
    hidden: Sequence[int],
    context: int,
) -> Flow:
    orders = ["forward" if i % 2 == 0 else "backward" for i in range(layers)]
    stack = [layer(dim, univariate, hidden, context, order) for order in orders]
    return Flow([ActNorm(dim), *stack])
