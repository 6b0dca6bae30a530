"""Mixtures of Gaussians."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .density import Bounds, Density, Wrapped, check_positive
from .quadrature import standard_normal_grid

_REACH = 6.0  # standard deviations inside the bounds: 2e-8 of the mass is further out


class GaussianMixture(Density):
    """p(x) = sum_k w_k N(x; m_k, C_k).

    means        (K, 2)
    covariances  (K, 2, 2), symmetric positive definite; or a number or K numbers, the standard
                 deviations of isotropic components
    weights      (K,), positive, summing to 1; None means equal

    Raises ValueError on a wrong shape, a covariance that is not positive definite, or weights
    that do not sum to 1. The entropy is a quadrature around each component, by a grid in the
    component's own axes that is fine enough to resolve the narrowest of them.
    """

    name = "Gaussian mixture"

    def __init__(self, means: Any, covariances: Any = 1.0, weights: Any = None) -> None:
        self.means = _as_means(means)
        self.covariances = _as_covariances(covariances, len(self.means))
        self.weights = _as_weights(weights, len(self.means))
        self._factors = _cholesky(self.covariances)

    @property
    def bounds(self) -> Bounds:
        reach = _REACH * self.covariances.diagonal(dim1=-2, dim2=-1).sqrt()
        low, high = (self.means - reach).amin(0), (self.means + reach).amax(0)
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        which = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, 2, 1, generator=generator, dtype=torch.float64)
        return self.means[which] + (self._factors[which] @ noise).squeeze(-1)

    def _log_density(self, x: Tensor) -> Tensor:
        offsets = (x.unsqueeze(-2) - self.means).unsqueeze(-1)
        white = torch.linalg.solve_triangular(self._factors, offsets, upper=False).squeeze(-1)
        log_volume = self._factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        log_normal = -white.square().sum(-1) / 2 - log_volume - math.log(2 * math.pi)
        return torch.logsumexp(self.weights.log() + log_normal, dim=-1)

    def _entropy(self) -> float:
        widths = torch.linalg.eigvalsh(self.covariances).sqrt()
        sides = (28 * widths[:, -1] / widths.min()).clamp(40, 400).int().tolist()
        return float(sum(w * self._cross(k, sides[k]) for k, w in enumerate(self.weights)))

    def _cross(self, k: int, side: int) -> Tensor:
        """-E[log p] under component k."""
        nodes, weights = standard_normal_grid(side)
        return -weights @ self.log_prob(self.means[k] + nodes @ self._factors[k].mT)

    def _parameters(self) -> dict[str, Any]:
        return {"components": len(self.means)}


class EightGaussians(Wrapped):
    """Eight equal isotropic Gaussians on a circle, the benchmark of FFJORD.

    Centres at radius / sqrt 2, standard deviation std / sqrt 2 (FFJORD rounds the root to 1.414):
    the entropy is just below log 8 + log(2 pi e std^2 / 2), that of disjoint components.

    Grathwohl et al., "FFJORD", 2019, arXiv 1810.01367.
    """

    name = "eight Gaussians"

    def __init__(self, radius: float = 4.0, std: float = 0.5) -> None:
        check_positive(radius=radius, std=std)
        self.radius, self.std = radius, std
        angles = torch.arange(8, dtype=torch.float64) * (math.pi / 4)
        centres = torch.stack([angles.cos(), angles.sin()], dim=-1) * (radius / math.sqrt(2))
        super().__init__(GaussianMixture(centres, std / math.sqrt(2)))

    def _parameters(self) -> dict[str, Any]:
        return {"radius": self.radius, "std": self.std}


def _as_means(means: Any) -> Tensor:
    means = torch.as_tensor(means, dtype=torch.float64)
    if means.dim() != 2 or means.shape[0] == 0 or means.shape[1] != 2:
        raise ValueError(f"expected means of shape (K, 2), got {tuple(means.shape)}")
    return _finite("means", means)


def _as_covariances(covariances: Any, k: int) -> Tensor:
    given = _finite("covariances", torch.as_tensor(covariances, dtype=torch.float64))
    if given.shape == (k, 2, 2):
        return given
    if given.shape not in ((), (k,)):
        raise ValueError(
            f"expected covariances of shape ({k}, 2, 2) or standard deviations of shape () or "
            f"({k},), got {tuple(given.shape)}"
        )
    if (given <= 0).any():
        raise ValueError(f"expected standard deviations > 0, got {given.tolist()}")
    return given.expand(k).square()[:, None, None] * torch.eye(2, dtype=torch.float64)


def _as_weights(weights: Any, k: int) -> Tensor:
    if weights is None:
        return torch.full((k,), 1 / k, dtype=torch.float64)
    given = torch.as_tensor(weights, dtype=torch.float64)
    if given.shape != (k,):
        raise ValueError(f"expected {k} weights, got shape {tuple(given.shape)}")
    if not (given > 0).all() or abs(float(given.sum()) - 1) > 1e-6:
        raise ValueError(f"expected weights > 0 that sum to 1, got {given.tolist()}")
    return given / given.sum()


def _cholesky(covariances: Tensor) -> Tensor:
    factors, failed = torch.linalg.cholesky_ex(covariances)
    symmetric = torch.allclose(covariances, covariances.mT)
    if failed.any() or not symmetric:
        raise ValueError(
            f"expected symmetric positive definite covariances, got {covariances.tolist()}"
        )
    return factors


def _finite(name: str, values: Tensor) -> Tensor:
    if not torch.isfinite(values).all():
        raise ValueError(f"expected finite {name}, got {values.tolist()}")
    return values
