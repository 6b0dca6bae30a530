"""Paths of layers that change the event shape: both ends stand in one room, padded with zeros.

The room is the smallest event shape that holds both sides: axis by axis for shapes with equally
many axes, the longer vector otherwise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..layer import Layer


def common_room(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The smallest event shape that holds both."""
    if len(a) == len(b):
        return tuple(map(max, a, b))
    return (max(math.prod(a), math.prod(b)),)


def in_room(v: Tensor, event: tuple[int, ...], room: tuple[int, ...]) -> Tensor:
    """v (..., *event) with zeros behind it on every axis, (..., *room)."""
    if len(event) != len(room):
        v, event = v.flatten(v.dim() - len(event)), (math.prod(event),)
    sizes = zip(reversed(event), reversed(room), strict=True)
    return pad(v, [n for size, wide in sizes for n in (0, wide - size)])


def straight(layer: Layer, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
    """The straight line from x to z (without noise), both padded to the layer's room."""
    z = layer._forward(x, context, "mean")[0]
    room = common_room(layer.data_shape, layer.latent_shape)
    start, end = in_room(x, layer.data_shape, room), in_room(z, layer.latent_shape, room)
    return torch.lerp(start, end, tau)


def turned_over(x: Tensor, z: Tensor, tau: float) -> Tensor:
    """x on its way to its mirror image z, like a page that is turned over, seen from above."""
    return torch.lerp(x, z, 0.5 - 0.5 * math.cos(math.pi * tau))
