"""Images cut into tiles, so that a linear layer on every tile is a convolution.

Where kernels overlap a pixel is used several times; it is copied first, with noise that leaves the
mean of the copies alone, so that every tile has its own pixels. What the tiles do not reach is
padded. Mate, Klein, Golling & Fleuret 2022, "Flowification", section 3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, pad, unfold

from ..layer import Layer, Terms, batch_shape
from ..nets.spread import (
    bounded_log_sigma,
    gaussian_log_density,
    raw_log_sigma,
    unbounded_log_sigma,
)
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

    @torch.no_grad()
    def start_from(self, x: Tensor) -> None:
        """Let the frame vary as much as the images x (N, C, H, W) do."""
        self.log_spread.copy_(unbounded_log_sigma(x.std().log()))

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
            steps_over(size, k, s)
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

    @torch.no_grad()
    def start_from(self, x: Tensor) -> None:
        """Let the copies vary a third as much as the images x (N, C, H, W) do."""
        if self.copies:
            self.log_spread.copy_(unbounded_log_sigma((x.std() / 3).log()))

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


def pair(value: int | Pair) -> Pair:
    """2 -> (2, 2)."""
    both = (value, value) if isinstance(value, int) else tuple(value)
    if len(both) != 2:
        raise ValueError(f"expected a number for rows and columns, or two of them, got {value}")
    return both


def steps_over(size: int, kernel: int, stride: int) -> int:
    """How many tiles cover `size` pixels; raises ValueError if they do not."""
    if not 1 <= stride <= kernel <= size or (size - kernel) % stride:
        raise ValueError(
            f"expected tiles that cover {size} pixels (1 <= stride <= kernel, and the stride "
            f"divides {size} - kernel), got kernel {kernel} and stride {stride}"
        )
    return (size - kernel) // stride + 1
