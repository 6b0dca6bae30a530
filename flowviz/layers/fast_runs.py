"""Runs: neighbours in a chain that one kernel takes together.

A kernel has `key(layer, data_side)`, what layers of one run have in common (None: not its kind),
and `run(layers, v, data_side)`, which goes from v (..., dim) through the layers in the order in
which they are met. `Sequential` asks for the runs; the layers one by one define what they compute.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from ..layer import Layer, Terms
from . import fast_affine, fast_autoregressive, fast_planar
from .fast import eager

KERNELS = fast_affine, fast_autoregressive, fast_planar


def runs(layers: Iterable[Layer], v: Tensor, data_side: bool) -> list[list[Layer]]:
    """The layers in order; neighbours that `run` can take together share a list."""
    if not eager(v):
        return [[layer] for layer in layers]
    grouped: list[list[Layer]] = []
    before = None
    for layer in layers:
        found = _key(layer, data_side)
        if found is not None and found == before:
            grouped[-1].append(layer)
        else:
            grouped.append([layer])
        before = found
    return grouped


def run(layers: list[Layer], v: Tensor, data_side: bool) -> tuple[Tensor, Terms]:
    """From v through a list that `runs` made, in the order in which the layers are met."""
    kernel, _ = _key(layers[0], data_side)
    return kernel.run(layers, v, data_side)


def _key(layer: Layer, data_side: bool) -> tuple | None:
    for kernel in KERNELS:
        found = kernel.key(layer, data_side)
        if found is not None:
            return kernel, found
    return None
