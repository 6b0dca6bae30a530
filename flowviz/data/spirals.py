"""Two spirals thickened by Gaussian noise."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, check_positive
from .quadrature import gauss_legendre, grid_entropy, normal_points

_NODES = 12  # Gauss-Legendre nodes a panel
_PANEL = 3.0  # length of a panel along the curve, in units of the noise
_CELLS = 4_000_000  # points times nodes handled at once


class TwoSpirals(Density):
    """Two arms of an Archimedean spiral, turned by pi against each other, plus N(0, noise^2 I).

        c(a) = (a / 3) (-cos a, sin a),   a = 2 pi turns sqrt(u),  u ~ U(0, 1),   x = +-c(a) + noise
        p(x) = (s(x) + s(-x)) / 2,        s(x) = int_0^1 N(x; c(a(u)), noise^2 I) du

    by composite Gauss-Legendre panels of three noise widths along the curve, finer at the outer
    end, which is all that a far point sees; the time of log_prob grows as 1 / noise. It is
    FFJORD's curve without the small uniform jitter that FFJORD adds to the Gaussian noise.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "two spirals"

    def __init__(self, noise: float = 0.1, turns: float = 1.5) -> None:
        check_positive(noise=noise, turns=turns)
        self.noise, self.turns = noise, turns
        self._curve, self._log_weights = self._quadrature()
        self._chunk = _CELLS // len(self._curve) + 1

    @property
    def bounds(self) -> Bounds:
        reach = self._end / 3 + 6 * self.noise
        return (-reach, reach), (-reach, reach)

    @property
    def _end(self) -> float:
        """The angle at which the spiral ends."""
        return 2 * math.pi * self.turns

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        angle = self._end * torch.rand(n, generator=generator, dtype=torch.float64).sqrt()
        sign = 1 - 2 * torch.randint(2, (n, 1), generator=generator)
        return sign * _spiral(angle) + normal_points(self.noise, n, generator)

    def _log_density(self, x: Tensor) -> Tensor:
        arms = torch.stack([self._log_arm(x), self._log_arm(-x)])
        return torch.logsumexp(arms, dim=0) - math.log(2)

    def _log_arm(self, x: Tensor) -> Tensor:
        curve, variance = self._curve, self.noise**2
        heights = self._log_weights - curve.square().sum(-1) / (2 * variance)
        log_sum = torch.logsumexp(torch.addmm(heights, x, curve.mT / variance), dim=-1)
        return log_sum - x.square().sum(-1) / (2 * variance) - math.log(2 * math.pi * variance)

    def _quadrature(self) -> tuple[Tensor, Tensor]:
        """Points (m, 2) on the arm and the logs (m,) of their weights, which sum to 1."""
        length = self._end**2 / 6 + self._end / 3  # an upper bound of the arm's
        panels = int(length / (_PANEL * self.noise)) + 1
        edges = self._end * _graded(panels).sqrt()
        nodes, weights = gauss_legendre(_NODES)
        angle = edges[:-1, None] + edges.diff()[:, None] * nodes
        du = edges.diff()[:, None] * weights * 2 * angle / self._end**2
        return _spiral(angle.flatten()), du.flatten().log()

    def _entropy(self) -> float:
        # p(-x) = p(x): the upper half plane has half of it.
        across, (_, top) = self.bounds
        return 2 * grid_entropy(self.log_prob, (across, (0.0, top)), self.noise)

    def _parameters(self) -> dict[str, Any]:
        return {"noise": self.noise, "turns": self.turns}


def _graded(panels: int) -> Tensor:
    """Edges of equal panels of [0, 1], the last one halved towards 1 again and again."""
    even = torch.linspace(0, 1, panels + 1, dtype=torch.float64)
    halves = 1 - 0.5 ** torch.arange(1, 12, dtype=torch.float64) / panels
    return torch.cat([even[:-1], halves, even[-1:]])


def _spiral(angle: Tensor) -> Tensor:
    return torch.stack([-angle.cos(), angle.sin()], dim=-1) * angle.unsqueeze(-1) / 3
