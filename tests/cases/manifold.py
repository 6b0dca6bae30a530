"""Layers onto a sheet of fewer dimensions."""

from case import Case, lively

from flowviz.layers import (
    AffineCoupling,
    Injective,
    LULinear,
    Planar,
    ResidualMLP,
    Sequential,
    SplineCoupling,
    Sylvester,
)

SHEET = {"kind": "manifold", "continuous": False}
HIDDEN = (8,)


def _bent(dim: int, context: int = 0) -> Sequential:
    layers = [LULinear(dim), AffineCoupling(dim, "first", HIDDEN, context)]
    layers += [SplineCoupling(dim, "second", HIDDEN, context)]
    return Sequential(layers)


CASES = {
    "curve in the plane": Case(lambda: lively(Injective(_bent(2), 1)), (2,), **SHEET),
    "sheet in four dimensions": Case(lambda: lively(Injective(_bent(4), 2)), (4,), **SHEET),
    "sheet with a stochastic volume": Case(
        lambda: lively(Injective(_bent(4), 3, "stochastic")),
        (4,),
        exact=False,
        estimated="unbiased",
        **SHEET,
    ),
    "sheet of planar layers": Case(
        lambda: lively(Injective(Sequential([Planar(3), Sylvester(3, 2)]), 2)), (3,), **SHEET
    ),
    "sheet of residual layers": Case(
        lambda: lively(Injective(ResidualMLP(3, (6,)), 2)), (3,), tolerance=1e-8, **SHEET
    ),
    "sheet with context": Case(lambda: lively(Injective(_bent(3, 2), 2)), (3,), context=2, **SHEET),
}
