"""Two small layers whose exact answers are known, for the laws of surjections and of bounds."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from flowviz import Layer, Terms
from flowviz.layer import batch_shape
from flowviz.layers.room import straight
from flowviz.spaces import HALF_LINE


class Fold(Layer):
    """z = |x|, each sign lost with probability 1/2: decoder = -log 2 a coordinate."""

    kind, columns, latent_space = "surjection", ("decoder",), HALF_LINE

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (dim,)

    def _terms(self, v: Tensor) -> Terms:
        loss = -self.data_shape[0] * math.log(2)
        return Terms(decoder=v.new_full(batch_shape(v, self.data_shape), loss))

    def _forward(self, x: Tensor, context, mode: str) -> tuple[Tensor, Terms]:
        return x.abs(), self._terms(x)

    def _inverse(self, z: Tensor, context, mode: str, terms: bool) -> tuple[Tensor, Terms]:
        sign = 2 * torch.randint_like(z, 2) - 1 if mode == "sample" else 1
        return z * sign, self._terms(z)

    def _path(self, x: Tensor, tau: float, context) -> Tensor:
        return torch.lerp(x, x.abs(), tau)

    @property
    def action(self) -> str:
        return "negative coordinates are folded over"


class Pad(Layer):
    """z = (x, u) with u ~ N(0, 1): encoder = -log N(u). A lower bound."""

    kind, columns, exact = "stochastic", ("encoder",), False
    data_shape, latent_shape = (1,), (2,)

    def _terms(self, u: Tensor) -> Terms:
        return Terms(encoder=0.5 * u.square() + 0.5 * math.log(2 * math.pi))

    def _forward(self, x: Tensor, context, mode: str) -> tuple[Tensor, Terms]:
        u = torch.randn_like(x) if mode == "sample" else torch.zeros_like(x)
        return torch.cat([x, u], -1), self._terms(u[..., 0])

    def _inverse(self, z: Tensor, context, mode: str, terms: bool) -> tuple[Tensor, Terms]:
        return z[..., :1].clone(), self._terms(z[..., 1])

    def _path(self, x: Tensor, tau: float, context) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def action(self) -> str:
        return "a coordinate of noise is added"
