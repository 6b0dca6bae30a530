"""A residual convolutional conditioner."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .conv import ChannelNorm, by_pixel, convolved


class ResidualConvNet(nn.Module):
    """k x k, `blocks` residual blocks, 1 x 1: (..., inputs, H, W) -> (..., len(start), H, W).

    The first convolution is 3 x 3 in RealNVP, 1 x 1 in Neural Spline Flows (`kernel`). A block is
    h + conv(relu(norm(conv(relu(norm(h)))))) with 3 x 3 convolutions of `width` channels. `norm`
    is `ChannelNorm`, set from data once and then learned, where both have batch norm: no point
    depends on its batch mates. The last convolution starts at zero weights and the bias `start`.
    Dinh et al. 2016, "RealNVP", section 3.6; Durkan et al. 2019, "Neural Spline Flows".
    """

    def __init__(
        self, inputs: int, width: int, blocks: int, start: Tensor, kernel: int = 3
    ) -> None:
        super().__init__()
        if min(inputs, width, blocks) < 1:
            raise ValueError(
                "ResidualConvNet: expected positive sizes, got "
                f"inputs={inputs}, width={width}, blocks={blocks}"
            )
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"ResidualConvNet: expected an odd kernel, got {kernel}")
        self.first = nn.Conv2d(inputs, width, kernel, padding=kernel // 2)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(blocks))
        self.last = nn.Conv2d(width, len(start), 1)
        nn.init.zeros_(self.last.weight)
        self.last.bias.data.copy_(start)

    def forward(self, h: Tensor) -> Tensor:
        batch, given = h.shape[:-3], h.dtype
        h = self.first(by_pixel(h.reshape(-1, *h.shape[-3:])))
        for block in self.blocks:
            h = block(h)
        h = self.last(relu(h)).contiguous().to(given)
        return h.reshape(*batch, *h.shape[1:])

    @torch.no_grad()
    def initialize(self, h: Tensor) -> None:
        """Set the norms from images (N, inputs, H, W) that arrive here."""
        h = self.first(h)
        for block in self.blocks:
            block.initialize(h)
            h = block(h)


class _Block(nn.Module):
    """h + conv(relu(norm(conv(relu(norm(h))))))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(ChannelNorm(width) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, h: Tensor) -> Tensor:
        (first, second), (conv, last) = self.norms, self.convs
        change = relu(convolved(relu(first(h), inplace=True), conv, second), inplace=True)
        return h + last(change)

    @torch.no_grad()
    def initialize(self, h: Tensor) -> None:
        for norm, conv in zip(self.norms, self.convs, strict=True):
            norm.initialize(h)
            h = conv(relu(norm(h)))
