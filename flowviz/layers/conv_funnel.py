"""A funnel on images: an ordinary convolution whose kernel is as large as its stride."""

from __future__ import annotations

import torch
from torch import Tensor

from ..layer import Terms, event_shape
from ..nets import ConvGaussian
from ..nets.conv import image_with
from .moved_by_context import _ShiftedLinear
from .room import straight
from .surjections import Surjection


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


def _windows(shape: tuple[int, int, int], window: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of the image and of the image of windows."""
    shape = event_shape(shape)
    if len(shape) != 3 or window < 2 or shape[1] % window or shape[2] % window:
        raise ValueError(
            "ConvFunnel: expected a shape (C, H, W) and a window >= 2 that divides H and W, "
            f"got {shape} and {window}"
        )
    return shape, (shape[0], shape[1] // window, shape[2] // window)
