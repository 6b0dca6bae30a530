"""Base distributions: what the latent z is compared with."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from .layer import event_shape
from .spaces import REALS, Space


class Base(nn.Module, ABC):
    """A distribution over z (..., *shape) with log_prob in nats and sampling at a temperature."""

    shape: tuple[int, ...]
    support: Space
    title: str

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats, batch shape."""

    @abstractmethod
    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        """n draws (n, *shape); temperature scales the spread (1: the model itself)."""

    @abstractmethod
    def icdf(self, p: Tensor) -> Tensor:
        """Quantiles of one coordinate (the coordinates are independent and alike)."""


class StandardNormal(Base):
    """N(0, I) on R^shape: log p(z) = -|z|^2/2 - (D/2) log 2 pi."""

    title = "standard normal"
    support = REALS
    anchor: Tensor

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__()
        self.shape = event_shape(shape)
        self.register_buffer("anchor", torch.zeros(()), persistent=False)  # carries dtype, device
        self._log_norm = 0.5 * math.prod(self.shape) * math.log(2 * math.pi)

    def log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * z.square().sum(tuple(range(-len(self.shape), 0))) - self._log_norm

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(n, *self.shape, dtype=self.anchor.dtype, device=self.anchor.device)
        return temperature * noise

    def icdf(self, p: Tensor) -> Tensor:
        return torch.special.ndtri(p)

    def __repr__(self) -> str:
        return f"StandardNormal({', '.join(map(str, self.shape))})"

