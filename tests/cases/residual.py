"""Residual layers."""

import torch
from case import Case, lively

from flowviz import Layer
from flowviz.layers import Inverse, Residual, ResidualAttention, ResidualMLP
from flowviz.nets import LipschitzMLP

HIDDEN = (8, 8)
ROULETTE = {"exact": False, "estimated": "unbiased"}
ITERATED = "it goes on until every point has arrived, which a transform hides"
TRUNCATED = {"exact": False, "estimated": "biased"}


def _steep(layer: Layer) -> Layer:
    """Lively, and all weights pull the same way: the volume's series has more than one term."""
    with torch.no_grad():
        for p in lively(layer).parameters():
            p.abs_()
    return layer


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
    "residual, roulette": Case(
        lambda: _steep(ResidualMLP(2, HIDDEN, coefficient=0.7, volume="roulette", terms=1)),
        (2,),
        **ROULETTE,
    ),
    "residual, truncated series, with context": Case(
        lambda: _steep(ResidualMLP(3, HIDDEN, 2, 0.7, "truncated", 2)),
        (3,),
        context=2,
        **TRUNCATED,
    ),
    "residual of a branch, roulette": Case(
        lambda: _steep(Residual(LipschitzMLP(2, (8,), coefficient=0.7), "roulette", 1)),
        (2,),
        **ROULETTE,
    ),
    "attention, roulette": Case(
        lambda: _steep(ResidualAttention((3, 2), coefficient=0.7, volume="roulette", terms=1)),
        (3, 2),
        **ROULETTE,
    ),
    "attention, truncated series": Case(
        lambda: _steep(ResidualAttention((2, 2), "dot", volume="truncated", terms=2)),
        (2, 2),
        **TRUNCATED,
    ),
    "inverse of a residual, roulette": Case(
        lambda: Inverse(
            _steep(ResidualMLP(2, HIDDEN, coefficient=0.7, volume="roulette", terms=1))
        ),
        (2,),
        exempt=dict.fromkeys(("vmap_of_jacrev", "vmap_of_grad_of_the_volume"), ITERATED),
        **ROULETTE,
    ),
}
