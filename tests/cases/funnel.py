"""Funnels."""

from case import Case, lively

from flowviz.layers import (
    ActNorm,
    AffineCoupling,
    AutoregressiveFunnel,
    ConvFunnel,
    CouplingFunnel,
    Funnel,
    LinearFunnel,
    ResidualMLP,
    Sequential,
)
from flowviz.layers.univariate import Affine, RationalQuadratic

FUNNEL = {"kind": "surjection", "columns": ("volume", "decoder")}
HIDDEN = (8,)

CASES = {
    "funnel of a coupling": Case(
        lambda: lively(
            Funnel(3, (0, 2), AffineCoupling(2, hidden=HIDDEN, context=1), hidden=HIDDEN)
        ),
        (3,),
        **FUNNEL,
    ),
    "funnel of a chain with context": Case(
        lambda: lively(
            Funnel(
                3,
                2,
                Sequential([ActNorm(2), AffineCoupling(2, hidden=HIDDEN, context=2)]),
                hidden=HIDDEN,
                context=1,
            )
        ),
        (3,),
        context=1,
        **FUNNEL,
    ),
    "funnel of a residual layer": Case(
        lambda: lively(Funnel(2, 1, ResidualMLP(1, HIDDEN, context=1), hidden=HIDDEN)),
        (2,),
        **FUNNEL,
    ),
    "coupling funnel": Case(
        lambda: lively(CouplingFunnel(2, 1, RationalQuadratic(4), HIDDEN), 0.7),
        (2,),
        awkward=(-3.5, 3.5),
        **FUNNEL,
    ),
    "coupling funnel, affine, the second stays": Case(
        lambda: lively(CouplingFunnel(2, (1,), Affine(2.0), HIDDEN)), (2,), **FUNNEL
    ),
    "coupling funnel with context": Case(
        lambda: lively(CouplingFunnel(4, (1, 3), RationalQuadratic(4), HIDDEN, context=2)),
        (4,),
        context=2,
        **FUNNEL,
    ),
    "autoregressive funnel": Case(
        lambda: lively(AutoregressiveFunnel(4, (0, 2, 3), Affine(2.0), HIDDEN)), (4,), **FUNNEL
    ),
    "autoregressive funnel, one stays": Case(
        lambda: lively(AutoregressiveFunnel(2, 1, None, HIDDEN)), (2,), **FUNNEL
    ),
    "autoregressive funnel with context": Case(
        lambda: lively(AutoregressiveFunnel(3, 2, None, HIDDEN, context=1)),
        (3,),
        context=1,
        **FUNNEL,
    ),
    "linear funnel": Case(lambda: lively(LinearFunnel(2, (1,), HIDDEN)), (2,), **FUNNEL),
    "linear funnel against a standard normal": Case(
        lambda: lively(LinearFunnel(5, 3, decoder="standard_normal")), (5,), **FUNNEL
    ),
    "linear funnel with context": Case(
        lambda: lively(LinearFunnel(3, 2, HIDDEN, context=2)), (3,), context=2, **FUNNEL
    ),
    "convolutional funnel": Case(
        lambda: lively(ConvFunnel((2, 4, 2), width=4)), (2, 4, 2), **FUNNEL
    ),
    "convolutional funnel, windows of three": Case(
        lambda: lively(ConvFunnel((1, 3, 6), window=3, width=4)), (1, 3, 6), **FUNNEL
    ),
    "convolutional funnel with context": Case(
        lambda: lively(ConvFunnel((2, 2, 4), width=4, context=2)), (2, 2, 4), context=2, **FUNNEL
    ),
}
