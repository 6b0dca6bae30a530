"""The pinwheel: Gaussian arms bent into a swirl by an explicit change of variables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, check_positive, positive_integer
from .quadrature import standard_normal_grid

_SCALE = 2.0
_DENSE = 1000.0  # windings per radian beyond which only their average is seen


class Pinwheel(Density):
    """Equal arms, each a long Gaussian swirled about the origin, as in FFJORD.

    f = (1 + radial_std e_0, tangential_std e_1), e ~ N(0, I), an arm k in {0..arms-1}, and

        x = 2 R(-angle) f,   angle = 2 pi k / arms + rate exp(f_0),
        |det dx/df| = 4 |1 + rate exp(f_0) f_1|.

    The radius is kept, |x| = 2 |f|. With f = (r cos t, r sin t), the points f that land on x are
    the roots t of t - rate exp(r cos t) = arg x (mod 2 pi / arms); log_prob sums over them. Far
    out (rate exp(r) > 1000, beyond radius 16, 24 standard deviations) the windings lie denser
    than anything can resolve, and their angular average is given instead.

    radial_std must be at least tangential_std: arms are long, not wide.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367; Johnson et al., 2016, arXiv 1603.06277.
    """

    name = "pinwheel"

    def __init__(
        self,
        radial_std: float = 0.3,
        tangential_std: float = 0.1,
        arms: int = 5,
        rate: float = 0.25,
    ) -> None:
        check_positive(radial_std=radial_std, tangential_std=tangential_std, rate=rate)
        if tangential_std > radial_std:
            raise ValueError(
                f"expected tangential_std <= radial_std, got {tangential_std} > {radial_std}"
            )
        self.radial_std, self.tangential_std = radial_std, tangential_std
        self.arms, self.rate = positive_integer("arms", arms), rate

    @property
    def bounds(self) -> Bounds:
        reach = _SCALE * (1 + 6 * self.radial_std)
        return (-reach, reach), (-reach, reach)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        arm = torch.randint(self.arms, (n,), generator=generator)
        return self._swirl(self._features(noise), arm)

    def _features(self, noise: Tensor) -> Tensor:
        stds = torch.tensor([self.radial_std, self.tangential_std], dtype=torch.float64)
        return stds * noise + torch.tensor([1.0, 0.0])

    def _swirl(self, f: Tensor, arm: Tensor) -> Tensor:
        angle = 2 * math.pi * arm / self.arms + self.rate * f[:, 0].exp()
        cos, sin = angle.cos(), angle.sin()
        x, y = cos * f[:, 0] + sin * f[:, 1], cos * f[:, 1] - sin * f[:, 0]
        return _SCALE * torch.stack([x, y], dim=-1)

    def _log_density(self, x: Tensor) -> Tensor:
        # The angle of the origin is undefined: read the density a hair beside it.
        origin = (x == 0).all(-1, keepdim=True)
        x = torch.where(origin, torch.full_like(x, 1e-12), x) / _SCALE
        r, angle = torch.linalg.vector_norm(x, dim=-1), torch.atan2(x[:, 1], x[:, 0])
        limit = math.log(_DENSE / self.rate)
        wound = self._log_roots(r.clamp(max=limit), angle)
        return torch.where(r < limit, wound, self._log_average(r.clamp(min=limit)))

    def _log_roots(self, r: Tensor, angle: Tensor) -> Tensor:
        """log p by the sum over all features that land at (r, angle)."""
        r, angle = r[:, None, None], angle[:, None, None]
        with torch.no_grad():
            t, level, found = self._roots(r, angle)
        # One Newton step from the root: moves nothing, and hands the root's gradient on.
        miss = torch.where(found, self._wind(r, t) - (level + angle), 0.0)
        t = t - miss / self._slope(r, t).detach()
        log_terms = self._log_feature(r * t.cos(), r * t.sin()) - self._slope(r, t).abs().log()
        log_terms = torch.where(found, log_terms, -torch.inf)
        return torch.logsumexp(log_terms.flatten(1), dim=1) - math.log(self.arms * _SCALE**2)

    def _roots(self, r: Tensor, angle: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Roots t of wind(r, t) = angle + level, the levels, and which of them exist.

        wind rises, falls, and rises again as t goes from -pi to pi: three monotone stretches, on
        each of which a level is found by bisection. Levels far from wind(r, 0) do not count.
        """
        spacing = 2 * math.pi / self.arms
        reach = self.arms // 2 + 2
        nearest = ((self._wind(r, torch.zeros_like(r)) - angle) / spacing).round()
        level = spacing * (nearest + torch.arange(-reach, reach + 1, dtype=r.dtype))
        low, high = self._stretches(r)
        target = level + angle
        at_low, at_high = self._wind(r, low), self._wind(r, high)
        found = (target > torch.minimum(at_low, at_high)) & (
            target <= torch.maximum(at_low, at_high)
        )
        t = bisect(lambda t: self._wind(r, t) - target, low, high)
        # t = 0, where the slope is 1, is a safe stand-in for a root that does not exist.
        return torch.where(found, t, 0.0), level, found

    def _stretches(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Ends (m, 3, 1) of the monotone stretches of wind; the first two are empty for small r."""
        steepest = -torch.acos((torch.sqrt(1 + 4 * r**2) - 1) / (2 * r))
        start, end = torch.full_like(r, -math.pi), torch.full_like(r, math.pi)
        folds = self._slope(r, steepest) < 0
        first = bisect(lambda t: self._slope(r, t), start, steepest)
        second = bisect(lambda t: self._slope(r, t), steepest, torch.zeros_like(r))
        first, second = torch.where(folds, first, start), torch.where(folds, second, start)
        return torch.cat([start, first, second], 1), torch.cat([first, second, end], 1)

    def _wind(self, r: Tensor, t: Tensor) -> Tensor:
        """Angle at which the feature (r cos t, r sin t) of arm 0 lands."""
        return t - self.rate * (r * t.cos()).exp()

    def _slope(self, r: Tensor, t: Tensor) -> Tensor:
        """d wind / dt = 1 + rate exp(f_0) f_1, which is also det dx/df / 4."""
        return 1 + self.rate * r * t.sin() * (r * t.cos()).exp()

    def _log_feature(self, f0: Tensor, f1: Tensor) -> Tensor:
        energy = ((f0 - 1) / self.radial_std) ** 2 + (f1 / self.tangential_std) ** 2
        return -energy / 2 - math.log(2 * math.pi * self.radial_std * self.tangential_std)

    def _log_average(self, r: Tensor) -> Tensor:
        """log of the mean density on the circle |x| = 2 r, by Laplace's method about t = 0."""
        curvature = (r / self.tangential_std) ** 2 - r * (r - 1) / self.radial_std**2
        log_mean = self._log_feature(r, torch.zeros_like(r)) - (2 * math.pi * curvature).log() / 2
        return log_mean - math.log(_SCALE**2)

    def _entropy(self) -> float:
        # All arms look alike, so the average over one of them is the average over all.
        nodes, weights = standard_normal_grid(40)
        x = self._swirl(self._features(nodes), torch.zeros(len(nodes)))
        return -float(weights @ self.log_prob(x))

    def _parameters(self) -> dict[str, Any]:
        return {
            "radial_std": self.radial_std,
            "tangential_std": self.tangential_std,
            "arms": self.arms,
            "rate": self.rate,
        }


def bisect(f: Callable[[Tensor], Tensor], low: Tensor, high: Tensor) -> Tensor:
    """A root of f between low and high, to 52 halvings, wherever f changes sign between them."""
    sign = f(low).sign()
    for _ in range(52):
        middle = (low + high) / 2
        before = f(middle).sign() == sign
        low, high = torch.where(before, middle, low), torch.where(before, high, middle)
    return (low + high) / 2
