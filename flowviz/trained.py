"""Shipped flows: trained once by `scripts/train_checkpoints.py`, ready without waiting."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import as_file, files

import numpy as np
import torch

from .flow import Flow

NAMES = {"two_moons": "nsf", "eight_gaussians": "nsf", "pinwheel": "nsf", "checkerboard": "nsf"}


def trained(name: str) -> Flow:
    """The shipped flow `name` (a key of NAMES): a default zoo flow, its weights in half precision.

    Raises ValueError for a name that is not shipped.
    """
    if name not in NAMES:
        raise ValueError(f"expected one of {', '.join(sorted(NAMES))}, got {name!r}")
    flow = _maker(NAMES[name])()
    source = files(__package__).joinpath("checkpoints", f"{name}.npz")
    with as_file(source) as path, np.load(path) as arrays:
        state = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    flow.load_state_dict(state)
    return flow


def pack(flow: Flow) -> dict[str, np.ndarray]:
    """The arrays that a checkpoint file holds."""
    state = flow.state_dict().items()
    return {k: v.half().numpy() if v.is_floating_point() else v.numpy() for k, v in state}


def _maker(architecture: str) -> Callable[[], Flow]:
    from . import zoo

    return getattr(zoo, architecture)
