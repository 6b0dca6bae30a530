"""From whole numbers 0 .. 255 to real numbers: the first layers of every image model."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...layer import Bijection, Layer, batch_shape, event_shape
from ...layers import Logit, UniformDequantization, VariationalDequantization
from ...spaces import CUBE
from .dequantizer import PixelNoise

LEVELS = 256


class FromCube(Bijection):
    """z = scale (x - centre): the unit cube, placed in real space.

    Shapes: x, z (..., *shape). Ledger: volume = D log scale. Exact. It reaches a box only: mass
    that a model puts beyond the box is lost to it, and `inverse` may arrive beyond the cube
    (a dequantization then takes the nearest cell). Raises ValueError for scale <= 0.
    Path: straight. Glow's code has centre = 1/2, scale = 1; flowification's 0 and 1.
    """

    data_space = CUBE

    def __init__(self, shape: int | Sequence[int], centre: float = 0.5, scale: float = 1.0) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        if not 0 < scale < math.inf:
            raise ValueError(f"FromCube: expected a finite scale > 0, got {scale}")
        self.centre, self.scale = centre, scale

    def _volume(self, v: Tensor) -> Tensor:
        log_scale = math.prod(self.data_shape) * math.log(self.scale)
        return v.new_full(batch_shape(v, self.data_shape), log_scale)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.scale * (x - self.centre), self._volume(x)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z / self.scale + self.centre, self._volume(z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return "grey values"

    @property
    def action(self) -> str:
        return "the unit cube is shifted and scaled as a whole"

    @property
    def settings(self) -> str:
        return f"centre={self.centre!r}, scale={self.scale!r}"


def from_pixels(
    shape: Sequence[int], dequantization: str = "uniform", alpha: float | None = None,
    centre: float = 0.5, scale: float = 1.0,
) -> list[Layer]:  # fmt: skip
    """Dequantization, and the way to the reals: a logit with `alpha`, or `FromCube`."""
    if dequantization not in _DEQUANTIZATIONS:
        known = " or ".join(map(repr, _DEQUANTIZATIONS))
        raise ValueError(f"expected dequantization {known}, got {dequantization!r}")
    first = _DEQUANTIZATIONS[dequantization](tuple(shape))
    if alpha is None:
        return [first, FromCube(shape, centre, scale)]
    return [first, Logit(tuple(shape), alpha)]


def halvings(shape: Sequence[int], most: int) -> int:
    """How often height and width of an image (C, H, W) can be halved, `most` at most."""
    return max(n for n in range(most + 1) if shape[1] % 2**n == 0 and shape[2] % 2**n == 0)


def _uniform(shape: tuple[int, ...]) -> Layer:
    return UniformDequantization(shape, LEVELS)


def _variational(shape: tuple[int, ...]) -> Layer:
    return VariationalDequantization(shape, LEVELS, encoder=PixelNoise(shape))


_DEQUANTIZATIONS = {"uniform": _uniform, "variational": _variational}
