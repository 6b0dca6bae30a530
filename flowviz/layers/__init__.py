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
from .linear import LULinear, Rotation
from .maximum import (
    Max,
    MaxPool,
)
from .nonlinear import LeakyReLU, Logit, Sigmoid, SignedPower, Softplus, Tanh
from .permutation import Permutation
from .surjections import (
    Abs,
    Rounding,
    Slice,
    Sort,
)

__all__ = [
    "Abs",
    "ActNorm",
    "AdditiveCoupling",
    "Affine",
    "AffineCoupling",
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
    "QuadraticSpline",
    "RationalQuadraticSpline",
    "Rotation",
    "Rounding",
    "Sequential",
    "Sigmoid",
    "SignedPower",
    "Slice",
    "Softplus",
    "Sort",
    "SplineCoupling",
    "Tanh",
]
