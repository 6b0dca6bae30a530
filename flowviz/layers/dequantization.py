"""Dequantization: whole numbers are given noise, so that a density has something to stand on.

A lower bound: -log q(u | x) in the encoder column gives the noise back. Theis et al. 2015; Ho et
al. 2019, "Flow++", section 3.1.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from ..asking import may_ask
from ..layer import Terms, batch_shape, event_shape
from ..nets import Conditional, ConditionalLogitNormal
from ..nets.conditional import given_with
from ..spaces import CUBE, INTEGERS
from .stochastic import Stochastic


class Dequantization(Stochastic):
    """z = (x + u) / levels, u in [0, 1): whole numbers x in 0 .. levels-1 fill the unit cube.

    Ledger: encoder = -log q(z | x) = -D log levels - log q(u | x); concrete ones write
    `_draw(x, context, mode) -> u` and `_log_q(u, x, context)`. Coming back x = floor(levels z).
    z lies strictly between 0 and 1: a draw that rounding would carry out of its cell is put just
    inside, at its own price. Beyond the cube (where `Logit` with alpha > 0 can arrive) z belongs
    to the nearest cell, and since no x reaches it the encoder is +inf.
    """

    data_space = INTEGERS
    latent_space = CUBE

    def __init__(self, shape: int | tuple[int, ...], levels: int = 256) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        if levels < 2:
            raise ValueError(f"{type(self).__name__}: expected levels >= 2, got {levels}")
        self.levels = levels

    @abstractmethod
    def _draw(self, x: Tensor, context: Tensor | None, mode: str) -> Tensor: ...

    @abstractmethod
    def _log_q(self, u: Tensor, x: Tensor, context: Tensor | None) -> Tensor: ...

    def _terms(self, u: Tensor, x: Tensor, context: Tensor | None) -> Terms:
        cells = math.prod(self.data_shape) * math.log(self.levels)
        inside = ((u >= 0) & (u <= 1)).flatten(u.dim() - len(self.data_shape)).all(-1)
        return Terms(encoder=torch.where(inside, -self._log_q(u, x, context) - cells, math.inf))

    def _cell(self, z: Tensor) -> Tensor:
        return (self.levels * z).floor().clamp(0, self.levels - 1)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        check_levels(x, self.levels, f"{self.title}: x on the data side")
        u = self._draw(x, context, mode)
        z = (x + u) / self.levels
        stays = (self._cell(z) == x) & (z > 0) & (z < 1)
        z = torch.where(stays, z, (x + _within(u, x)) / self.levels)
        return z, self._terms(u, x, context)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x = self._cell(z)
        return x, self._terms(self.levels * z - x, x, context) if terms else Terms()

    @property
    def settings(self) -> str:
        return f"levels={self.levels}"


class UniformDequantization(Dequantization):
    """z = (x + u) / levels with u uniform on [0, 1).

    Shapes: x, z (..., *shape). Ledger: encoder = -D log levels. Lower bound: bits per dimension
    of x are -log2 p(z) / D + log2 levels. Raises ValueError for x that are not whole numbers from
    0 to levels - 1. Path: straight. Theis et al. 2015.
    """

    def _draw(self, x: Tensor, context: Tensor | None, mode: str) -> Tensor:
        return torch.rand_like(x) if mode == "sample" else torch.full_like(x, 0.5)

    def _log_q(self, u: Tensor, x: Tensor, context: Tensor | None) -> Tensor:
        return u.new_zeros(batch_shape(u, self.data_shape))

    @property
    def title(self) -> str:
        return "uniform dequantization"

    @property
    def action(self) -> str:
        return "every whole number is spread evenly over its cell"


class VariationalDequantization(Dequantization):
    """z = (x + u) / levels with u ~ q(u | x), learned.

    Shapes: x, z (..., *shape). Ledger: encoder = -log q(u | x) - D log levels. Lower bound, tighter
    than the uniform one once q has learned how mass lies within a cell. q is a logistic Gaussian
    whose mean and spread an MLP finds from x and the context, or any `Conditional` on the open
    cube that is given (x + 1/2) / levels, flat. Path: straight, to q's middle.
    Ho et al. 2019, "Flow++", section 3.1.
    """

    def __init__(
        self,
        shape: int | tuple[int, ...],
        levels: int = 256,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        encoder: Conditional | None = None,
    ) -> None:
        super().__init__(shape, levels)
        size = math.prod(self.data_shape)
        self.context_size = context
        default = encoder is None
        self.encoder = ConditionalLogitNormal(size + context, size, hidden) if default else encoder

    def _given(self, x: Tensor, context: Tensor | None) -> Tensor:
        flat = x.flatten(x.dim() - len(self.data_shape))
        return given_with((flat + 0.5) / self.levels, context)

    def _draw(self, x: Tensor, context: Tensor | None, mode: str) -> Tensor:
        draw = self.encoder.sample if mode == "sample" else self.encoder.mean
        return draw(self._given(x, context)).reshape(x.shape)

    def _log_q(self, u: Tensor, x: Tensor, context: Tensor | None) -> Tensor:
        flat = u.flatten(u.dim() - len(self.data_shape))
        return self.encoder.log_prob(flat, self._given(x, context))

    @property
    def title(self) -> str:
        return "variational dequantization"

    @property
    def action(self) -> str:
        return "every whole number is spread over its cell, in a way that is learned"


def _within(u: Tensor, x: Tensor) -> Tensor:
    """u in [0, 1], as far from 0 and 1 as (x + u) / levels needs to stay in its cell."""
    margin = (2 * torch.finfo(x.dtype).eps * (x + 1)).clamp(max=0.5)
    return torch.minimum(torch.maximum(u, margin), 1 - margin)


def check_levels(x: Tensor, levels: int, what: str) -> None:
    """Raise unless x holds whole numbers from 0 to levels - 1 (where `may_ask`)."""
    if not may_ask(x):
        return
    good = (x == x.floor()) & (x >= 0) & (x < levels)
    if not good.all():
        bad = float(x[~good].flatten()[0])
        raise ValueError(f"{what}: expected whole numbers from 0 to {levels - 1}, got {bad:g}")
