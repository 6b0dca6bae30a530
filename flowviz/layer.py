"""The contract: a layer maps data x to latent z and keeps account of its likelihood contribution.

    log p(x) = log p(z) + volume + decoder + encoder

    volume   log |det dz/dx| of the part that is mapped one to one
    decoder  log p(what was dropped | z)    information lost on the way to z must be paid for
    encoder  -log q(what was added | x)     noise added on the way to z is given back

The three terms (nats) depend on the pair (x, z), not on the direction in which it was computed.
x is always on the data side, z on the latent side (Nielsen et al. 2020, "SurVAE Flows"; Klein et
al. 2021, "Funnels"; Mate et al. 2022, "Flowification", share this bookkeeping).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .asking import may_ask
from .spaces import REALS, Space

COLUMNS = ("volume", "decoder", "encoder")


class Terms(NamedTuple):
    """The ledger columns of one layer, nats, of the batch's shape; None: it has no such column."""

    volume: Tensor | None = None
    decoder: Tensor | None = None
    encoder: Tensor | None = None

    @property
    def total(self) -> Tensor:
        """Sum of the columns that are there (batch shape)."""
        return sum(t for t in self if t is not None)  # type: ignore[return-value]

    @staticmethod
    def sum(rows: Iterable[Terms]) -> Terms:
        """Column-wise sum; a column stays None if no row has it."""
        return Terms(*map(_sum_present, zip(*rows, strict=True)))


def _sum_present(column: tuple[Tensor | None, ...]) -> Tensor | None:
    present = [t for t in column if t is not None]
    return sum(present[1:], present[0]) if present else None


class Layer(nn.Module, ABC):
    """A map between data x and latent z that returns its `Terms`.

    A concrete layer sets `data_shape`, `latent_shape` (event shapes), and writes three hooks:
    `_forward(x, context, mode)`, `_inverse(z, context, mode, terms)`, `_path(x, tau, context)`.
    Leading batch dimensions are free; each term has the batch's shape and the input's dtype; no
    point's result depends on its batch mates.

    Attributes:
        columns: the ledger columns that this layer fills.
        exact: False where `forward` draws noise, so that the likelihood is a lower bound.
        estimated: True where what is drawn are terms (a probe, a roulette), not z: the likelihood
            is then an estimate, and `exact` is False.
        biased: True for an estimate whose mean is not the term, but near it by a known bound.
        kind: "bijection", "surjection", "stochastic", or "manifold" (a density on a sheet only).
        cut: True where no invertible path joins the identity to the map (a reflection, a swap);
            `path` then stays at x until tau = 1.
        context_size: numbers of context that the layer wants (0: it ignores context).
    """

    columns: tuple[str, ...] = ("volume",)
    exact: bool = True
    estimated: bool = False
    biased: bool = False
    kind: str = "bijection"
    cut: bool = False
    data_space: Space = REALS
    latent_space: Space = REALS
    context_size: int = 0
    data_shape: tuple[int, ...]
    latent_shape: tuple[int, ...]

    def forward(
        self, x: Tensor, context: Tensor | None = None, mode: str = "sample"
    ) -> tuple[Tensor, Terms]:
        """Data to latent (normalize): x (..., *data_shape) -> z (..., *latent_shape), Terms."""
        self.check(x, self.data_shape, "x on the data side", context)
        return self._forward(x, context, check_mode(mode))

    def inverse(
        self, z: Tensor, context: Tensor | None = None, mode: str = "sample", terms: bool = True
    ) -> tuple[Tensor, Terms]:
        """Latent to data (generate): z -> x, Terms of the pair. Draws what must be drawn.

        mode="mean" draws no noise; terms=False lets a layer skip terms that cost (they are None).
        """
        self.check(z, self.latent_shape, "z on the latent side", context)
        return self._inverse(z, context, check_mode(mode), terms)

    def path(self, x: Tensor, tau: float, context: Tensor | None = None) -> Tensor:
        """The point on the way from x (tau = 0) to z (tau = 1); a bijection of x at every tau."""
        self.check(x, self.data_shape, "x on the data side", context)
        if not 0 <= tau <= 1:
            raise ValueError(f"{self.title}: expected tau in [0, 1], got {tau}")
        return self._path(x, tau, context)

    @abstractmethod
    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]: ...

    @abstractmethod
    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]: ...

    @abstractmethod
    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor: ...

    @property
    def title(self) -> str:
        """The layer's name in words, as pictures and tables show it."""
        return type(self).__name__

    @property
    def action(self) -> str:
        """One clause: what the layer does to a point."""
        return "the point moves"

    @property
    def settings(self) -> str:
        """What neither shapes nor parameters tell (a bound, the indices kept), for the repr."""
        return ""

    def extra_repr(self) -> str:
        """Shapes and settings: with the state_dict they determine the layer."""
        shapes = f"{size_name(self.data_shape)} -> {size_name(self.latent_shape)}"
        return ", ".join(filter(None, [shapes, self.settings]))

    def check(
        self, value: Tensor, shape: tuple[int, ...], what: str, context: Tensor | None
    ) -> None:
        """Raise a clear error if `value` or `context` does not fit this layer."""
        check_event(value, shape, f"{self.title}: {what}")
        check_dtype(value, self, self.title)
        check_finite(value, f"{self.title}: {what}")
        if self.context_size:
            check_context(context, self.context_size, value, shape, self.title)


