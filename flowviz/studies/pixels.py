"""Where on an image the bits go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..base import Base, StandardNormal, Uniform
from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import FlowifiedConv2d, Sequential
from .data import ImageSet
from .evaluate import batches, check_images, quiet, unpacked
from .models.contribution import ContributionScale
from .shares import Passage, carry, evenly


@dataclass(frozen=True, eq=False, repr=False)
class PixelBits:
    """What every number of every image costs, in bits: values (N, C, H, W), float64.

    Their sum over an image is -log2 P(x) or its bound; divided by `dim`, its bits/dim.
    """

    values: Tensor
    dim: int
    likelihood: str

    @property
    def maps(self) -> Tensor:
        """(N, H, W): bits of a pixel, its channels added up."""
        return self.values.sum(1)

    @property
    def bits_per_dim(self) -> Tensor:
        """(N,)"""
        return self.values.sum((1, 2, 3)) / self.dim

    def __repr__(self) -> str:
        n, c, h, w = self.values.shape
        mean = float(self.bits_per_dim.mean())
        return f"PixelBits: {n} images {c}x{h}x{w}, {mean:.3f} bits/dim ({self.likelihood})"


def pixel_bits(
    flow: Flow,
    images: ImageSet | Tensor,
    draws: int = 1,
    *,
    batch: int = 16,
    dim: int | None = None,
    seed: int | None = 0,
) -> PixelBits:
    """The bits of images (N, C, H, W), shared out among their pixels; the shares sum to the bits.

    The ledger is carried from the latent to the image, layer by layer, by the rules of
    `flowviz.studies.shares`: a number pays for its own log density and log slopes, and where a
    layer mixes numbers, z_i's part is shared among the x_j in proportion to (dz_i/dx_j)^2. This is
    book-keeping: what a coupling decides from its neighbours is booked to the pixel that is
    decided, and another flow with the same density may book otherwise. The sum is the model's; a
    single pixel's bits may be negative. The mean over `draws` of noise.

    Raises ValueError as `bits_per_dim`, for images with probability 0, and for flows that want a
    context.
    """
    x, _, size = unpacked(images, dim)
    check_images(flow, x)
    if flow.chain.context_size or x.dim() != 4 or draws < 1:
        raise ValueError(
            "pixel_bits: expected images (N, C, H, W), draws >= 1 and a flow without context, "
            f"got {tuple(x.shape)}, {draws} and a context of {flow.chain.context_size}"
        )
    draws = 1 if flow.exact else draws
    parts = []
    with quiet(flow), seeded(seed):
        for _, part in batches(flow, x, batch):
            parts.append(sum(_nats(flow, part) for _ in range(draws)).cpu() / draws)
    return PixelBits(-torch.cat(parts) / math.log(2), size, flow.likelihood)


def _nats(flow: Flow, x: Tensor) -> Tensor:
    """Shares (N, C, H, W) of log P(x) for one draw."""
    passages = []
    for layer in leaves(flow.layers):
        z, terms = layer._forward(x, None, "sample")
        passages.append((layer, Passage(x, z, terms)))
        x = z
    shares = _base_shares(flow.base, x)
    for layer, passage in reversed(passages):
        owed = shares.flatten(1).sum(1) + passage.terms.total.double()
        shares = _settled(layer, carry(layer, passage, shares), owed)
    return shares


def leaves(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers inside chains, in order: these keep the noise that they drew."""
    for layer in layers:
        if isinstance(layer, FlowifiedConv2d | ContributionScale):
            yield from leaves(layer.steps.layers)
        elif isinstance(layer, Sequential):
            yield from leaves(layer.layers)
        else:
            yield layer


def _base_shares(base: Base, z: Tensor) -> Tensor:
    """log density of every number of z; even shares where they are not independent."""
    if isinstance(base, StandardNormal | Uniform):
        return type(base)(1).to(z).log_prob(z.unsqueeze(-1)).double()
    return evenly(base.log_prob(z), z).expand(z.shape)


def _settled(layer: Layer, shares: Tensor, owed: Tensor) -> Tensor:
    """The shares with what rounding left over, evenly; more than that is an error."""
    rest = owed - shares.flatten(1).sum(1)
    scale = 1 + owed.abs() + shares.flatten(1).abs().sum(1)
    if not (rest.abs() <= 1e-4 * scale).all():  # also NaN and inf
        worst = float(rest[(~(rest.abs() <= 1e-4 * scale)).nonzero()[0, 0]])
        raise ValueError(f"{layer.title}: expected shares that sum to log p, got {worst:g} more")
    return shares + evenly(rest, shares)
