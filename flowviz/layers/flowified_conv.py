"""A convolution of a neural network as a flow layer: pad, tile, and a linear layer on every tile.

Without noise (mode="mean") the whole is the network's convolution. All three steps are layers of
their own (`tiles.py`, `tile_linear.py`).
Mate, Klein, Golling & Fleuret 2022, "Flowification: everything is a normalizing flow", section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..layer import Layer, Terms
from .compose import Sequential
from .flowified import PADDINGS
from .images import image_shape
from .room import straight
from .tile_linear import TileLinear, TileReduction
from .tiles import PadImage, Pair, Tile, pair, steps_over


class FlowifiedConv2d(Layer):
    """z = a convolution of the image x: pad, tile, and one linear layer on every tile.

    In turn `PadImage` (where the stride leaves pixels over), `Tile`, and `TileLinear`, or
    `TileReduction`, whose decoder sees the whole image, for channels < C kh kw.

    Shapes: x (..., C, H, W), z (..., channels, rows, columns). Ledger: the sum of the three. A
    lower bound if pixels are padded or shared, or if channels > C kh kw; exact otherwise.
    `padding` is a frame on all sides as in nn.Conv2d; what the stride then leaves over is padded on
    the right and below, as in the paper, which makes one more position than nn.Conv2d has.
    decoder ("conditional" or "standard_normal"), noise ("uniform" or "gaussian"), form: as in
    `FlowifiedLinear`, start too ("moments", "principal": the noise then also starts at a size that
    suits the data); width, depth: of the decoder's network, as in `TileReduction`.
    Raises ValueError for a stride above the kernel: pixels would be lost.
    Path: straight, without noise, in the room that holds both images; a bijection waits until
    tau = 1 (`cut`).
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        channels: int,
        kernel: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        decoder: str = "conditional",
        noise: str = "uniform",
        form: str = "householder",
        width: int | None = None,
        depth: int = 6,
        start: str = "identity",
    ) -> None:
        super().__init__()
        shape = image_shape(shape, "FlowifiedConv2d")
        if decoder not in ("conditional", "standard_normal"):
            raise ValueError(
                f'expected decoder="conditional" or "standard_normal", got {decoder!r}'
            )
        if noise not in PADDINGS:
            raise ValueError(f'expected noise "uniform" or "gaussian", got {noise!r}')
        margins = _margins(shape, pair(kernel), pair(stride), pair(padding))
        steps: list[Layer] = [PadImage(shape, margins)] if any(margins) else []
        tile = Tile(steps[0].latent_shape if steps else shape, kernel, stride)
        steps.append(tile)
        if channels < tile.latent_shape[0] and decoder == "conditional":
            steps.append(TileReduction(tile, channels, form, width, depth, start))
        else:
            options = {"decoder": decoder, "padding": noise, "form": form, "start": start}
            steps.append(TileLinear(tile, channels, **options))
        self.start = start
        self.steps = Sequential(steps)
        self.data_shape, self.latent_shape = shape, self.steps.latent_shape
        self.kind, self.exact = self.steps.kind, self.steps.exact
        self.columns = self.steps.columns

    @classmethod
    def from_conv(cls, conv: nn.Conv2d, shape: tuple[int, int, int], **options) -> FlowifiedConv2d:
        """The layer whose mean-mode forward is the given nn.Conv2d on images of that shape.

        options: decoder, noise, form, width, depth. Raises ValueError for dilation, groups, other
        padding than zeros, a stride that leaves pixels over, or a kernel without full rank.
        """
        _check_conv(conv, shape)
        layer = cls(
            shape, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, **options
        ).to(conv.weight)
        layer.steps.layers[-1].factors.set(conv.weight.flatten(1), conv.bias)
        return layer

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Start from images x (..., C, H, W), once, if the layer was built to."""
        *before, kernel = self.steps.layers
        if self.start == "identity" or kernel.initialized:
            return
        for step in before:
            step.start_from(x)
            x = step(x)[0]
        kernel.initialize(x)

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for a bijection: it relabels pixels as channels."""
        return self.kind == "bijection"

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        return self.steps._forward(x, context, mode)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        return self.steps._inverse(z, context, mode, terms)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if self.cut:
            return self._forward(x, context, "mean")[0] if tau == 1 else x.clone()
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        kh, kw = self.steps.layers[-2].kernel
        return f"convolution {kh}x{kw}, {self.data_shape[0]} → {self.latent_shape[0]} channels"

    @property
    def action(self) -> str:
        return self.steps.action


def _margins(
    shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair
) -> tuple[int, int, int, int]:
    """(left, right, top, bottom)."""
    (top, left), over = padding, []
    for size, k, s, p in zip(shape[1:], kernel, stride, padding, strict=True):
        over.append(max((s - (size + 2 * p - k) % s) % s, k - size - 2 * p))
    return left, left + over[1], top, top + over[0]


def _check_conv(conv: nn.Conv2d, shape: tuple[int, int, int]) -> None:
    plain = conv.dilation == (1, 1) and conv.groups == 1 and conv.padding_mode == "zeros"
    if not plain or isinstance(conv.padding, str):
        raise ValueError(
            "expected a convolution with numeric zero padding, without dilation or groups, got "
            f"padding={conv.padding!r} ({conv.padding_mode}), dilation={conv.dilation}, "
            f"groups={conv.groups}"
        )
    if shape[0] != conv.in_channels:
        raise ValueError(f"expected images of {conv.in_channels} channels, got shape {shape}")
    for size, k, s, p in zip(shape[1:], conv.kernel_size, conv.stride, conv.padding, strict=True):
        steps_over(size + 2 * p, k, s)
