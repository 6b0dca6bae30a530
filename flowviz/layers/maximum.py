"""Maxima: the largest of some numbers is kept; which one it was, and the others, are dropped.

For K numbers with maximum z at place k, the others stand below it by differences d >= 0:

    decoder = log p(k | z) + log p(d | z, k)          volume = 0: z and d are x, sheared

Nielsen et al. 2020, "SurVAE Flows", section 3 (max surjection) and 4.3 (max pooling).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..layer import Terms, event_shape
from ..nets import ConditionalCategorical, ConditionalHalfNormal
from ..nets.conditional import given_with
from ..nets.spread import bounded_log_sigma, half_normal_log_density
from .room import straight
from .surjections import Surjection


class Max(Surjection):
    """z = max_i x_i, one number; which coordinate it was, and the others, are dropped.

    Shapes: x (..., dim), z (..., 1). Ledger: decoder = log p(k | z) + log p(d | z, k), odds of the
    place k and half-normal spreads of the differences d = z - x_i from two MLPs that see z, the
    context and (for d) k. Exact. Of tied coordinates the first counts as the largest, with
    difference 0 to the other. Raises ValueError for dim < 2.
    Path: straight to (z, 0 ... 0).
    """

    def __init__(self, dim: int, hidden: Sequence[int] = (64, 64), context: int = 0) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"Max: expected dim >= 2, got {dim}")
        self.data_shape, self.latent_shape = (dim,), (1,)
        self.context_size = context
        self.place = ConditionalCategorical(1 + context, dim, hidden)
        self.rest = ConditionalHalfNormal(1 + context + dim, dim - 1, hidden)

    def _given(self, z: Tensor, k: Tensor, context: Tensor | None) -> Tensor:
        place = one_hot(k, self.data_shape[0]).to(z.dtype)
        return given_with(torch.cat([z, place], -1), context)

    def _price(self, z: Tensor, k: Tensor, d: Tensor, context: Tensor | None) -> Tensor:
        which = self.place.log_prob(k, given_with(z, context))
        return which + self.rest.log_prob(d, self._given(z, k, context))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, k, d = split_maximum(x)
        return z, Terms(decoder=self._price(z, k[..., 0], d, context))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        name = "sample" if mode == "sample" else "mean"
        k = getattr(self.place, name)(given_with(z, context))
        d = getattr(self.rest, name)(self._given(z, k, context))
        x = join_maximum(z, k.unsqueeze(-1), d)
        return x, Terms(decoder=self._price(z, k, d, context) if terms else None)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "maximum"

    @property
    def action(self) -> str:
        return "the largest coordinate stays, the others are dropped"


class MaxPool(Surjection):
    """z = the maximum of every 2 x 2 block of an image.

    Shapes: x (..., C, H, W) with even H and W, z (..., C, H/2, W/2). Ledger: decoder = -log 4 an
    output (every place is as likely) + half-normal densities of the three differences, with a
    learned spread for each channel, which the context (..., context), if there is one, changes by
    a factor, log-linear in it. Exact. Raises ValueError for odd sizes.
    Path: straight to the small image, which stands in the corner of the large one.
    """

    def __init__(self, shape: tuple[int, int, int], context: int = 0) -> None:
        super().__init__()
        channels, height, width = self.data_shape = _even_image(shape)
        self.latent_shape = (channels, height // 2, width // 2)
        self.log_spread = nn.Parameter(torch.zeros(channels))
        self.context_size = context
        self.given = None
        if context:
            self.given = nn.Linear(context, channels, bias=False)
            nn.init.zeros_(self.given.weight)

    def _log_sigma(self, context: Tensor | None) -> Tensor:
        """(..., C, 1, 1, 1)."""
        raw = self.log_spread if self.given is None else self.log_spread + self.given(context)
        return bounded_log_sigma(raw)[..., None, None, None]

    def _price(self, d: Tensor, context: Tensor | None) -> Tensor:
        places = math.prod(self.latent_shape) * math.log(4)
        density = half_normal_log_density(d, self._log_sigma(context))
        return density.sum((-4, -3, -2, -1)) - places

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, _, d = split_maximum(_to_blocks(x))
        return z.squeeze(-1), Terms(decoder=self._price(d, context))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        k, d = self._draw(z, context) if mode == "sample" else self._typical(z, context)
        x = _from_blocks(join_maximum(z.unsqueeze(-1), k, d))
        return x, Terms(decoder=self._price(d, context) if terms else None)

    def _draw(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        k = torch.rand_like(z).mul(4).long().clamp(max=3).unsqueeze(-1)
        noise = torch.randn(*z.shape, 3, dtype=z.dtype, device=z.device)
        return k, noise.abs() * self._log_sigma(context).exp()

    def _typical(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        d = math.sqrt(2 / math.pi) * self._log_sigma(context).exp()
        return torch.zeros_like(z).long().unsqueeze(-1), d.expand(*z.shape, 3)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "max pooling"

    @property
    def action(self) -> str:
        return "of every 2 x 2 block the largest number stays, the others are dropped"


def split_maximum(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """x (..., K) -> maximum z (..., 1), its place k (..., 1), differences d (..., K - 1) >= 0."""
    k = x.argmax(-1, keepdim=True)
    z = x.gather(-1, k)
    others = torch.arange(x.shape[-1] - 1, device=x.device)
    return z, k, z - x.gather(-1, others + (others >= k))


def join_maximum(z: Tensor, k: Tensor, d: Tensor) -> Tensor:
    """The x (..., K) with maximum z at place k and differences d."""
    places = torch.arange(d.shape[-1] + 1, device=d.device)
    index = torch.where(places == k, d.shape[-1], places - (places > k).long())
    return torch.cat([z - d, z], -1).gather(-1, index)


def _even_image(shape: tuple[int, int, int]) -> tuple[int, ...]:
    shape = event_shape(shape)
    if len(shape) != 3 or shape[1] % 2 or shape[2] % 2:
        raise ValueError(f"MaxPool: expected a shape (C, H, W) with even H and W, got {shape}")
    return shape


def _to_blocks(x: Tensor) -> Tensor:
    """(..., C, H, W) -> (..., C, H/2, W/2, 4)."""
    blocks = x.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2))
    return blocks.transpose(-3, -2).flatten(-2)


def _from_blocks(blocks: Tensor) -> Tensor:
    """(..., C, H/2, W/2, 4) -> (..., C, H, W)."""
    rows = blocks.unflatten(-1, (2, 2)).transpose(-3, -2)
    return rows.flatten(-2).flatten(-3, -2)
