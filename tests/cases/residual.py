"""Residual layers; those that estimate their volume have tests of their own."""

from case import Case, lively

from flowviz.layers import Residual, ResidualAttention, ResidualMLP
from flowviz.nets import LipschitzMLP

HIDDEN = (8, 8)

CASES = {
    "residual": Case(lambda: lively(ResidualMLP(2, HIDDEN), 2.0), (2,)),
    "residual with context": Case(
        lambda: lively(ResidualMLP(3, HIDDEN, context=2), 2.0), (3,), context=2
    ),
    "residual, near the edge of contracting": Case(
        lambda: lively(Residual(LipschitzMLP(2, (16,), coefficient=0.99)), 8.0),
        (2,),
        tolerance=1e-8,
    ),
    "attention by distance": Case(lambda: lively(ResidualAttention((3, 2)), 2.0), (3, 2)),
    "attention by alignment": Case(
        lambda: lively(ResidualAttention((3, 2), "dot", coefficient=0.97), 2.0), (3, 2)
    ),
    "attention between coordinates": Case(lambda: lively(ResidualAttention(2), 2.0), (2,)),
    "attention of one token": Case(lambda: lively(ResidualAttention((1, 3), "dot")), (1, 3)),
}
