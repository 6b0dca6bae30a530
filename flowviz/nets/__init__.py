"""Conditioners: the networks that hand parameters to a layer."""

from .conditional import (
    CenteredUniform,
    Conditional,
    ConditionalBernoulli,
    ConditionalCategorical,
    ConditionalGaussian,
    ConditionalHalfNormal,
    ConditionalLogitNormal,
    DiagonalGaussian,
    StandardGaussian,
)
from .made import MADE
from .mlp import MLP

__all__ = [
    "MADE",
    "MLP",
    "CenteredUniform",
    "Conditional",
    "ConditionalBernoulli",
    "ConditionalCategorical",
    "ConditionalGaussian",
    "ConditionalHalfNormal",
    "ConditionalLogitNormal",
    "DiagonalGaussian",
    "StandardGaussian",
]
