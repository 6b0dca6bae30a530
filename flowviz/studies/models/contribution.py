"""Multi-scale RealNVP that factors out, pixel by pixel, the channels which contribute least.

    c_j = log p(z_j) + the log slopes that are owed to number j       (`flowviz.contributions`)

Das, Abbeel & Spanos 2019, "Likelihood contribution based multi-scale architecture". Recalled, not
read, and unsure: that it is the numbers with the smaller c_j that leave early; that c_j comes from
a flow trained beforehand without factoring; that the choice respects places on the image. That the
choice is made within every pixel of the squeezed image (2x2 pixels of the image before), by the c_j
of its own scale alone, and that the flow trained beforehand is thrown away, is ours.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ...contribution import contributions, onwards, relabelled
from ...flow import Flow
from ...layer import Bijection, Layer, Terms, batch_shape
from ...layers import Sequential, Split
from ...layers.images import image_shape
from ...layers.room import straight
from ...train import fit
from .channels import ChannelOrder
from .realnvp import realnvp

_ROWS = 128  # images of a batch


def realnvp_contribution(shape: Sequence[int], pretrain: int = 200, **options) -> Flow:
    """RealNVP, at every scale but the last split by contribution: the same layers otherwise.

    `flow.initialize(x)` (a study's `recipe.initialize` images) trains a copy of each scale for
    `pretrain` steps on those images, ranks its numbers, and forgets the copy. Before that, the
    first half of the channels stays, as in `realnvp`. The choice travels with the state_dict.
    The dequantization belongs to no scale. options: those of `realnvp`. Exact but for the
    dequantization. Das, Abbeel & Spanos 2019: see the top of this file for what is unsure.
    """
    first, *layers = realnvp(shape, **options).layers
    scales, parts = [first], []
    for layer in layers:
        parts.append(layer)
        if isinstance(layer, Split):
            scales.append(ContributionScale(parts[:-1], layer, pretrain))
            parts = []
    return Flow([*scales, *parts])


class ContributionScale(Layer):
    """Bijections of an image, then z = the half of each pixel's channels that contributes most.

    Shapes: x (..., *data_shape) of the first layer, z (..., ceil(C/2), H, W) for C channels behind
    the last one. Ledger: volume = that of the layers; decoder = log p(rest | z), the prior of
    `split`. Exact. `initialize(x)` decides once which numbers stay, from images x (N, ...):
    layers start from data, a copy of them is trained for `pretrain` steps (0: not at all, a choice
    from untrained layers), as a flow that drops nothing; numbers are ranked by its mean
    contributions to log p(x). Raises ValueError unless the layers are bijections.
    Path: straight, in the room that holds both images.
    """

    kind = "surjection"

    def __init__(self, layers: Iterable[Layer], split: Split, pretrain: int = 200) -> None:
        super().__init__()
        self.steps = Sequential([*layers, ChannelRanking(split.data_shape), split])
        if any(layer.kind != "bijection" for layer in self.steps.layers[:-1]):
            raise ValueError(f"expected bijections before the split, got {self.steps.title}")
        if pretrain < 0:
            raise ValueError(f"expected pretrain >= 0 steps, got {pretrain}")
        self.pretrain = pretrain
        self.data_shape, self.data_space = self.steps.data_shape, self.steps.data_space
        self.latent_shape, self.columns = self.steps.latent_shape, self.steps.columns

    @property
    def ranking(self) -> ChannelRanking:
        """The layer that holds the choice."""
        return self.steps.layers[-2]

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let the layers start from images x (N, *data_shape), and rank; the ranking once only."""
        self.steps.initialize(x)
        if not self.ranking.initialized:
            flow = Flow(copy.deepcopy(layer) for layer in self.steps.layers[:-2])
            if self.pretrain:
                fit(flow, x, steps=self.pretrain, batch=_ROWS, lr=1e-3, clip=1e3, progress=False)
            sums = [contributions(flow, rows).double().sum(0) for rows in x.split(_ROWS)]
            self.ranking.rank(torch.stack(sums).sum(0))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        return self.steps._forward(x, context, mode)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        return self.steps._inverse(z, context, mode, terms)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "scale, split by contribution"

    @property
    def action(self) -> str:
        layers, kept = len(self.steps.layers) - 2, self.latent_shape[0]
        return f"{layers} layers; then the {kept} channels of a pixel that contribute most go on"

    @property
    def settings(self) -> str:
        return f"pretrain={self.pretrain}"


class ChannelRanking(Bijection):
    """z[c, i, j] = x[order[c, i, j], i, j]: channels change places, in every pixel its own way.

    Shapes: x, z (..., C, H, W). Ledger: volume = 0. Exact. `order` (C, H, W) is the identity until
    `rank` sets it; it travels with the state_dict. Path: nothing moves; the channels are relabelled
    at tau = 1 (`cut`).
    """

    cut = True
    order: Tensor
    initialized: Tensor

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        channels, height, width = self.data_shape = image_shape(shape, "ChannelRanking")
        self.latent_shape = self.data_shape
        order = torch.arange(channels)[:, None, None].expand(-1, height, width)
        self.register_buffer("order", order.clone())
        self.register_buffer("initialized", torch.tensor(False))

    def rank(self, values: Tensor) -> None:
        """Put the channels with the largest values (C, H, W) first, in every pixel."""
        self.order.copy_(values.argsort(dim=0, descending=True, stable=True))
        self.initialized.fill_(True)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._gathered(x, self.order)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._gathered(z, self.order.argsort(0))

    def _gathered(self, v: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
        batch = batch_shape(v, self.data_shape)
        return v.gather(-3, order.expand(v.shape)), v.new_zeros(batch)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._map(x, context)[0] if tau == 1 else x.clone()

    @property
    def title(self) -> str:
        return "channels by contribution"

    @property
    def action(self) -> str:
        return "in every pixel the channels that contribute most come first"


onwards.register(ChannelOrder, relabelled)
onwards.register(ChannelRanking, relabelled)
