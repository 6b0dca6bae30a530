"""Ready-made flows: `fv.zoo.nsf(dim=2)` is an architecture, untrained.

Initial weights come from `seed` (0 by default, so that a notebook is the same every time it
runs); `seed=None` draws them from torch's global generator.
"""

from ..trained import trained
from .autoregressive import iaf, maf
from .bends import gaussianization, planar, sylvester
from .coupling import nice, nsf, realnvp
from .free_form import attentive, ffjord, residual
from .images import glow
from .reducing import absflow, flowified_mlp, funnel_mlp, funnel_nsf, rectangular

__all__ = [
    "absflow",
    "attentive",
    "ffjord",
    "flowified_mlp",
    "funnel_mlp",
    "funnel_nsf",
    "gaussianization",
    "glow",
    "iaf",
    "maf",
    "nice",
    "nsf",
    "planar",
    "realnvp",
    "rectangular",
    "residual",
    "sylvester",
    "trained",
]
