"""The mesh that carries mass: where a grid over the latent is cut."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .flow import Flow

_TAIL = 1e-4  # mass of one coordinate that lies beyond the mesh
_FINE, _CROSS = 256, 32  # where the stretch of the latent axes is looked at


def latent_mesh(flow: Flow, cells: int) -> tuple[Tensor, Tensor]:
    """Corners ((cells+1)^2, 2) on the latent side and the mass of each cell (cells, cells)."""
    fine = _tail_levels(_FINE + 1)
    p1, p2 = (_levels(flow, fine, cells, axis) for axis in (0, 1))
    corners = torch.cartesian_prod(flow.base.icdf(p1), flow.base.icdf(p2))
    return corners, torch.outer(p1.diff(), p2.diff())


def _levels(flow: Flow, fine: Tensor, cells: int, axis: int) -> Tensor:
    """Probabilities (cells + 1,) at which to cut one latent axis.

    Between neighbours lies an equal share of a mixture: of mass; of stretch on the data side, so
    that cells that would reach across a gap between modes are thin and carry little; and of
    change in slope, so that cells are small where the density bends or jumps.
    """
    across = (torch.arange(_CROSS, dtype=torch.float64) + 0.5) / _CROSS
    points = torch.cartesian_prod(flow.base.icdf(across), flow.base.icdf(fine))
    points = points if axis == 1 else points.flip(-1)
    own = next(flow.parameters(), flow.base.anchor)
    x = flow.inverse(points.to(own), terms=False)[0].double().cpu()
    stretch = x.reshape(_CROSS, -1, 2).diff(dim=1).norm(dim=-1)
    mass = fine.diff()
    bend = _bend(stretch / flow.base.icdf(fine).diff())
    parts = (mass, 0.2), (stretch.sqrt().mean(0), 0.4), ((bend * mass).sqrt().mean(0), 0.4)
    share = sum(weight * part / part.sum().clamp(min=1e-300) for part, weight in parts)
    done = torch.cat([share.new_zeros(1), share.cumsum(0)]).numpy()
    wanted = np.linspace(0, done[-1], cells + 1)
    return torch.from_numpy(np.interp(wanted, done, fine.numpy()))


def _bend(slope: Tensor) -> Tensor:
    """How much log slope (K, P) changes around each of P places; 0 for a straight map."""
    change = slope.clamp(min=1e-12).log().diff(dim=1).abs()
    pad = torch.nn.functional.pad
    return (pad(change, (1, 0)) + pad(change, (0, 1))) / 2


def _tail_levels(count: int) -> Tensor:
    """Probabilities from _TAIL/2 to 1 - _TAIL/2, denser towards both ends."""
    even = torch.linspace(5e-4, 1 - 5e-4, count, dtype=torch.float64)
    p = torch.special.ndtr(1.3 * torch.special.ndtri(even))
    p[0], p[-1] = _TAIL / 2, 1 - _TAIL / 2
    return p
