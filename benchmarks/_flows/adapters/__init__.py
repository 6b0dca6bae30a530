"""The systems of `systems.py` in each library, a few lines apiece, a file a library."""

from __future__ import annotations

import torch

from ..systems import Model
from . import flowviz, freia, nflows, normflows, torchdiffeq, zuko

MODULES = {
    "flowviz": flowviz,
    "zuko": zuko,
    "nflows": nflows,
    "normflows": normflows,
    "FrEIA": freia,
    "torchdiffeq": torchdiffeq,
}


def build(library: str, system: str, dim: int) -> Model:
    """The model; raises `Absent` where the library has none, ImportError where it is missing."""
    torch.manual_seed(0)
    return MODULES[library].build(system, dim)
