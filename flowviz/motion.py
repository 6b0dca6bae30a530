"""Points on their way through the layers: enough frames that straight tweens between are true."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .flow import Flow
from .layer import Layer
from .trace import Step
from .windows import windows_of

_PIXELS = 264  # half the width of the player's canvas, in pixels
_MOST_FRAMES = 64  # of one layer


class Motion(NamedTuple):
    """Frames (F, N, 2) of every cloud, the steps, and the windows: center (F, 2), radius (F,)."""

    clouds: dict[str, np.ndarray]
    steps: list[Step]
    center: np.ndarray
    radius: np.ndarray


def move(flow: Flow, clouds: dict[str, Tensor]) -> Motion:
    """Carry clouds of points (N, 2) through the layers, all of them at once."""
    sizes = [len(c) for c in clouds.values()]
    ends = [torch.cat(list(clouds.values()))]
    for layer in flow.layers:
        ends.append(layer(ends[-1])[0])
    windows = windows_of(flow, [dict(zip(clouds, e.split(sizes), strict=True)) for e in ends])
    frames, steps = [ends[0][None]], []
    for k, (layer, start, end) in enumerate(zip(flow.layers, ends[:-1], ends[1:], strict=True)):
        between = _frames_of(layer, start, end, min(windows[k : k + 2, 2]) / _PIXELS)
        first = sum(map(len, frames)) - 1
        frames.append(torch.cat([between, end[None]]))
        steps.append(_step(layer, first, first + len(between) + 1))
    every = torch.cat(frames).cpu().numpy().astype(np.float64)
    parts = np.split(every, np.cumsum(sizes)[:-1], axis=1)
    borders = [0, *(step.last for step in steps)]
    window = np.stack([np.interp(range(len(every)), borders, w) for w in windows.T], -1)
    return Motion(dict(zip(clouds, parts, strict=True)), steps, window[:, :2], window[:, 2])


def _frames_of(layer: Layer, start: Tensor, end: Tensor, pixel: float) -> Tensor:
    """Points (count - 1, N, 2) strictly inside the layer's path, enough for true straight tweens.

    The count doubles until points half way between frames lie within a pixel of the tween.
    """
    inside = start.new_zeros(0, *start.shape)
    if layer.cut:
        return inside
    while True:
        knots = torch.cat([start[None], inside, end[None]])
        taus = [(2 * i + 1) / (2 * (len(knots) - 1)) for i in range(len(knots) - 1)]
        halfway = torch.stack([layer.path(start, tau) for tau in taus])
        error = (halfway - 0.5 * (knots[:-1] + knots[1:])).norm(dim=-1)
        if _bulk(error) < pixel / 2 or len(knots) > _MOST_FRAMES:
            return inside
        inside = torch.stack([halfway, knots[1:]], 1).flatten(0, 1)[:-1]


def _bulk(error: Tensor) -> float:
    """The error that all but one point in a thousand (far tails) stay below, worst frame."""
    rank = max(1, math.ceil(0.999 * error.shape[-1]))
    return float(error.kthvalue(rank, dim=-1).values.max())


def _step(layer: Layer, first: int, last: int) -> Step:
    return Step(
        layer.title, layer.action, layer.kind, layer.columns, layer.exact, layer.cut, first, last
    )
