"""The layer library: every layer maps data x to latent z and keeps its ledger."""

from .autoregressive import InverseAutoregressive, MaskedAutoregressive
from .compose import Inverse, Sequential
from .coupling import AdditiveCoupling, AffineCoupling, Coupling, SplineCoupling
from .elementwise import (
    ActNorm,
    Affine,
    Elementwise,
    LinearSpline,
    QuadraticSpline,
    RationalQuadraticSpline,
)
from .linear import LULinear, QRLinear, SVDLinear
from .maximum import Max, MaxPool
from .nonlinear import LeakyReLU, Logit, Sigmoid, SignedPower, Softplus, Tanh
from .permutation import Permutation, Reversal
from .planar import Planar, Radial, Sylvester
from .rotation import Rotation
from .stochastic import (
    Augment,
    StochasticPermutation,
    UniformDequantization,
    VAELayer,
    VariationalDequantization,
)
from .surjections import Abs, Rounding, Slice, Sort

__all__ = [
    "Abs",
    "ActNorm",
    "AdditiveCoupling",
    "Affine",
    "AffineCoupling",
    "Augment",
    "Coupling",
    "Elementwise",
    "Inverse",
    "InverseAutoregressive",
    "LULinear",
    "LeakyReLU",
    "LinearSpline",
    "Logit",
    "MaskedAutoregressive",
    "Max",
    "MaxPool",
    "Permutation",
    "Planar",
    "QRLinear",
    "QuadraticSpline",
    "Radial",
    "RationalQuadraticSpline",
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
    "StochasticPermutation",
    "Sylvester",
    "Tanh",
    "UniformDequantization",
    "VAELayer",
    "VariationalDequantization",
]
