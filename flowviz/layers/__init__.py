"""The layer library: every layer maps data x to latent z and keeps its ledger."""

from .attention import ResidualAttention
from .autoregressive import InverseAutoregressive, MaskedAutoregressive
from .compose import Sequential
from .continuous import Continuous
from .conv1x1 import Conv1x1
from .conv_coupling import ConvCoupling
from .conv_funnel import ConvFunnel
from .coupling import AdditiveCoupling, AffineCoupling, Coupling, SplineCoupling
from .dequantization import UniformDequantization, VariationalDequantization
from .elementwise import (
    ActNorm,
    Affine,
    Elementwise,
    LinearSpline,
    QuadraticSpline,
    RationalQuadraticSpline,
)
from .flowified import (
    FlowifiedLinear,
)
from .flowified_conv import FlowifiedConv2d
from .folds import Abs, Sort
from .funnel import AutoregressiveFunnel, CouplingFunnel, Funnel, LinearFunnel
from .gaussianization import GaussianizationBlock
from .images import Flatten, Reshape, Split, Squeeze
from .inverse import Inverse
from .linear import LULinear, QRLinear, SVDLinear
from .manifold import (
    Injective,
)
from .maximum import Max, MaxPool
from .nonlinear import LeakyReLU, SignedPower
from .partial import Partial
from .permutation import Permutation, Reversal
from .planar import Planar, Radial
from .residual import Residual, ResidualMLP
from .rotation import Rotation
from .squash import Logit, Sigmoid, Softplus, Tanh
from .stochastic import Augment, StochasticPermutation, VAELayer
from .surjections import Rounding, Slice
from .sylvester import Sylvester
from .tile_linear import TileLinear, TileReduction
from .tiles import PadImage, Tile

__all__ = [
    "Abs",
    "ActNorm",
    "AdditiveCoupling",
    "Affine",
    "AffineCoupling",
    "Augment",
    "AutoregressiveFunnel",
    "Continuous",
    "Conv1x1",
    "ConvCoupling",
    "ConvFunnel",
    "Coupling",
    "CouplingFunnel",
    "Elementwise",
    "Flatten",
    "FlowifiedConv2d",
    "FlowifiedLinear",
    "Funnel",
    "GaussianizationBlock",
    "Injective",
    "Inverse",
    "InverseAutoregressive",
    "LULinear",
    "LeakyReLU",
    "LinearFunnel",
    "LinearSpline",
    "Logit",
    "MaskedAutoregressive",
    "Max",
    "MaxPool",
    "PadImage",
    "Partial",
    "Permutation",
    "Planar",
    "QRLinear",
    "QuadraticSpline",
    "Radial",
    "RationalQuadraticSpline",
    "Reshape",
    "Residual",
    "ResidualAttention",
    "ResidualMLP",
    "Reversal",
    "Rotation",
    "Rounding",
    "SVDLinear",
    "Sequential",
    "Sigmoid",
    "SignedPower",
    "Slice",
    "Softplus",
    "Sort",
    "SplineCoupling",
    "Split",
    "Squeeze",
    "StochasticPermutation",
    "Sylvester",
    "Tanh",
    "Tile",
    "TileLinear",
    "TileReduction",
    "UniformDequantization",
    "VAELayer",
    "VariationalDequantization",
]
