"""Conditioners: the networks that hand parameters to a layer."""

from .attention import CoordinatesAsTokens, DotProductAttention, L2Attention
from .conditional import (
    CenteredUniform,
    Conditional,
    ConditionalGaussian,
    ConditionalHalfNormal,
    ConditionalLogitNormal,
    ConvGaussian,
    DiagonalGaussian,
    StandardGaussian,
)
from .contraction import Contraction, LipschitzMLP
from .conv import ConvNet
from .discrete import ConditionalBernoulli, ConditionalCategorical
from .field import Field, FreeField, VelocityMLP
from .heavy_tails import ConditionalStudentT
from .made import MADE
from .mlp import MLP
from .residual_conv import ResidualConvNet
from .tile_guess import TileGuess

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
    "ConditionalStudentT",
    "Contraction",
    "ConvGaussian",
    "ConvNet",
    "CoordinatesAsTokens",
    "DiagonalGaussian",
    "DotProductAttention",
    "Field",
    "FreeField",
    "L2Attention",
    "LipschitzMLP",
    "ResidualConvNet",
    "StandardGaussian",
    "TileGuess",
    "VelocityMLP",
]
