"""Convolutional conditioners: images in, parameters for every pixel out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d, relu

_NOTHING = 1e-30  # for an eps: 1 + 1e-30 is 1, and some releases of torch refuse 0


class ConvNet(nn.Module):
    """Convolutions and ReLUs, 3x3, 1x1, ..., 3x3: (..., inputs, H, W) -> (..., len(bias), H, W).

    `kernels` are other kernels, one for each convolution, odd. The size of the image is kept. The
    last convolution starts at zero weights and the given bias, so that whatever it conditions
    starts where that bias puts it. `hidden` are the widths in between; () is one 3x3 convolution.
    `norm=True` puts a `ChannelNorm` behind every hidden convolution; Glow's code has it, its paper
    does not say so.
    """

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        bias: Tensor,
        norm: bool = False,
        kernels: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if inputs < 1 or any(h < 1 for h in hidden):
            raise ValueError(
                f"ConvNet: expected positive sizes, got inputs={inputs}, hidden={list(hidden)}"
            )
        sizes = [inputs, *hidden, len(bias)]
        kernels = kernels or ([3, *[1] * (len(hidden) - 1), 3] if hidden else [3])
        if any(k < 1 or k % 2 == 0 for k in kernels) or len(kernels) != len(hidden) + 1:
            raise ValueError(f"ConvNet: expected {len(hidden) + 1} odd kernels, got {kernels}")
        shapes = zip(sizes[:-1], sizes[1:], kernels, strict=True)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, padding=k // 2) for a, b, k in shapes)
        self.norms = nn.ModuleList(ChannelNorm(h) if norm else None for h in hidden)
        nn.init.zeros_(self.convs[-1].weight)
        self.convs[-1].bias.data.copy_(bias)

    def forward(self, h: Tensor) -> Tensor:
        batch, given, h = h.shape[:-3], h.dtype, by_pixel(h.reshape(-1, *h.shape[-3:]))
        *hidden, last = self.convs
        for conv, norm in zip(hidden, self.norms, strict=True):
            h = relu(convolved(h, conv, norm), inplace=True)
        h = convolved(h, last).contiguous().to(given)
        return h.reshape(*batch, *h.shape[1:])

    @torch.no_grad()
    def initialize(self, h: Tensor) -> None:
        """Set the norms, if there are any, from images (N, inputs, H, W) that arrive here."""
        for conv, norm in zip(self.convs[:-1], self.norms, strict=True):
            if norm is not None:
                norm.initialize(convolved(h, conv))
            h = relu(convolved(h, conv, norm))


class ChannelNorm(nn.Module):
    """exp(s) (h - m), one m and s a channel: mean 0 and variance 1 on the images it starts from."""

    initialized: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(channels, 1, 1))
        self.register_buffer("initialized", torch.tensor(False))

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """a and b (channels,) of a h + b."""
        scale = self.log_scale.exp().flatten()
        return scale, -scale * self.mean.flatten()

    def forward(self, h: Tensor) -> Tensor:
        scale, shift = self.scale_and_shift()
        none, one = torch.zeros_like(scale), torch.ones_like(scale)
        return batch_norm(h, none, one, scale, shift, eps=_NOTHING)  # by given moments: a h + b

    @torch.no_grad()
    def initialize(self, h: Tensor) -> None:
        """Set m and s from h (N, channels, H, W), once. A constant channel keeps its scale."""
        if self.initialized:
            return
        mean, spread = h.mean((0, 2, 3)), h.std((0, 2, 3))
        self.mean.copy_(mean[:, None, None])
        self.log_scale.copy_(-torch.where(spread > 0, spread, 1.0).log()[:, None, None])
        self.initialized.fill_(True)


def image_with(image: Tensor, context: Tensor | None) -> Tensor:
    """The image (..., C, H, W), joined with the context (..., K) or (K,) as constant channels."""
    if context is None:
        return image
    planes = context[..., None, None].expand(*image.shape[:-3], -1, *image.shape[-2:])
    return torch.cat([image, planes], -3)


def by_pixel(images: Tensor) -> Tensor:
    """The same images; on a CPU the channels of a pixel side by side in memory.

    Convolutions are up to twice as fast there in that order ("channels last"), and hand it on.
    """
    if images.device.type != "cpu":
        return images
    return images.movedim(-3, -1).contiguous().movedim(-1, -3)


def convolved(h: Tensor, conv: nn.Conv2d, norm: ChannelNorm | None = None) -> Tensor:
    """norm(conv(h)), for a tenth of what the norm costs by itself: its scale and shift go into
    the weights of the convolution."""
    weight, bias = conv.weight, conv.bias
    if norm is not None:
        scale, shift = norm.scale_and_shift()
        weight, bias = scale[:, None, None, None] * weight, scale * bias + shift
    return conv2d(h, weight, bias, padding=conv.padding)
