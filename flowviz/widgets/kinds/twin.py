"""What every kind has in Python: its layer from parameters, and its parameters from a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ...layer import Layer
from ...layers import Rotation
from .card import Params


class Twin(NamedTuple):
    """`build(params)` gives the float64 layer; `read(layer)` its parameters, None for others."""

    build: Callable[[Params], Layer]
    read: Callable[[Layer], Params | None]


def fill(target: Tensor, values: object) -> None:
    """Write numbers into a parameter or buffer, in its shape."""
    numbers = torch.as_tensor(values, dtype=torch.float64)
    with torch.no_grad():
        target.copy_(numbers.reshape(target.shape))


def numbers(tensor: Tensor) -> list[float]:
    """All entries, in order."""
    return tensor.detach().double().flatten().tolist()


def named(names: str, *values: Tensor) -> Params:
    """Names, separated by blanks, with the entries of tensors in order."""
    flat = [entry for value in values for entry in numbers(value)]
    return dict(zip(names.split(), flat, strict=True))


def is_plane(layer: Layer, cls: type) -> bool:
    """True for a layer of this class on vectors of two numbers, without context."""
    return type(layer) is cls and layer.data_shape == (2,) and not layer.context_size


def angle_of(rotation: Rotation) -> float:
    """The angle of a rotation of the plane."""
    matrix = rotation.matrix()
    return math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))
