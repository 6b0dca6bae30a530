"""What moves the kept part of a funnel: bijections whose parameters are the context's alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ..layer import Bijection, event_shape
from ..nets import MLP
from .linear import LULinear
from .precise import precise
from .univariate import Univariate


class _MovedByContext(Bijection):
    """z_i = g(x_i; theta_i(context))."""

    def __init__(
        self, dim: int, univariate: Univariate, hidden: Sequence[int], context: int
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(dim)
        self.univariate, self.context_size = univariate, context
        self.net = MLP(context, hidden, univariate.identity().repeat_interleave(dim))

    def _params(self, context: Tensor) -> Tensor:
        """(count, ..., dim)."""
        return self.net(context).unflatten(-1, (self.univariate.count, -1)).movedim(-2, 0)

    def _map(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        z, log_slope = self.univariate.map(x, self._params(context))
        return z, log_slope.sum(-1)

    def _unmap(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        x, log_slope = self.univariate.unmap(z, self._params(context))
        return x, log_slope.sum(-1)

    def _path(self, x: Tensor, tau: float, context: Tensor) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return self.univariate.title

    @property
    def settings(self) -> str:
        return repr(self.univariate)


class _ShiftedLinear(Bijection):
    """z = L U x + b + V context."""

    def __init__(self, dim: int, context: int) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(dim)
        self.context_size = context
        self.linear = LULinear(dim)
        self.shift = nn.Parameter(torch.zeros(dim, context))

    @precise
    def _map(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        z, volume = self.linear._map(x, None)
        return z + linear(context, self.shift), volume

    @precise
    def _unmap(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return self.linear._unmap(z - linear(context, self.shift), None)

    def _path(self, x: Tensor, tau: float, context: Tensor) -> Tensor:
        return self.linear._path(x, tau, None) + tau * linear(context, self.shift)

    @property
    def title(self) -> str:
        return "linear"
