"""One flowified linear layer on every tile of an image: the kernel of a convolution."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from ..layer import Layer, Terms
from ..nets import TileGuess
from ..nets.spread import bounded_log_sigma, gaussian_log_density, unbounded_log_sigma
from .flowified import FlowifiedLinear
from .precise import precise
from .starts import check_start, moments_of
from .svd_weight import SVDWeight
from .tiles import Tile


class TileLinear(Layer):
    """z = W t + b for the tile t at every position, W flowified (`FlowifiedLinear`).

    Shapes: x (..., inputs, rows, columns), z (..., outputs, rows, columns), inputs those of the
    tile. Ledger, kind, exactness and options as `FlowifiedLinear`, summed over positions; its
    decoder, with fewer outputs, sees one position at a time (`TileReduction`'s sees the image).
    Path: that of the linear layer.
    """

    def __init__(self, tile: Tile, outputs: int, **options) -> None:
        super().__init__()
        inputs, *grid = tile.latent_shape
        self.data_shape, self.latent_shape = (inputs, *grid), (outputs, *grid)
        self.linear = FlowifiedLinear(inputs, outputs, **options)
        self.kind, self.columns = self.linear.kind, self.linear.columns
        self.exact = self.linear.exact

    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let the linear layer start from all tiles of x (..., inputs, rows, columns)."""
        self.linear.initialize(x.movedim(-3, -1))

    @property
    def initialized(self) -> Tensor:
        """True once the linear layer has started."""
        return self.linear.initialized

    @property
    def factors(self) -> SVDWeight:
        return self.linear.factors

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for a reflection."""
        return self.linear.cut

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, terms = self.linear._forward(x.movedim(-3, -1), None, mode)
        return z.movedim(-1, -3), _over_positions(terms)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x, row = self.linear._inverse(z.movedim(-3, -1), None, mode, terms)
        return x.movedim(-1, -3), _over_positions(row)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self.linear._path(x.movedim(-3, -1), tau, None).movedim(-1, -3)

    @property
    def title(self) -> str:
        return f"{self.linear.title} on every tile"

    @property
    def action(self) -> str:
        return self.linear.action.replace("space", "every tile")

    @property
    def settings(self) -> str:
        return self.linear.settings


class TileReduction(Layer):
    """z = W t + b for the tile t at every position, with fewer outputs than inputs.

    With W = U [diag(exp w) 0] V, the dropped part of V t is paid for by a Gaussian that looks at
    the whole image z, so that neighbouring tiles inform each other: from z a network (`TileGuess`)
    draws two images like the one that was tiled; they are cut into tiles and turned by V as that
    one was, and their dropped parts are the mean and the log spread (both with a constant `offset`,
    0 or the moments of the data that the layer started from).

    Shapes: x (..., inputs, rows, columns), z (..., outputs, rows, columns). Ledger: volume = sum
    of w over positions, decoder = log p(dropped | z). Exact. `form` is that of the rotations,
    `width` and `depth` the sizes of the network (None: the paper's, `TileGuess`), `start` as in
    `FlowifiedLinear`.
    Raises ValueError unless 1 <= outputs < inputs. Path: as in `FlowifiedLinear`.
    Mate et al. 2022, "Flowification" ("FancyKernel" in its code).
    """

    kind = "surjection"
    columns = ("volume", "decoder")
    initialized: Tensor
    offset: Tensor

    def __init__(
        self, tile: Tile, outputs: int, form: str = "householder",
        width: int | None = None, depth: int = 6, start: str = "identity",
    ) -> None:  # fmt: skip
        super().__init__()
        inputs, *grid = tile.latent_shape
        if not 1 <= outputs < inputs:
            raise ValueError(
                f"TileReduction: expected 1 <= outputs < {inputs}, the inputs; got {outputs}"
            )
        self.data_shape, self.latent_shape = (inputs, *grid), (outputs, *grid)
        self.factors = SVDWeight(inputs, outputs, form)
        self.image, self.kernel, self.stride = tile.data_shape[0], tile.kernel, tile.stride
        self.guess = TileGuess(outputs, self.image, tile.kernel, tile.stride, width, depth)
        self.start = check_start(start)
        self.register_buffer("initialized", torch.tensor(start == "identity"))
        self.register_buffer("offset", torch.zeros(2, inputs - outputs, 1, 1))

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Start from all tiles of x (..., inputs, rows, columns), once, if built to."""
        self.check(x, self.data_shape, "x on the data side", None)
        if self.initialized:
            return
        rows = x.movedim(-3, -1).reshape(-1, self.data_shape[0])
        dropped = self.factors.start_from(rows, principal=self.start == "principal")
        mean, log_sigma = moments_of(dropped)
        self.offset.copy_(torch.stack([mean, unbounded_log_sigma(log_sigma)])[..., None, None])
        self.initialized.fill_(True)

    def moments(self, z: Tensor, turn: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log spread of what is dropped, (..., dropped, rows, columns); turn: V."""
        codes = z.reshape(math.prod(z.shape[:-3]), *z.shape[-3:])
        mean, raw = self._as_dropped(self.guess(codes), turn)
        mean, raw = mean + self.offset[0], raw + self.offset[1]
        shape = *z.shape[:-3], *mean.shape[1:]
        return mean.reshape(shape), bounded_log_sigma(raw).reshape(shape)

    @precise
    def _as_dropped(self, images: Tensor, turn: Tensor) -> tuple[Tensor, Tensor]:
        """Both images (N, 2 C, H, W), tiled, turned and cut: one convolution with the rows of V."""
        rows = turn[self.latent_shape[0] :].unflatten(1, (self.image, *self.kernel))
        both = images.unflatten(1, (2, self.image)).flatten(0, 1)
        return conv2d(both, rows, stride=self.stride).unflatten(0, (len(images), 2)).unbind(1)

    @precise
    def _turned(self, rows: Tensor, matrix: Tensor) -> Tensor:
        return rows @ matrix

    def _volume(self, v: Tensor) -> Tensor:
        positions = v.shape[-1] * v.shape[-2]
        return (positions * self.factors.log_scale.sum()).expand(v.shape[:-3])

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        turn = self.factors.first.matrix()
        kept, dropped = self._turned(x.movedim(-3, -1), turn.mT).tensor_split(
            self.latent_shape[:1], -1
        )
        z = self.factors.finish(kept).movedim(-1, -3)
        price = gaussian_log_density(dropped.movedim(-1, -3), *self.moments(z, turn))
        return z, Terms(self._volume(x), price.sum((-3, -2, -1)))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        turn = self.factors.first.matrix()
        mean, log_sigma = self.moments(z, turn)
        noise = torch.randn_like(mean) if mode == "sample" else torch.zeros_like(mean)
        dropped = mean + log_sigma.exp() * noise
        kept = self.factors.unfinish(z.movedim(-3, -1))
        x = self._turned(torch.cat([kept, dropped.movedim(-3, -1)], -1), turn).movedim(-1, -3)
        if not terms:
            return x, Terms(self._volume(z))
        price = gaussian_log_density(dropped, mean, log_sigma).sum((-3, -2, -1))
        return x, Terms(self._volume(z), price)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self.factors.path(x.movedim(-3, -1), tau).movedim(-1, -3)

    @property
    def title(self) -> str:
        return f"linear {self.data_shape[0]} → {self.latent_shape[0]} on every tile"

    @property
    def action(self) -> str:
        count = self.data_shape[0] - self.latent_shape[0]
        fate = "1 coordinate is dropped" if count == 1 else f"{count} coordinates are dropped"
        return f"every tile is turned, {fate}, scaled, turned again and shifted"

    @property
    def settings(self) -> str:
        return f"kernel={self.kernel}, stride={self.stride}"


def _over_positions(terms: Terms) -> Terms:
    return Terms(*(None if t is None else t.sum((-2, -1)) for t in terms))
