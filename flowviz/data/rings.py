"""Concentric circles thickened by Gaussian noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, Wrapped, check_positive
from .quadrature import midpoints, normal_points


class Rings(Density):
    """Equal odds for each of K circles about the origin, plus N(0, noise^2 I).

        p(x) = (1/K) sum_k exp(-(rho^2 + r_k^2) / 2 s^2) I_0(rho r_k / s^2) / (2 pi s^2),

    rho = |x|, s = noise, I_0 the modified Bessel function: the Gaussian averaged round a circle.
    The defaults are FFJORD's rings.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "rings"

    def __init__(
        self, radii: Sequence[float] = (0.75, 1.5, 2.25, 3.0), noise: float = 0.08
    ) -> None:
        check_positive(noise=noise)
        if len(radii) == 0:
            raise ValueError("expected at least one radius, got none")
        for radius in radii:
            check_positive(radius=radius)
        self.radii, self.noise = tuple(radii), noise

    @property
    def bounds(self) -> Bounds:
        reach = max(self.radii) + 6 * self.noise
        return (-reach, reach), (-reach, reach)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        which = torch.randint(len(self.radii), (n,), generator=generator)
        angle = 2 * math.pi * torch.rand(n, generator=generator, dtype=torch.float64)
        radius = torch.tensor(self.radii, dtype=torch.float64)[which]
        circle = radius.unsqueeze(-1) * torch.stack([angle.cos(), angle.sin()], dim=-1)
        return circle + normal_points(self.noise, n, generator)

    def _log_density(self, x: Tensor) -> Tensor:
        return self._log_radial(torch.linalg.vector_norm(x, dim=-1))

    def _log_radial(self, rho: Tensor) -> Tensor:
        """log p at distance rho from the origin, (m,) -> (m,)."""
        rho, radii = rho.unsqueeze(-1), torch.tensor(self.radii, dtype=rho.dtype)
        variance = self.noise**2
        # i0e(a) = exp(-a) I_0(a), which completes the square in the exponent.
        square = (rho - radii) ** 2 / (2 * variance)
        log_ring = torch.special.i0e(rho * radii / variance).log() - square
        return torch.logsumexp(log_ring, dim=-1) - math.log(
            2 * math.pi * variance * len(self.radii)
        )

    def _entropy(self) -> float:
        rho, step = midpoints(0.0, self.bounds[0][1], self.noise / 20)
        circumference = 2 * math.pi * rho
        return step * float(circumference @ torch.special.entr(self._log_radial(rho).exp()))

    def _parameters(self) -> dict[str, Any]:
        return {"radii": self.radii, "noise": self.noise}


class Circles(Wrapped):
    """Two concentric circles, of radius and factor * radius, with Gaussian noise.

    scikit-learn's make_circles with independent draws, scaled by 3 as FFJORD does.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "circles"

    def __init__(self, radius: float = 3.0, factor: float = 0.5, noise: float = 0.24) -> None:
        check_positive(radius=radius, factor=factor, noise=noise)
        if factor >= 1:
            raise ValueError(f"expected factor below 1, got {factor}")
        self.radius, self.factor, self.noise = radius, factor, noise
        super().__init__(Rings((factor * radius, radius), noise))

    def _parameters(self) -> dict[str, Any]:
        return {"radius": self.radius, "factor": self.factor, "noise": self.noise}
