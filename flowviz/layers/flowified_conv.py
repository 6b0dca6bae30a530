"""A convolution of a neural network as a flow layer: pad, tile, and a linear layer on every tile.

Where kernels overlap a pixel is used several times; it is copied first, with noise that leaves the
mean of the copies alone, so that every tile has its own pixels. Without noise (mode="mean") the
whole is the network's convolution. All three steps are layers of their own.
Mate, Klein, Golling & Fleuret 2022, "Flowification: everything is a normalizing flow", section 3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, pad, unfold

from ..layer import Layer, Terms, batch_shape
from ..nets.conditional import bounded_log_sigma, gaussian_log_density, raw_log_sigma
from .compose import Sequential
from .flowified import FlowifiedLinear
from .images import image_shape
from .room import straight
from .stochastic import Stochastic

Pair = tuple[int, int]


class PadImage(Stochastic):
    """z = the image x with a frame of Gaussian noise, N(0, A^2), A learned.

    Shapes: x (..., C, H, W), z (..., C, top + H + bottom, left + W + right); `margins` = (left,
    right, top, bottom). Ledger: encoder = -log N(frame; 0, A^2). Lower bound. Without noise the
    frame is 0. Raises ValueError for negative margins, or none. Path: straight.
    """

    def __init__(self, shape: tuple[int, int, int], margins: tuple[int, int, int, int]) -> None:
        super().__init__()
        channels, height, width = self.data_shape = image_shape(shape, "PadImage")
        if len(margins) != 4 or min(margins) < 0 or not any(margins):
            raise ValueError(f"PadImage: expected 4 margins >= 0, not all 0, got {margins}")
        left, right, top, bottom = self.margins = tuple(margins)
        self.latent_shape = (channels, top + height + bottom, left + width + right)
        self.log_spread = nn.Parameter(torch.zeros(()))
        frame = pad(torch.zeros(height, width, dtype=torch.bool), self.margins, value=True)
        self.register_buffer("frame", frame, persistent=False)

    def _terms(self, z: Tensor) -> Terms:
        log_sigma = bounded_log_sigma(self.log_spread)
        log_q = gaussian_log_density(z, torch.zeros_like(z), log_sigma)
        return Terms(encoder=-torch.where(self.frame, log_q, 0.0).sum((-3, -2, -1)))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z = pad(x, self.margins)
        if mode == "sample":
            noise = bounded_log_sigma(self.log_spread).exp() * torch.randn_like(z)
            z = torch.where(self.frame, noise, z)
        return z, self._terms(z)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        (left, _, top, _), (_, height, width) = self.margins, self.data_shape
        x = z[..., top : top + height, left : left + width].clone()
        return x, self._terms(z) if terms else Terms()

    @property
    def title(self) -> str:
        return "padding"

    @property
    def action(self) -> str:
        return "a frame of noise is put around the image"

    @property
    def settings(self) -> str:
        return f"margins={self.margins}"


class Tile(Layer):
    """z = the image x cut into tiles; a pixel that lies in N tiles is copied with noise.

    The copies are c_i = x + sqrt(N) u_i with sum_i u_i = 0 and u ~ N(0, A^2) on that hyperplane, A
    learned (0.1 at the start). Coming back a pixel is the mean of its copies.

    Shapes: x (..., C, H, W), z (..., C kh kw, rows, columns), channels first as in a kernel's
    weight. Ledger, summed over pixels: volume = (N/2) log N, encoder = (N-1)/2 log(2 pi A^2) +
    |u|^2 / (2 A^2); both 0 where N = 1. A lower bound if tiles overlap, else a bijection (volume
    0). Raises ValueError unless the tiles cover the image: (H - kh) % sh = 0 and sh <= kh.
    Path: straight, in the room that holds both images; where nothing is copied the numbers are
    only relabelled, at tau = 1 (`cut`).
    """

    counts: Tensor

    def __init__(self, shape: tuple[int, int, int], kernel: int | Pair, stride: int | Pair) -> None:
        super().__init__()
        self.data_shape = image_shape(shape, "Tile")
        self.kernel, self.stride = pair(kernel), pair(stride)
        steps = [
            _steps(size, k, s)
            for size, k, s in zip(self.data_shape[1:], self.kernel, self.stride, strict=True)
        ]
        self.latent_shape = (self.data_shape[0] * math.prod(self.kernel), *steps)
        counts = self._gather(self._cut(torch.ones(self.data_shape)))
        self.register_buffer("counts", counts, persistent=False)
        self.copies = bool((counts > 1).any())
        self.cut, self.columns = not self.copies, ("volume",)
        if self.copies:
            self.kind, self.exact, self.columns = "stochastic", False, ("volume", "encoder")
            self.log_spread = nn.Parameter(torch.tensor(raw_log_sigma(math.log(0.1))))

    def _cut(self, x: Tensor) -> Tensor:
        """Every tile's pixels, (..., C kh kw, rows, columns)."""
        flat = unfold(x.reshape(-1, *self.data_shape), self.kernel, stride=self.stride)
        return flat.reshape(*batch_shape(x, self.data_shape), *self.latent_shape)

    def _gather(self, tiles: Tensor) -> Tensor:
        """The sum of the copies of every pixel, (..., C, H, W)."""
        flat = tiles.reshape(-1, self.latent_shape[0], math.prod(self.latent_shape[1:]))
        image = fold(flat, self.data_shape[1:], self.kernel, stride=self.stride)
        return image.reshape(*batch_shape(tiles, self.latent_shape), *self.data_shape)

    def _terms(self, u: Tensor, v: Tensor) -> Terms:
        volume = (0.5 * self.counts * self.counts.log()).sum()
        batch = batch_shape(u, self.latent_shape)
        if not self.copies:
            return Terms(volume=v.new_zeros(batch))
        log_sigma = bounded_log_sigma(self.log_spread)
        freedom = (self.counts - 1).sum()
        log_norm = freedom * (0.5 * math.log(2 * math.pi) + log_sigma)
        radius = u.square().sum((-3, -2, -1))
        encoder = log_norm + 0.5 * radius * (-2 * log_sigma).exp()
        return Terms(volume=volume.to(u.dtype).expand(batch), encoder=encoder)

    def _noise(self, tiles: Tensor) -> Tensor:
        """u: normal numbers less the mean over the copies of each pixel."""
        noise = bounded_log_sigma(self.log_spread).exp() * torch.randn_like(tiles)
        return noise - self._cut(self._gather(noise) / self.counts)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        tiles = self._cut(x)
        if not self.copies or mode == "mean":
            return tiles, self._terms(torch.zeros_like(tiles), x)
        u = self._noise(tiles)
        return tiles + self._cut(self.counts.sqrt()) * u, self._terms(u, x)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x = self._gather(z) / self.counts
        u = (z - self._cut(x)) / self._cut(self.counts.sqrt())
        return x, self._terms(u, z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if self.cut:
            return self._cut(x) if tau == 1 else x.clone()
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "tiles"

    @property
    def action(self) -> str:
        shared = "; pixels that tiles share are copied, with noise around their mean"
        return f"the image is cut into tiles{shared if self.copies else ''}"

    @property
    def settings(self) -> str:
        return f"kernel={self.kernel}, stride={self.stride}"


class TileLinear(Layer):
    """The same flowified linear layer on every tile: z = W t + b at all positions.

    Shapes: x (..., inputs, rows, columns), z (..., outputs, rows, columns). Ledger: as
    `FlowifiedLinear`, summed over positions; but with fewer outputs the decoder looks at the whole
    image z, so that neighbouring tiles inform each other: from z a small network (1 x 1,
    transposed, 3 x 3 convolutions of `width` channels) draws the image that was tiled, mean and
    log spread, which are cut and turned as the tiles are. Kind and exactness as `FlowifiedLinear`.
    Path: that of the linear layer.
    """

    def __init__(
        self, tile: Tile, outputs: int, decoder: str = "conditional", padding: str = "uniform",
        form: str = "householder", width: int = 32,
    ) -> None:  # fmt: skip
        super().__init__()
        inputs, *grid = tile.latent_shape
        self.data_shape, self.latent_shape = (inputs, *grid), (outputs, *grid)
        plain = "standard_normal" if inputs > outputs else decoder
        self.linear = FlowifiedLinear(inputs, outputs, plain, padding, form)
        self.kind, self.columns = self.linear.kind, self.linear.columns
        self.exact = self.linear.exact
        if decoder not in ("conditional", "standard_normal"):
            raise ValueError(
                f'expected decoder="conditional" or "standard_normal", got {decoder!r}'
            )
        draws = decoder == "conditional" and inputs > outputs
        self.guess = _GuessedTiles(tile, outputs, width) if draws else None

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for a reflection."""
        return self.linear.cut

    def _moments(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log spread of the dropped coordinates, (..., rows, columns, dropped)."""
        if self.guess is None:
            count = self.data_shape[0] - self.latent_shape[0]
            zero = z.new_zeros(*z.shape[:-3], *z.shape[-2:], count)
            return zero, zero
        mean, raw = (self.linear.split(t.movedim(-3, -1))[1] for t in self.guess(z))
        return mean, bounded_log_sigma(raw)

    def _price(self, dropped: Tensor, z: Tensor) -> Tensor:
        return gaussian_log_density(dropped, *self._moments(z)).sum((-3, -2, -1))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        tiles = x.movedim(-3, -1)
        out, terms = self.linear._forward(tiles, None, mode)
        z = out.movedim(-1, -3)
        if self.guess is None:
            return z, _over_positions(terms)
        price = self._price(self.linear.split(tiles)[1], z)
        return z, Terms(terms.volume.sum((-2, -1)), price)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        out = z.movedim(-3, -1)
        if self.guess is None:
            tiles, row = self.linear._inverse(out, None, mode, terms)
            return tiles.movedim(-1, -3), _over_positions(row)
        mean, log_sigma = self._moments(z)
        noise = torch.randn_like(mean) if mode == "sample" else torch.zeros_like(mean)
        dropped = mean + log_sigma.exp() * noise
        tiles = self.linear.join(self.linear.unfinish(out), dropped)
        volume = self.linear._volume(out, self.linear.latent_shape).sum((-2, -1))
        price = gaussian_log_density(dropped, mean, log_sigma).sum((-3, -2, -1))
        return tiles.movedim(-1, -3), Terms(volume, price if terms else None)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self.linear._path(x.movedim(-3, -1), tau, None).movedim(-1, -3)

    @property
    def title(self) -> str:
        return f"{self.linear.title} on every tile"

    @property
    def action(self) -> str:
        return self.linear.action.replace("space", "every tile")


class FlowifiedConv2d(Layer):
    """z = a convolution of the image x: `PadImage`, `Tile` and `TileLinear`, one after the other.

    Shapes: x (..., C, H, W), z (..., channels, rows, columns). Ledger: the sum of the three. A
    lower bound if pixels are padded or shared, or if channels > C kh kw; exact otherwise.
    `padding` is a frame on all sides as in nn.Conv2d; what the stride then leaves over is padded on
    the right and below, as in the paper, which makes one more position than nn.Conv2d has.
    decoder, noise ("uniform" or "gaussian"), form: as in `FlowifiedLinear`.
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
        width: int = 32,
    ) -> None:
        super().__init__()
        shape = image_shape(shape, "FlowifiedConv2d")
        margins = _margins(shape, pair(kernel), pair(stride), pair(padding))
        steps: list[Layer] = [PadImage(shape, margins)] if any(margins) else []
        tile = Tile(steps[0].latent_shape if steps else shape, kernel, stride)
        steps += [tile, TileLinear(tile, channels, decoder, noise, form, width)]
        self.steps = Sequential(steps)
        self.data_shape, self.latent_shape = shape, self.steps.latent_shape
        self.kind, self.exact = self.steps.kind, self.steps.exact
        self.columns = self.steps.columns

    @classmethod
    def from_conv(cls, conv: nn.Conv2d, shape: tuple[int, int, int], **options) -> FlowifiedConv2d:
        """The layer whose mean-mode forward is the given nn.Conv2d on images of that shape.

        options: decoder, noise, form, width. Raises ValueError for dilation, groups, other padding
        than zeros, a stride that leaves pixels over, or a kernel without full rank.
        """
        _check_conv(conv, shape)
        layer = cls(
            shape, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, **options
        ).to(conv.weight)
        layer.steps.layers[-1].linear.set_weight(conv.weight.flatten(1), conv.bias)
        return layer

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


class _GuessedTiles(nn.Module):
    """From z the tiles of two images, (..., C kh kw, rows, columns): a mean and a raw spread."""

    def __init__(self, tile: Tile, outputs: int, width: int) -> None:
        super().__init__()
        self.kernel, self.stride, self.tiles = tile.kernel, tile.stride, tile.latent_shape
        channels = tile.data_shape[0]
        self.mix = nn.Conv2d(outputs, width, 1)
        self.spread = nn.ConvTranspose2d(width, width, tile.kernel, tile.stride)
        self.look = nn.Conv2d(width, width, 3, padding=1)
        self.tell = nn.Conv2d(width, 2 * channels, 3, padding=1)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        h = self.spread(self.mix(z.reshape(-1, *z.shape[-3:])).relu()).relu()
        both = self.tell(self.look(h).relu())
        return tuple(
            unfold(half, self.kernel, stride=self.stride).reshape(*z.shape[:-3], *self.tiles)
            for half in both.chunk(2, -3)
        )


def _over_positions(terms: Terms) -> Terms:
    return Terms(*(None if t is None else t.sum((-2, -1)) for t in terms))


def pair(value: int | Pair) -> Pair:
    """2 -> (2, 2)."""
    both = (value, value) if isinstance(value, int) else tuple(value)
    if len(both) != 2:
        raise ValueError(f"expected a number for rows and columns, or two of them, got {value}")
    return both


def _steps(size: int, kernel: int, stride: int) -> int:
    if not 1 <= stride <= kernel <= size or (size - kernel) % stride:
        raise ValueError(
            f"expected tiles that cover {size} pixels (1 <= stride <= kernel, and the stride "
            f"divides {size} - kernel), got kernel {kernel} and stride {stride}"
        )
    return (size - kernel) // stride + 1


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
        _steps(size + 2 * p, k, s)