class Bijection(Layer):
    """A layer that is one to one, so that volume is its whole account.

    Concrete bijections write `_map(x, context) -> (z, volume)`, `_unmap(z, context) ->
    (x, volume)` (both the volume of the pair, log |det dz/dx|) and `_path`.
    """

    @abstractmethod
    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]: ...

    @abstractmethod
    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]: ...

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, volume = self._map(x, context)
        return z, Terms(volume=volume)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x, volume = self._unmap(z, context)
        return x, Terms(volume=volume)


def architecture(module: nn.Module) -> list[str]:
    """One line for each layer inside (class, shapes, settings) and for each tensor of the state.

    Two modules with equal lines compute the same once one has loaded the other's state.
    """
    layers = {name: m for name, m in module.named_modules() if isinstance(m, Layer)}
    lines = [f"{k}: {type(m).__name__}({m.extra_repr()})" for k, m in layers.items()]
    return lines + [f"{k} {tuple(v.shape)}" for k, v in module.state_dict().items()]


def event_shape(shape: int | Iterable[int]) -> tuple[int, ...]:
    """2 -> (2,), (1, 28, 28) -> (1, 28, 28); every size at least 1."""
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if not sizes or any(not isinstance(s, int) or s < 1 for s in sizes):
        raise ValueError(f"expected an event shape of positive integers, got {shape!r}")
    return sizes


def size_name(shape: Iterable[int]) -> str:
    """(1, 28, 28) -> "1x28x28"."""
    return "x".join(map(str, shape))


def batch_shape(x: Tensor, event: tuple[int, ...]) -> torch.Size:
    """The leading dimensions of x."""
    return x.shape[: x.dim() - len(event)]


def check_event(x: Tensor, shape: tuple[int, ...], what: str) -> None:
    """Raise unless x is a tensor of shape (..., *shape)."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{what}: expected a torch.Tensor, got {type(x).__name__}")
    if tuple(x.shape[x.dim() - len(shape) :]) != shape or x.dim() < len(shape):
        wanted = ", ".join(["...", *map(str, shape)])
        raise ValueError(f"{what}: expected shape ({wanted}), got {tuple(x.shape)}")


def check_dtype(x: Tensor, module: nn.Module, what: str) -> None:
    """Raise unless x has the floating dtype of the module's parameters."""
    if not x.is_floating_point():
        raise TypeError(f"{what}: expected floating point numbers, got {x.dtype}")
    owned = _first_parameter(module)
    if owned is not None and owned.dtype != x.dtype:
        raise TypeError(
            f"{what}: expected {owned.dtype}, the dtype of the parameters, got {x.dtype}; "
            "convert the input, or the flow with .to(dtype)"
        )


def _first_parameter(module: nn.Module) -> Tensor | None:
    """The first of module.parameters(), without the names and sets that those make on the way."""
    for own in module._parameters.values():
        if own is not None:
            return own
    for child in module._modules.values():
        if child is not None and (own := _first_parameter(child)) is not None:
            return own
    return None


def check_finite(x: Tensor, what: str) -> None:
    """Raise if x holds NaN or infinity (where `may_ask`)."""
    if may_ask(x) and not torch.isfinite(x).all():
        bad = f"{int((~torch.isfinite(x)).sum())} NaN or infinite of {x.numel()}"
        raise ValueError(f"{what}: expected finite numbers, got {bad}")


def check_context(
    context: Tensor | None, size: int, value: Tensor, shape: tuple[int, ...], what: str
) -> None:
    """Raise unless context is (..., size), finite, of value's dtype and batch shape (or ())."""
    if context is None:
        raise ValueError(f"{what}: expected a context of shape (..., {size}), got none")
    check_event(context, (size,), f"{what}: context")
    check_dtype_equal(context, value, what)
    check_finite(context, f"{what}: context")
    batch = batch_shape(value, shape)
    if context.shape[:-1] != batch and context.dim() > 1:
        raise ValueError(
            f"{what}: expected context of batch shape {tuple(batch)} or (), "
            f"got {tuple(context.shape[:-1])}"
        )


def check_dtype_equal(context: Tensor, value: Tensor, what: str) -> None:
    """Raise unless the context has the value's dtype."""
    if context.dtype != value.dtype:
        raise TypeError(f"{what}: expected context of {value.dtype}, got {context.dtype}")


def check_mode(mode: str) -> str:
    """Return mode if it is "sample" or "mean", else raise."""
    if mode not in ("sample", "mean"):
        raise ValueError(f'expected mode "sample" or "mean", got {mode!r}')
    return mode
