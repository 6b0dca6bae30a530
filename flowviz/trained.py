"""Shipped flows: trained once by `scripts/train_checkpoints.py`, ready without waiting."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import torch

from .flow import Flow


@dataclass(frozen=True)
class Shipped:
    """A flow of the zoo and the density of `fv.data` on which it was trained."""

    architecture: str
    density: str
    options: dict[str, Any] = field(default_factory=dict)

    def untrained(self) -> Flow:
        """The flow before training."""
        from . import zoo

        return getattr(zoo, self.architecture)(**self.options)


_SYMMETRIC = {
    "checkerboard": "Checkerboard",
    "corners": "Corners",
    "eight_gaussians": "EightGaussians",
    "circles": "Circles",
}
NAMES = {
    "two_moons": Shipped("nsf", "TwoMoons"),
    "eight_gaussians": Shipped("nsf", "EightGaussians"),
    "pinwheel": Shipped("nsf", "Pinwheel"),
    "checkerboard": Shipped("nsf", "Checkerboard"),
    "two_moons_flowified": Shipped("flowified_mlp", "TwoMoons"),
}
# Four affine couplings, without and with a fold before them. The mirror image of a checkerboard is
# its negative: only one of its axes can be folded, with a coin that knows the place; splines then
# draw the edge of the half that is left.
_LAYERS = {"couplings": 4}
_FOLDS = {"checkerboard": {"sign": "learned", "indices": [0], "bins": 16}}
NAMES |= {f"{k}_plain": Shipped("realnvp", v, _LAYERS) for k, v in _SYMMETRIC.items()}
NAMES |= {
    f"{k}_folded": Shipped("absflow", v, _LAYERS | _FOLDS.get(k, {})) for k, v in _SYMMETRIC.items()
}


def trained(name: str) -> Flow:
    """The shipped flow `name` (a key of NAMES): a zoo flow, its weights in half precision.

    Spline flows of two_moons, eight_gaussians, pinwheel, checkerboard; two_moons_flowified, an
    ordinary network 2 -> 16 -> 16 -> 2; of checkerboard, corners, eight_gaussians and circles
    NAME_plain and NAME_folded: four affine couplings, without and with a fold (absflow) before
    them. Raises ValueError for a name that is not shipped.
    """
    if name not in NAMES:
        raise ValueError(f"expected one of {', '.join(sorted(NAMES))}, got {name!r}")
    flow = NAMES[name].untrained()
    source = files(__package__).joinpath("checkpoints", f"{name}.npz")
    with as_file(source) as path, np.load(path) as arrays:
        state = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    flow.load_state_dict(state)
    flow.shipped = name  # a picture of it can name it
    return flow


def pack(flow: Flow) -> dict[str, np.ndarray]:
    """The arrays that a checkpoint file holds."""
    state = flow.state_dict().items()
    return {k: v.half().numpy() if v.is_floating_point() else v.numpy() for k, v in state}
