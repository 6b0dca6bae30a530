"""The square windows through which a trace is seen, one for every layer boundary."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .flow import Flow

_ZOOM = 3  # times as large is a side that gets a window of its own


def windows_of(flow: Flow, borders: list[dict[str, Tensor]]) -> np.ndarray:
    """Center and radius (L + 1, 3) of the square for every layer boundary, from the points there.

    The same for all, unless one side is _ZOOM times as large as another (data in degrees, say):
    then every boundary has its own, and the picture zooms on the way between.
    """
    low, high = _boxes(flow, borders)
    size = (high - low).max(-1)
    if size.max() < _ZOOM * size.min():
        low, high = np.broadcast_to(low.min(0), low.shape), np.broadcast_to(high.max(0), low.shape)
        size = (high - low).max(-1)
    radius = np.maximum(1.08 * size / 2, 1e-6)
    return np.concatenate([(low + high) / 2, radius[:, None]], -1)


def _boxes(flow: Flow, borders: list[dict[str, Tensor]]) -> np.ndarray:
    """Lower and upper corners (2, L + 1, 2) of the boxes that hold, at every layer boundary, the
    particles and the corners of the mesh where the model has its mass."""
    low, high = flow.base.icdf(torch.tensor([0.01, 0.99], dtype=torch.float64)).tolist()
    latent = borders[-1]["mesh"]
    massive = ((latent > low) & (latent < high)).all(-1)
    clouds = [[b["mesh"][massive] for b in borders]]
    clouds += [[b[name] for b in borders] for name in ("data", "model") if name in borders[0]]
    ends = [_bounds(torch.stack(cloud).double().cpu().numpy()) for cloud in clouds]
    return np.stack([np.min([e[0] for e in ends], 0), np.max([e[1] for e in ends], 0)])


def _bounds(points: np.ndarray) -> np.ndarray:
    """Lower and upper corners (2, L + 1, 2) of all but the outermost of points (L + 1, N, 2)."""
    return np.quantile(points[:, :: points.shape[1] // 100_000 + 1], [0.0005, 0.9995], axis=1)
