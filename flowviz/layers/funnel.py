"""Funnels: some coordinates decide how the others move, and are then dropped.

For every dropped part x-, the kept part x+ moves one to one, z = f(x+; x-), so

    volume = log |det df/dx+|,        decoder = log p(x- | z)

Exact. Coming back x- is drawn from p(. | z) and x+ = f^-1(z; x-): whatever x- was drawn, f leads
to the same z again. The fibres of z, where x is told apart only by the decoder, bend with f.
Klein et al. 2021, "Funnels: exact maximum likelihood with dimensionality reduction".
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..nets import Conditional
from ..nets.conditional import given_with
from ..spaces import REALS
from .autoregressive import MaskedAutoregressive
from .moved_by_context import _MovedByContext, _ShiftedLinear
from .names import coordinates
from .room import in_room
from .surjections import Surjection, gaussian_decoder, kept_first
from .univariate import RationalQuadratic, Univariate

Keep = int | Sequence[int]


class Funnel(Surjection):
    """z = f(x+; x-) for any bijection f that takes x- (and the context after it) as its context.

    Shapes: x (..., dim), z (..., kept). Ledger: volume of f, decoder = log p(x- | z). Exact unless
    the volume of f is an estimate.
    `keep` is a count (the first coordinates) or indices; `decoder` is "conditional" (a Gaussian
    from an MLP of z and the context), "standard_normal", or any `Conditional`. Raises ValueError
    unless some but not all coordinates stay, or if f does not fit.
    Path: f's own, while x- shrinks to 0: one to one until tau = 1. Klein et al. 2021.
    """

    columns = ("volume", "decoder")
    order: Tensor

    def __init__(
        self,
        dim: int,
        keep: Keep,
        bijection: Layer,
        decoder: str | Conditional = "conditional",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        order, kept = kept_first(dim, keep), _count(dim, keep)
        wanted = (kept,), dim - kept + context
        if (bijection.kind, bijection.data_space) != ("bijection", REALS):
            raise ValueError(
                f"{type(self).__name__}: expected a bijection, got {bijection.title} "
                f"({bijection.kind}) from {bijection.data_space}"
            )
        if (bijection.data_shape, bijection.context_size) != wanted:
            raise ValueError(
                f"{type(self).__name__}: expected a bijection of {kept} coordinates with context "
                f"{wanted[1]}, got one of shape {bijection.data_shape} with context "
                f"{bijection.context_size}"
            )
        self.data_shape, self.latent_shape = (dim,), (kept,)
        self.latent_space, self.bijection = bijection.latent_space, bijection
        self.exact, self.estimated = bijection.exact, bijection.estimated
        self.context_size = context
        self.register_buffer("order", torch.tensor(order))
        self.decoder = gaussian_decoder(decoder, kept + context, dim - kept, hidden)

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True if the bijection is."""
        return self.bijection.cut

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let layers of the bijection that start from data (ActNorm) do so."""
        if hasattr(self.bijection, "initialize"):
            kept, dropped = self._parts(x)
            self.bijection.initialize(kept, given_with(dropped, context))

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        kept = self.latent_shape[0]
        return x[..., self.order[:kept]], x[..., self.order[kept:]]

    def _joined(self, kept: Tensor, dropped: Tensor) -> Tensor:
        return torch.cat([kept, dropped], -1)[..., self.order.argsort()]

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        kept, dropped = self._parts(x)
        z, row = self.bijection._forward(kept, given_with(dropped, context), mode)
        return z, Terms(row.volume, self.decoder.log_prob(dropped, given_with(z, context)))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        given = given_with(z, context)
        dropped = self.decoder.sample(given) if mode == "sample" else self.decoder.mean(given)
        kept, row = self.bijection._inverse(z, given_with(dropped, context), mode, terms)
        price = self.decoder.log_prob(dropped, given) if terms else None
        return self._joined(kept, dropped), Terms(row.volume, price)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        kept, dropped = self._parts(x)
        moved = self.bijection._path(kept, tau, given_with(dropped, context))
        end = in_room(moved, self.latent_shape, self.data_shape)
        return torch.lerp(self._joined(moved, dropped), end, tau)

    @property
    def title(self) -> str:
        return f"{self.bijection.title} funnel"

    @property
    def action(self) -> str:
        kept, dropped = self.order.tensor_split([self.latent_shape[0]])
        names, many = coordinates(dropped.tolist()), len(dropped) > 1
        decide, fate = ("decide", "are") if many else ("decides", "is")
        moving = coordinates(kept.tolist())
        move = "move" if len(kept) > 1 else "moves"
        return f"{names} {decide} how {moving} {move}, and {fate} dropped"

    @property
    def settings(self) -> str:
        return f"decoder={type(self.decoder).__name__}"


class _UnivariateFunnel(Funnel):
    """A univariate map g for each kept coordinate, its parameters from what `mover` sees."""

    mover: type[Layer]

    def __init__(
        self,
        dim: int,
        keep: Keep,
        univariate: Univariate | None = None,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        decoder: str | Conditional = "conditional",
    ) -> None:
        kept, g = _count(dim, keep), univariate or RationalQuadratic()
        mover = self.mover(kept, g, hidden, dim - kept + context)
        super().__init__(dim, keep, mover, decoder, hidden, context)


class CouplingFunnel(_UnivariateFunnel):
    """z_i = g(x+_i; theta_i(x-)): a coupling whose deciding part is dropped.

    A univariate map g (a rational-quadratic spline unless told otherwise) for each kept
    coordinate, its parameters from an MLP of x- and the context. Shapes, ledger, errors and path
    as `Funnel`. Exact. Klein et al. 2021, F-NSF.
    """

    mover = _MovedByContext


class AutoregressiveFunnel(_UnivariateFunnel):
    """z_i = g(x+_i; theta_i(x+_1 .. x+_{i-1}, x-)): an autoregressive flow given what is dropped.

    Shapes, ledger, errors and path as `Funnel`. Exact. Klein et al. 2021, F-MAF and F-NSF (AR).
    """

    mover = MaskedAutoregressive


class LinearFunnel(Funnel):
    """z = F x+ + V x- + b: a linear layer of a network, from dim to fewer numbers.

    F is invertible (LU, det > 0), V any matrix. Ledger: volume = log det F, decoder =
    log p(x- | z). Shapes, errors and path as `Funnel`. Exact. Klein et al. 2021, F-MLP.
    """

    def __init__(
        self,
        dim: int,
        keep: Keep,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        decoder: str | Conditional = "conditional",
    ) -> None:
        kept = _count(dim, keep)
        super().__init__(
            dim, keep, _ShiftedLinear(kept, dim - kept + context), decoder, hidden, context
        )


def _count(dim: int, keep: Keep) -> int:
    """How many of dim coordinates stay."""
    kept_first(dim, keep)  # raises if they do not exist
    return keep if isinstance(keep, int) else len(set(keep))
