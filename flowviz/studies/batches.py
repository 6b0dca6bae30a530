"""Which images a step sees, and with which noise: functions of the seed and the step alone.

So a run that goes on after a stop needs no generator's state to be put back, and how many devices
share the work changes nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Batches:
    """Batches of uint8 images (N, C, H, W) that lie on the device, in seeded order per epoch.

    An epoch has ceil(N / size) steps; its last batch is filled from the start of its order.
    """

    def __init__(self, images: Tensor, size: int, seed: int) -> None:
        if images.dtype != torch.uint8 or images.dim() != 4 or not len(images):
            raise ValueError(
                f"expected uint8 images (N, C, H, W), got {images.dtype} {tuple(images.shape)}"
            )
        self.images, self.size, self.seed = images, size, seed
        self.steps = -(-len(images) // size)
        self._epoch, self._order = -1, torch.empty(0)

    def piece(self, step: int, piece: int, pieces: int) -> Tensor:
        """Piece `piece` of the batch of `step`, as uint8 (size / pieces, C, H, W)."""
        epoch, turn = divmod(step, self.steps)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffle(epoch)
        rows = self.size // pieces
        start = turn * self.size + piece * rows
        return self.images[self._order[start : start + rows]]

    def _shuffle(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(mixed(self.seed, 1, epoch))
        order = torch.randperm(len(self.images), generator=generator)
        return order[torch.arange(self.steps * self.size) % len(order)].to(self.images.device)


def mixed(*numbers: int) -> int:
    """One seed from several numbers; near numbers give seeds that have nothing in common."""
    low, high = np.random.SeedSequence(numbers).generate_state(2)
    return int(low) | (int(high) >> 1) << 32
