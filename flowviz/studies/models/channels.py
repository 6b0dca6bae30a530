"""The channels of an image in another order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...layer import Bijection, batch_shape
from ...layers.images import image_shape


class ChannelOrder(Bijection):
    """z[c] = x[order[c]]: the channels change places.

    Shapes: x, z (..., C, H, W). Ledger: volume = 0. Exact. Raises ValueError unless `order` holds
    every channel once. Path: nothing moves; the channels are relabelled at tau = 1 (`cut`).
    """

    cut = True
    order: Tensor

    def __init__(self, shape: Sequence[int], order: Sequence[int]) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = image_shape(shape, "ChannelOrder")
        if sorted(order) != list(range(shape[0])):
            raise ValueError(f"ChannelOrder: expected each of {shape[0]} channels, got {order}")
        self.register_buffer("order", torch.tensor(list(order)))

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return x.index_select(-3, self.order), x.new_zeros(batch_shape(x, self.data_shape))

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x = z.index_select(-3, self.order.argsort())
        return x, z.new_zeros(batch_shape(z, self.data_shape))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._map(x, context)[0] if tau == 1 else x.clone()

    @property
    def title(self) -> str:
        return "order of channels"

    @property
    def action(self) -> str:
        return "the channels change places"
