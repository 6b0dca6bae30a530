"""Surjections: x -> z drops something, and the decoder pays for it with log p(dropped | z).

Exact: nothing is drawn on the way to z. On the way back what was dropped is drawn; whatever it
is, `forward` gives the same z again (a right inverse). With mode="mean" it is the decoder's mean.
Nielsen et al. 2020, "SurVAE Flows", table 1 (inference surjections).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import torch
from torch import Tensor

from ..asking import may_ask
from ..layer import Layer, Terms, batch_shape, event_shape
from ..nets import Conditional, ConditionalGaussian, ConditionalStudentT, StandardGaussian
from ..nets.conditional import ConditionalLogitNormal, given_with
from ..spaces import INTEGERS
from .names import coordinates
from .room import straight


class Surjection(Layer):
    """An exact layer that loses information: its ledger holds the decoder's price."""

    kind = "surjection"
    columns = ("decoder",)

    def _check_reached(self, z: Tensor) -> None:
        """Raise unless z lies where `forward` arrives (where `may_ask`)."""
        if may_ask(z) and not (inside := self.latent_space.contains(z)).all():
            raise ValueError(
                f"{self.title}: z on the latent side: expected {self.latent_space}, got "
                f"{int((~inside).sum())} of {z.numel()} numbers elsewhere"
            )


class Slice(Surjection):
    """z = the coordinates `keep` of x; the others are dropped.

    Shapes: x (..., dim), z (..., kept). Ledger: decoder = log p(dropped | z), a Gaussian whose mean
    and spread an MLP finds from z and the context (decoder="conditional"), N(0, I)
    (decoder="standard_normal"), or any `Conditional`. Exact. `keep` is a count (the first ones)
    or indices; it travels with the state_dict. Raises ValueError unless some but not all stay.
    Path: straight to (z, 0 ... 0), what is dropped shrinking to 0.
    """

    order: Tensor

    def __init__(
        self,
        dim: int,
        keep: int | Sequence[int],
        decoder: str | Conditional = "conditional",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        order = kept_first(dim, keep)
        count = keep if isinstance(keep, int) else len(set(keep))
        self.data_shape, self.latent_shape = (dim,), (count,)
        self.register_buffer("order", torch.tensor(order))
        self.context_size = context
        self.decoder = gaussian_decoder(decoder, count + context, dim - count, hidden)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        kept = self.latent_shape[0]
        return x[..., self.order[:kept]], x[..., self.order[kept:]]

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, dropped = self._parts(x)
        return z, Terms(decoder=self.decoder.log_prob(dropped, given_with(z, context)))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        given = given_with(z, context)
        dropped = self.decoder.sample(given) if mode == "sample" else self.decoder.mean(given)
        x = torch.cat([z, dropped], -1)[..., self.order.argsort()]
        return x, Terms(decoder=self.decoder.log_prob(dropped, given) if terms else None)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "slice"

    @property
    def action(self) -> str:
        kept, dropped = self.order.tensor_split([self.latent_shape[0]])
        verb = "stays" if len(kept) == 1 else "stay"
        fate = "is dropped" if len(dropped) == 1 else "are dropped"
        return f"{coordinates(kept.tolist())} {verb}; {coordinates(dropped.tolist())} {fate}"

    @property
    def settings(self) -> str:
        return f"decoder={type(self.decoder).__name__}"


class Rounding(Surjection):
    """z = floor(x), whole numbers; the fractions u = x - z are dropped.

    Shapes: x, z (..., *shape). Ledger: decoder = log p(u | z): 0 for decoder="uniform", a logistic
    Gaussian from an MLP of z for decoder="conditional". Exact, on a base of whole numbers
    (`UniformIntegers`): the model is then a histogram. A draw whose sum z + u would round up to
    z + 1 is put at the middle of its cell. `inverse` raises ValueError for z that are not whole.
    Path: straight; the cells shrink to their corners.
    """

    latent_space = INTEGERS

    def __init__(
        self,
        shape: int | tuple[int, ...],
        decoder: str = "uniform",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        if decoder not in ("uniform", "conditional") or (decoder == "uniform" and context):
            raise ValueError(
                'Rounding: expected decoder="uniform" without context, or "conditional", '
                f"got decoder={decoder!r}, context={context}"
            )
        self.context_size, size = context, math.prod(self.data_shape)
        uniform = decoder == "uniform"
        self.decoder = None if uniform else ConditionalLogitNormal(size + context, size, hidden)

    def _given(self, z: Tensor, context: Tensor | None) -> Tensor:
        return given_with(z.flatten(z.dim() - len(self.data_shape)), context)

    def _price(self, u: Tensor, z: Tensor, context: Tensor | None) -> Tensor:
        if self.decoder is None:
            return z.new_zeros(batch_shape(z, self.data_shape))
        flat = u.flatten(u.dim() - len(self.data_shape))
        return self.decoder.log_prob(flat, self._given(z, context))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z = x.floor()
        return z, Terms(decoder=self._price(x - z, z, context))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        self._check_reached(z)
        u = self._fractions(z, context, mode)
        x = torch.where((z + u).floor() == z, z + u, z + 0.5)
        return x, Terms(decoder=self._price(x - z, z, context) if terms else None)

    def _fractions(self, z: Tensor, context: Tensor | None, mode: str) -> Tensor:
        if self.decoder is not None:
            draw = self.decoder.sample if mode == "sample" else self.decoder.mean
            return draw(self._given(z, context)).reshape(z.shape)
        return torch.rand_like(z) if mode == "sample" else torch.full_like(z, 0.5)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, x.floor(), tau)

    @property
    def title(self) -> str:
        return "rounding"

    @property
    def action(self) -> str:
        return "every coordinate is rounded down, and the fraction is dropped"


def kept_first(dim: int, keep: int | Sequence[int]) -> list[int]:
    """0 .. dim-1, those kept first, both parts in increasing order; keep: a count, or indices."""
    kept = list(range(keep)) if isinstance(keep, int) else sorted(set(map(operator.index, keep)))
    if not 0 < len(kept) < dim or kept[0] < 0 or kept[-1] >= dim:
        raise ValueError(
            f"expected some but not all of {dim} coordinates to stay, got keep={keep!r}"
        )
    return [*kept, *(i for i in range(dim) if i not in kept)]


def gaussian_decoder(
    decoder: str | Conditional, inputs: int, outputs: int, hidden: Sequence[int]
) -> Conditional:
    """The decoder of that name, or the one given."""
    if isinstance(decoder, Conditional):
        return decoder
    if decoder == "standard_normal":
        return StandardGaussian(outputs)
    if decoder == "conditional":
        return ConditionalGaussian(inputs, outputs, hidden)
    if decoder == "student_t":
        return ConditionalStudentT(inputs, outputs, hidden)
    raise ValueError(
        'expected decoder="conditional", "student_t", "standard_normal" or a Conditional, '
        f"got {decoder!r}"
    )
