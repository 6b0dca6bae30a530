"""flowviz teaches normalizing flows: see the density move, touch the layers, trust the numbers.

    import flowviz as fv
    data = fv.data.TwoMoons()
    flow = fv.zoo.nsf(dim=2)
    history = fv.fit(flow, data, seconds=5)
    fv.TransportPlayer(flow, data)

`import flowviz` loads torch and numpy; widgets and figures load when first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import data, layers, nets, zoo
from .base import Base, HalfNormal, SortedNormal, StandardNormal, Uniform, UniformIntegers
from .check import check
from .contribution import contribution_split, contributions
from .flow import Flow
from .flowify import flowify
from .layer import Bijection, Layer, Terms
from .ledger import Ledger
from .train import Diverged, History, fit

__version__ = "0.1.0"
__all__ = [
    "Base",
    "Bijection",
    "ChangeOfVariables",
    "Diverged",
    "Flow",
    "HalfNormal",
    "History",
    "ImageLab",
    "Layer",
    "LayerLab",
    "Ledger",
    "SortedNormal",
    "StandardNormal",
    "Terms",
    "Trace",
    "TransportPlayer",
    "Uniform",
    "UniformIntegers",
    "check",
    "contribution_split",
    "contributions",
    "data",
    "figures",
    "fit",
    "flowify",
    "layers",
    "link",
    "nets",
    "restore",
    "widgets",
    "zoo",
]

_LAZY = {
    "ChangeOfVariables": ".widgets",
    "ImageLab": ".widgets",
    "LayerLab": ".widgets",
    "Trace": ".trace",
    "TransportPlayer": ".widgets",
    "figures": ".figures",
    "link": ".widgets",
    "restore": ".widgets",
    "widgets": ".widgets",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'flowviz' has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name], __name__)
    return module if _LAZY[name] == f".{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
