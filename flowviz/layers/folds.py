"""Symmetries folded away: absolute values and sorting, which lose a sign or an order.

Nielsen et al. 2020, "SurVAE Flows", table 1 and section 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..base import fold_mask
from ..layer import Terms, batch_shape, event_shape
from ..nets import ConditionalBernoulli
from ..nets.conditional import given_with
from ..spaces import HALF_LINE, SORTED, half_space
from .names import coordinates
from .room import turned_over
from .surjections import Surjection


class Abs(Surjection):
    """z = |x|, in all coordinates or in those of `indices`; the signs are dropped.

    Shapes: x, z (..., *shape); indices only for vectors. Ledger: decoder = log p(signs | z), which
    is -log 2 a sign for sign="fair"; for sign="learned" the odds of a plus come from an MLP that
    sees z and the context. Exact. The latent side is the half-line (or a half-space), so its
    base must be too, e.g. `HalfNormal`: on a Gaussian the plane would get mass 1/4.
    Zero counts as plus. Raises ValueError for unknown signs or indices; `inverse` for z < 0 there.
    Path: the negative half turns over like a page; seen from above it is a line half way.
    """

    folded: Tensor

    def __init__(
        self,
        shape: int | tuple[int, ...],
        indices: Sequence[int] | None = None,
        sign: str = "fair",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        mask = fold_mask(self.data_shape, indices)
        chosen = mask.flatten().nonzero().flatten()
        size, count = mask.numel(), len(chosen)
        self.latent_space = HALF_LINE if count == size else half_space(size, chosen.tolist())
        self.register_buffer("folded", mask, persistent=False)
        self.register_buffer("chosen", chosen, persistent=False)
        if sign not in ("fair", "learned") or (sign == "fair" and context):
            raise ValueError(
                'Abs: expected sign="fair" without context, or sign="learned", '
                f"got sign={sign!r}, context={context}"
            )
        self.context_size = context
        learned = sign == "learned"
        self.coin = ConditionalBernoulli(size + context, count, hidden) if learned else None

    def _given(self, z: Tensor, context: Tensor | None) -> Tensor:
        return given_with(z.flatten(z.dim() - len(self.data_shape)), context)

    def _price(self, plus: Tensor, z: Tensor, context: Tensor | None) -> Tensor:
        """log p(signs | z); plus holds 1 for plus and 0 for minus, (..., number of signs)."""
        if self.coin is None:
            return z.new_full(batch_shape(z, self.data_shape), -len(self.chosen) * math.log(2))
        return self.coin.log_prob(plus, self._given(z, context))

    def _fold(self, x: Tensor) -> Tensor:
        return torch.where(self.folded, x.abs(), x)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z = self._fold(x)
        flat = x.flatten(x.dim() - len(self.data_shape))
        plus = (flat[..., self.chosen] >= 0).to(x.dtype)
        return z, Terms(decoder=self._price(plus, z, context))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        self._check_reached(z)
        plus = self._signs(z, context, mode)
        signs = torch.ones_like(z).flatten(z.dim() - len(self.data_shape))
        signs = signs.index_copy(-1, self.chosen, 2 * plus - 1).reshape(z.shape)
        return z * signs, Terms(decoder=self._price(plus, z, context) if terms else None)

    def _signs(self, z: Tensor, context: Tensor | None, mode: str) -> Tensor:
        if self.coin is not None:
            draw = self.coin.sample if mode == "sample" else self.coin.mean
            return draw(self._given(z, context))
        even = z.new_full((*batch_shape(z, self.data_shape), len(self.chosen)), 0.5)
        return torch.bernoulli(even) if mode == "sample" else torch.ones_like(even)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return turned_over(x, self._fold(x), tau)

    @property
    def title(self) -> str:
        return "absolute value"

    @property
    def action(self) -> str:
        if self.folded.all():
            return "the signs are dropped: space is folded onto its positive corner"
        return f"the sign of {coordinates(self.chosen.tolist())} is dropped: space is folded"

    @property
    def settings(self) -> str:
        return f"folded={self.chosen.tolist()}, sign={'learned' if self.coin else 'fair'}"


class Sort(Surjection):
    """z = x in increasing order along the last axis; the order is dropped.

    Shapes: x, z (..., *shape), e.g. (dim,), or (rows, dim) with each row sorted by itself.
    Ledger: decoder = -log dim! a row, since every order is as likely. Exact. The latent side
    holds sorted vectors: its base is `SortedNormal`. Ties have measure zero and cost the same.
    `inverse` raises ValueError for z that is not in order.
    Path: the line to the sorted vector, eased; a swapped pair turns over like a page.
    """

    latent_space = SORTED

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)

    def _price(self, v: Tensor) -> Tensor:
        row = self.data_shape[-1]
        rows = math.prod(self.data_shape[:-1])
        return v.new_full(batch_shape(v, self.data_shape), -rows * math.lgamma(row + 1))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        return x.sort(-1).values, Terms(decoder=self._price(x))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        self._check_reached(z)
        if mode == "mean":
            return z.clone(), Terms(decoder=self._price(z))
        order = torch.rand_like(z).argsort(-1)
        return z.gather(-1, order), Terms(decoder=self._price(z))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return turned_over(x, x.sort(-1).values, tau)

    @property
    def title(self) -> str:
        return "sort"

    @property
    def action(self) -> str:
        return "the coordinates are put in increasing order, and the order is dropped"
