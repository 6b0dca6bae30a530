"""Autoregressive layers: every coordinate moves by an amount that those before it decide."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Bijection
from ..nets import MADE
from .inverse import Inverse
from .names import coordinate
from .univariate import Univariate


class MaskedAutoregressive(Bijection):
    """z_i = g(x_i; theta_i(x_1 .. x_{i-1}, context)).

    A univariate map g for each coordinate, its parameters from one MADE (`hidden` layer sizes).
    It starts at the identity. Data to latent is one pass of the network, latent to data `dim`
    steps in which every hidden unit is computed once.

    Shapes: x, z (..., dim), context (..., context) or None. Ledger: volume = sum_i of log slopes
    (the Jacobian is triangular). Exact. `order` is "forward", "backward", or the coordinates'
    indices in the order in which they come; ValueError unless it holds each once.
    Path: the straight line; its Jacobian is triangular with a positive diagonal at every tau.
    Papamakarios et al. 2017, "Masked Autoregressive Flow"; Durkan et al. 2019, RQ-NSF (AR).
    """

    order: Tensor
    rank: Tensor

    def __init__(
        self,
        dim: int,
        univariate: Univariate,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        order: str | Sequence[int] = "forward",
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (dim,)
        self.univariate, self.context_size = univariate, context
        self.net = MADE(dim, hidden, univariate.identity(), context)
        indices = torch.tensor(_indices(dim, order))
        self._straight = bool((indices.diff() > 0).all())
        self._turned = dim > 1 and bool((indices.diff() < 0).all())
        self.register_buffer("order", indices, persistent=False)
        self.register_buffer("rank", indices.argsort(), persistent=False)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x = self.arranged(x, self.order)
        z, log_slope = self.univariate.map(x, self.net(x, context))
        return self.arranged(z, self.rank), log_slope.sum(-1)

    def arranged(self, v: Tensor, order: Tensor) -> Tensor:
        """v[..., order] for `order` or `rank`, without a copy where that is v itself."""
        return v.flip(-1) if self._turned else v if self._straight else v[..., order]

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        batch = z.shape[:-1]
        columns = self.arranged(z, self.order).reshape(-1, z.shape[-1]).mT.contiguous()
        if self.context_size:
            context = context.expand(*batch, -1).reshape(-1, self.context_size)
        log_slopes = []

        def step(i: int, params: Tensor) -> Tensor:
            x, log_slope = self.univariate.unmap(columns[i], params)
            log_slopes.append(log_slope)
            return x

        rows = self.net.unroll(step, columns, context)
        x = self.arranged(rows.mT, self.rank).reshape(z.shape)
        return x, torch.stack(log_slopes).sum(0).reshape(batch)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return f"{self.univariate.title} autoregressive"

    @property
    def action(self) -> str:
        verb = self.univariate.action
        alone = f"{coordinate(int(self.order[0]))} {verb} by itself"
        if self.data_shape == (1,):
            return alone
        return f"{alone}; every other coordinate {verb}, by an amount that those before it decide"

    @property
    def settings(self) -> str:
        return f"order={self.order.tolist()}, {self.univariate!r}"


class InverseAutoregressive(Inverse):
    """x_i = g(z_i; theta_i(z_1 .. z_{i-1}, context)): MAF with its two sides exchanged.

    Latent to data, and the density of what was drawn, is one pass; the density of given data
    takes `dim` steps. Arguments, shapes, ledger and errors as in `MaskedAutoregressive`.
    Kingma et al. 2016, "Improving Variational Inference with Inverse Autoregressive Flow".
    """

    def __init__(
        self,
        dim: int,
        univariate: Univariate,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        order: str | Sequence[int] = "forward",
    ) -> None:
        super().__init__(MaskedAutoregressive(dim, univariate, hidden, context, order))


def _indices(dim: int, order: str | Sequence[int]) -> list[int]:
    named = {"forward": range(dim), "backward": range(dim)[::-1]}
    if isinstance(order, str) and order not in named:
        raise ValueError(
            f'MaskedAutoregressive: expected order="forward", "backward" or indices, got {order!r}'
        )
    indices = [int(i) for i in (named[order] if isinstance(order, str) else order)]
    if sorted(indices) != list(range(dim)):
        raise ValueError(
            f"MaskedAutoregressive: expected each of {dim} coordinates once, got order={order!r}"
        )
    return indices
