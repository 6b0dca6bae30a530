"""The layer library: every layer maps data x to latent z and keeps its ledger."""

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
    "LULinear",
    "LeakyReLU",
    "LinearSpline",
    "Logit",
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
