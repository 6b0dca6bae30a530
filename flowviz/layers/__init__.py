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
from .nonlinear import LeakyReLU, Logit, Sigmoid, SignedPower, Softplus, Tanh
from .permutation import Permutation

__all__ = [
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
    "Permutation",
    "QuadraticSpline",
    "RationalQuadraticSpline",
    "Rotation",
    "Sequential",
    "Sigmoid",
    "SignedPower",
    "Softplus",
    "SplineCoupling",
    "Tanh",
]
