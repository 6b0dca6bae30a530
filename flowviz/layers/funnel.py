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
from torch import Tensor, nn
from torch.nn.functional import linear

from ..layer import Bijection, Layer, Terms, event_shape
from ..nets import MLP, Conditional, ConvGaussian
from ..nets.conditional import given_with
from ..nets.conv import image_with
from ..spaces import REALS
from .autoregressive import MaskedAutoregressive
from .linear import LULinear
from .names import coordinates
from .room import in_room, straight
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
        self.register_buffer("order", torch.tensor(order), persistent=False)
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
        return f"order={self.order.tolist()}, decoder={type(self.decoder).__name__}"


class CouplingFunnel(Funnel):
    """z_i = g(x+_i; theta_i(x-)): a coupling whose deciding part is dropped.

    A univariate map g (a rational-quadratic spline unless told otherwise) for each kept
    coordinate, its parameters from an MLP of x- and the context. Shapes, ledger, errors and path
    as `Funnel`. Exact. Klein et al. 2021, F-NSF.
    """

    def __init__(
        self,
        dim: int,
        keep: Keep,
        univariate: Univariate | None = None,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        decoder: str | Conditional = "conditional",
    ) -> None:
        kept = _count(dim, keep)
        univariate = univariate or RationalQuadratic()
        mover = _MovedByContext(kept, univariate, hidden, dim - kept + context)
        super().__init__(dim, keep, mover, decoder, hidden, context)


class AutoregressiveFunnel(Funnel):
    """z_i = g(x+_i; theta_i(x+_1 .. x+_{i-1}, x-)): an autoregressive flow given what is dropped.

    Shapes, ledger, errors and path as `Funnel`. Exact. Klein et al. 2021, F-MAF and F-NSF (AR).
    """

    def __init__(
        self,
        dim: int,
        keep: Keep,
        univariate: Univariate | None = None,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        decoder: str | Conditional = "conditional",
    ) -> None:
        kept = _count(dim, keep)
        univariate = univariate or RationalQuadratic()
        mover = MaskedAutoregressive(kept, univariate, hidden, dim - kept + context)
        super().__init__(dim, keep, mover, decoder, hidden, context)


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


class ConvFunnel(Surjection):
    """An ordinary convolution C -> C whose kernel is as large as its stride.

    In every window the last pixel (right, below) is x+, the others x-:  z = F x+ + V x- + b with
    F (C x C, LU) the last slice of the kernel and V the others. x- is paid for by a Gaussian from
    a small convolutional net of width `width`, which sees the 3 x 3 neighbourhood of z.
    The context, if there is one, adds to b and goes into that net, alike at every pixel.

    Shapes: x (..., C, H, W), z (..., C, H/window, W/window), context (..., context) or None.
    Ledger: volume = log det F at every position, decoder = log p(x- | z). Exact. Raises
    ValueError unless the window divides H and W.
    Path: straight to the small image, which stands in the corner of the large one.
    Klein et al. 2021, section on convolutional funnels.
    """

    columns = ("volume", "decoder")

    def __init__(
        self, shape: tuple[int, int, int], window: int = 2, width: int = 64, context: int = 0
    ) -> None:
        super().__init__()
        self.data_shape, self.latent_shape = _windows(shape, window)
        self.window, self.context_size = window, context
        channels = self.data_shape[0]
        rest = channels * (window**2 - 1)
        self.mixing = _ShiftedLinear(channels, rest + context)
        self.decoder = ConvGaussian(channels + context, rest, width)

    @property
    def kernel(self) -> Tensor:
        """The weight (C, C, window, window) of the convolution that this layer is."""
        lower, upper = self.mixing.linear.factors()
        channels = self.data_shape[0]
        slices = self.mixing.shift[:, : channels * (self.window**2 - 1)]
        slices = slices.unflatten(1, (-1, channels)).movedim(1, -1)
        whole = torch.cat([slices, (lower @ upper).unsqueeze(-1)], -1)
        return whole.unflatten(-1, (self.window, self.window))

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x- (..., rest, h, w) and x+ (..., C, h, w)."""
        w = self.window
        blocks = x.unflatten(-1, (-1, w)).unflatten(-3, (-1, w)).movedim((-3, -1), (-5, -4))
        blocks = blocks.flatten(-5, -4)
        return blocks[..., :-1, :, :, :].flatten(-4, -3), blocks[..., -1, :, :, :]

    def _joined(self, rest: Tensor, last: Tensor) -> Tensor:
        w, channels = self.window, self.data_shape[0]
        blocks = torch.cat([rest, last], -3).unflatten(-3, (w, w, channels))
        return blocks.movedim((-5, -4), (-3, -1)).flatten(-2).flatten(-3, -2)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        rest, last = self._parts(x)
        given = image_with(rest, context).movedim(-3, -1)
        z, volume = self.mixing._map(last.movedim(-3, -1), given)
        z = z.movedim(-1, -3)
        price = self.decoder.log_prob(rest, image_with(z, context))
        return z, Terms(volume.sum((-2, -1)), price)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        seen = image_with(z, context)
        rest = self.decoder.sample(seen) if mode == "sample" else self.decoder.mean(seen)
        given = image_with(rest, context).movedim(-3, -1)
        last, volume = self.mixing._unmap(z.movedim(-3, -1), given)
        price = self.decoder.log_prob(rest, seen) if terms else None
        return self._joined(rest, last.movedim(-1, -3)), Terms(volume.sum((-2, -1)), price)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "convolutional funnel"

    @property
    def action(self) -> str:
        w = self.window
        return f"every {w} x {w} window becomes one pixel, the last of it, moved by the others"

    @property
    def settings(self) -> str:
        return f"window={self.window}"


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

    def _map(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        z, volume = self.linear._map(x, None)
        return z + linear(context, self.shift), volume

    def _unmap(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return self.linear._unmap(z - linear(context, self.shift), None)

    def _path(self, x: Tensor, tau: float, context: Tensor) -> Tensor:
        return self.linear._path(x, tau, None) + tau * linear(context, self.shift)

    @property
    def title(self) -> str:
        return "linear"


def _count(dim: int, keep: Keep) -> int:
    """How many of dim coordinates stay."""
    kept_first(dim, keep)  # raises if they do not exist
    return keep if isinstance(keep, int) else len(set(keep))


def _windows(shape: tuple[int, int, int], window: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of the image and of the image of windows."""
    shape = event_shape(shape)
    if len(shape) != 3 or window < 2 or shape[1] % window or shape[2] % window:
        raise ValueError(
            "ConvFunnel: expected a shape (C, H, W) and a window >= 2 that divides H and W, "
            f"got {shape} and {window}"
        )
    return shape, (shape[0], shape[1] // window, shape[2] // window)
