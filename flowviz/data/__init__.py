"""Planar densities: seeded samples, exact log_prob, entropy in nats."""

from .airports import Airports
from .density import Density
from .gaussians import EightGaussians, GaussianMixture
from .images import Heart, ImageDensity, Letter
from .moons import TwoMoons
from .pinwheel import Pinwheel
from .rings import Circles, Rings
from .spirals import TwoSpirals
from .tiles import Checkerboard, Corners

__all__ = [
    "Airports",
    "Checkerboard",
    "Circles",
    "Corners",
    "Density",
    "EightGaussians",
    "GaussianMixture",
    "Heart",
    "ImageDensity",
    "Letter",
    "Pinwheel",
    "Rings",
    "TwoMoons",
    "TwoSpirals",
]
