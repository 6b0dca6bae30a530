"""Coupling layers: some coordinates stay and decide how the others move."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..nets import MLP
from .coupled import Coupled, Step
from .names import coordinates
from .univariate import Additive, RationalQuadratic, Univariate
from .univariate import Affine as AffineMap


class Coupling(Coupled):
    """z_kept = x_kept;  z_moved = g(x_moved; theta(x_kept, context)).

    A univariate map g for each moved coordinate, its parameters from an MLP (`hidden` layer
    sizes) that sees only the coordinates that stay. It starts at the identity.

    Shapes: x, z (..., dim), context (..., context) or None. Ledger: volume = sum of log slopes
    over the moved coordinates. Exact. `keep` is "first" (half, rounded up), "second", or the
    indices that stay. Raises ValueError if nothing would stay or nothing would move.
    Path: the straight line, increasing in every moved coordinate at every tau.
    Dinh et al. 2014, "NICE"; 2016, "RealNVP"; Durkan et al. 2019, "Neural Spline Flows".
    """

    kept: Tensor
    moved: Tensor
    order: Tensor

    def __init__(
        self,
        dim: int,
        univariate: Univariate,
        keep: str | Sequence[int] = "first",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (dim,)
        self.univariate, self.context_size = univariate, context
        kept = _kept_indices(dim, keep)
        moved = [i for i in range(dim) if i not in kept]
        self.register_buffer("kept", torch.tensor(kept), persistent=False)
        self.register_buffer("moved", torch.tensor(moved), persistent=False)
        self.register_buffer("order", torch.tensor([*kept, *moved]).argsort(), persistent=False)
        start = univariate.identity().repeat_interleave(len(moved))
        self.net = MLP(len(kept) + context, hidden, start)
        self.sizes, self.keeps_first = _halves(kept, moved), kept[0] == 0
        self._names = coordinates(kept), coordinates(moved), len(kept) > 1, len(moved) > 1

    def _split(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """The coordinates that stay and those that move: slices where they are the two halves."""
        if self.sizes is None:
            return v[..., self.kept], v[..., self.moved]
        halves = v.split_with_sizes(self.sizes, -1)
        return halves if self.keeps_first else halves[::-1]

    def _join(self, kept: Tensor, moved: Tensor) -> Tensor:
        if self.sizes is None:
            return torch.cat([kept, moved], -1)[..., self.order]
        return torch.cat([kept, moved] if self.keeps_first else [moved, kept], -1)

    def _seen(self, kept: Tensor, context: Tensor | None) -> Tensor:
        if not self.context_size:
            return kept
        return torch.cat([kept, context.expand(*kept.shape[:-1], -1)], -1)

    def _apply_to(self, v: Tensor, context: Tensor | None, step: Step) -> tuple[Tensor, Tensor]:
        kept, moved = self._split(v)
        seen, g = self._seen(kept, context), self.univariate
        if g.columns:
            out, volume = self._by_columns(moved, seen, step)
        else:
            params = self.net(seen).unflatten(-1, (g.count, -1)).movedim(-2, 0)
            out, log_slope = step(moved, params)
            volume = log_slope.sum(-1)
        return self._join(kept, out), volume

    def _by_columns(self, moved: Tensor, seen: Tensor, step: Step) -> tuple[Tensor, Tensor]:
        """A point a column: the net's last product lays out the parameters in that way."""
        batch, size = moved.shape[:-1], moved.shape[-1]
        params = self.net.columns(seen.reshape(-1, seen.shape[-1]))
        params = params.unflatten(0, (self.univariate.count, size))
        out, log_slope = step(moved.reshape(-1, size).mT.contiguous(), params)
        return out.mT.reshape(*batch, size), log_slope.sum(0).reshape(batch)

    @property
    def settings(self) -> str:
        return f"keep={self.kept.tolist()}, {self.univariate!r}"

    @property
    def action(self) -> str:
        kept, moved, many_kept, many_moved = self._names
        stay, decide = ("stay", "decide") if many_kept else ("stays", "decides")
        return f"{kept} {stay}; {moved} {self._verb(many_moved)}, by an amount that {kept} {decide}"


def _halves(kept: list[int], moved: list[int]) -> list[int] | None:
    """The sizes of the two parts in order, if each is one run of coordinates; else None."""
    parts = sorted((kept, moved))
    return [len(part) for part in parts] if sum(parts, []) == sorted(kept + moved) else None


def _kept_indices(dim: int, keep: str | Sequence[int]) -> list[int]:
    half = (dim + 1) // 2
    named = {"first": range(half), "second": range(half, dim)}
    if isinstance(keep, str) and keep not in named:
        raise ValueError(f'Coupling: expected keep="first", "second" or indices, got {keep!r}')
    kept = sorted(set(map(operator.index, named[keep] if isinstance(keep, str) else keep)))
    if not 0 < len(kept) < dim or kept[0] < 0 or kept[-1] >= dim:
        raise ValueError(
            f"Coupling: expected some but not all of {dim} coordinates to stay, got keep={keep!r}"
        )
    return kept


class AdditiveCoupling(Coupling):
    """z_moved = x_moved + t(x_kept). Ledger: volume = 0. Exact. Dinh et al. 2014, "NICE".

    Starts near the identity, not at it: on symmetric data the mean of x_moved given x_kept is
    zero everywhere, so t = 0 is a saddle that gradient descent would not leave.
    """

    def __init__(
        self,
        dim: int,
        keep: str | Sequence[int] = "first",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__(dim, Additive(), keep, hidden, context)
        nn.init.normal_(self.net.linears[-1].weight, std=0.1)


class AffineCoupling(Coupling):
    """z_moved = exp(s) x_moved + t, s = limit tanh(s'/limit), (s', t) = net(x_kept).

    Ledger: volume = sum s. Exact. Dinh et al. 2016, "RealNVP".
    """

    def __init__(
        self,
        dim: int,
        keep: str | Sequence[int] = "first",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        limit: float | None = 3.0,
    ) -> None:
        super().__init__(dim, AffineMap(limit), keep, hidden, context)


class SplineCoupling(Coupling):
    """z_moved = rational-quadratic spline of x_moved, its bins chosen by x_kept.

    Ledger: volume = sum of log slopes. Exact. Identity outside [-bound, bound].
    Durkan et al. 2019, "Neural Spline Flows", RQ-NSF (C).
    """

    def __init__(
        self,
        dim: int,
        keep: str | Sequence[int] = "first",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        bins: int = 8,
        bound: float = 3.5,
    ) -> None:
        super().__init__(dim, RationalQuadratic(bins, bound), keep, hidden, context)
