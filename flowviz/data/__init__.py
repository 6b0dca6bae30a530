"""Planar densities: seeded samples, exact log_prob, entropy in nats."""

from .boxes import Checkerboard
from .density import Density
from .gaussians import EightGaussians, GaussianMixture
from .moons import TwoMoons
from .pinwheel import Pinwheel

__all__ = [
    "Checkerboard",
    "Density",
    "EightGaussians",
    "GaussianMixture",
    "Pinwheel",
    "TwoMoons",
]
