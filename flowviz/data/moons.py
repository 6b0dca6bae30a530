"""Two moons: half circles thickened by Gaussian noise."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, check_positive
from .quadrature import gauss_legendre, grid_entropy, normal_points

_SCALE, _SHIFT = 2.0, (-1.0, -0.2)
_DEPTH = 36.0  # nats: parts of the arc that are fainter by more than this are left out
_NODES = 40


class TwoMoons(Density):
    """Two interleaved half circles of radius 1 with Gaussian noise, as FFJORD scales them.

    x = 2 u + (-1, -0.2), where u is, with equal odds, (cos t, sin t) or (1 - cos t, 1/2 - sin t),
    t ~ U(0, pi), plus N(0, noise^2 I): scikit-learn's make_moons with independent draws. So

        p(u) = (arc(u) + arc((1, 1/2) - u)) / 2,   arc(u) = (1/pi) int_0^pi N(u; c(t), noise^2) dt

    and each arc is one Gauss-Legendre rule over the stretch of the arc that the point sees.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "two moons"

    def __init__(self, noise: float = 0.1) -> None:
        check_positive(noise=noise)
        self.noise = noise

    @property
    def bounds(self) -> Bounds:
        reach = 6 * _SCALE * self.noise
        return (-3 - reach, 3 + reach), (-1.2 - reach, 1.8 + reach)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        t = math.pi * torch.rand(n, generator=generator, dtype=torch.float64)
        upper = torch.rand(n, 1, generator=generator) < 0.5
        arc = torch.stack([t.cos(), t.sin()], dim=-1)
        u = torch.where(upper, arc, _reflect(arc)) + normal_points(self.noise, n, generator)
        return _SCALE * u + torch.tensor(_SHIFT)

    def _log_density(self, x: Tensor) -> Tensor:
        u = (x - torch.tensor(_SHIFT, dtype=x.dtype)) / _SCALE
        moons = torch.stack([_log_arc(u, self.noise), _log_arc(_reflect(u), self.noise)])
        return torch.logsumexp(moons, dim=0) - math.log(2 * _SCALE**2)

    def _entropy(self) -> float:
        return grid_entropy(self.log_prob, self.bounds, _SCALE * self.noise / 2)

    def _parameters(self) -> dict[str, Any]:
        return {"noise": self.noise}


def _reflect(u: Tensor) -> Tensor:
    """The half turn that swaps the two moons."""
    return torch.tensor([1.0, 0.5], dtype=u.dtype) - u


def _log_arc(u: Tensor, sigma: float) -> Tensor:
    """log density of the upper half circle with noise, (m, 2) -> (m,).

    Angles are measured from the top of the arc, so the arc is [-pi/2, pi/2] and the point, folded
    to the right-hand side, stands at psi in [0, pi].
    """
    u = torch.stack([u[..., 0].abs(), u[..., 1]], dim=-1)
    nodes, log_weights = _visible_nodes(u.detach(), sigma)
    arc = torch.stack([nodes.sin(), nodes.cos()], dim=-1)
    squared = (u.unsqueeze(-2) - arc).square().sum(-1)
    log_normal = -squared / (2 * sigma**2) - math.log(2 * math.pi * sigma**2)
    return torch.logsumexp(log_weights + log_normal, dim=-1)


def _visible_nodes(u: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Angles (m, 2 * nodes) on the arc and the logs of their weights, for points u (m, 2).

    Along the arc, log N falls as kappa cos(angle - psi), kappa = |u| / sigma^2. The nodes cover
    what lies within _DEPTH nats of the nearest point of the arc: one window about psi, and one
    that comes round from the far end for a point below the arc.
    """
    edge = math.pi / 2
    psi = torch.atan2(u[:, 0], u[:, 1])
    nearest = (psi - edge).clamp(min=0)
    drop = _DEPTH * sigma**2 / torch.linalg.vector_norm(u, dim=-1)
    reach = torch.acos((nearest.cos() - drop).clamp(min=-1))
    low = torch.stack([(psi - reach).clamp(min=-edge), torch.full_like(psi, -edge)], dim=-1)
    high = torch.stack([psi + reach, psi + reach - 2 * math.pi], dim=-1).clamp(max=edge)
    width = (high - low).clamp(min=0)
    nodes, weights = gauss_legendre(_NODES)
    angles = low.unsqueeze(-1) + width.unsqueeze(-1) * nodes
    log_weights = (width.unsqueeze(-1) * weights / math.pi).log()
    return angles.flatten(-2), log_weights.flatten(-2)
