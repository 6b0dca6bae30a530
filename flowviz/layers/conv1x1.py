"""Glow's invertible 1x1 convolution: a linear layer on the channels of every pixel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Bijection, batch_shape
from .images import image_shape
from .linear import LULinear
from .precise import precise
from .rotation import Rotation
from .turns import random_rotation


class Conv1x1(Bijection):
    """z[:, h, w] = R L U x[:, h, w] + b at every pixel: the channels are mixed, everywhere alike.

    R is a random rotation drawn at construction and then fixed, L U as in `LULinear`; so the
    layer starts as a random rotation, and det > 0. (Glow fixes a permutation P from the
    factorization of such a rotation. P is a reflection half of the time, and no path of
    invertible maps leads there; R mixes as well and turns.)
    Shapes: x, z (..., C, H, W). Ledger: volume = H W sum d. Exact.
    Path: R(tau) L(tau) U(tau) x + tau b. Kingma & Dhariwal 2018, "Glow", section 3.2.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = image_shape(shape, "Conv1x1")
        channels = self.data_shape[0]
        self.lu = LULinear(channels)
        self.rotation = None
        if channels > 1:
            turn = random_rotation(channels)
            self.rotation = Rotation.from_matrix(turn, learn=False, form="householder")
            self.rotation.to(self.lu.bias)

    def matrix(self, tau: float = 1.0) -> Tensor:
        """W(tau), (C, C)."""
        weight = self.lu.matrix(tau)
        return weight if self.rotation is None else self.rotation.matrix(tau) @ weight

    def _volume(self, v: Tensor) -> Tensor:
        pixels = self.data_shape[1] * self.data_shape[2]
        return (pixels * self.lu.log_diagonal.sum()).expand(batch_shape(v, self.data_shape))

    @precise
    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._path(x, 1.0, context), self._volume(x)

    @precise
    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        lower, upper = self.lu.factors()
        back = torch.eye(len(lower), dtype=z.dtype, device=z.device)
        if self.rotation is not None:
            back = self.rotation.matrix().mT
        back = torch.linalg.solve_triangular(lower, back, upper=False, unitriangular=True)
        back = torch.linalg.solve_triangular(upper, back, upper=True)
        columns = back @ (z.flatten(-2) - self.lu.bias[:, None])
        return columns.unflatten(-1, self.data_shape[1:]), self._volume(z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        columns = self.matrix(tau) @ x.flatten(-2) + tau * self.lu.bias[:, None]
        return columns.unflatten(-1, self.data_shape[1:])

    @property
    def title(self) -> str:
        return "1×1 convolution"

    @property
    def action(self) -> str:
        return "the channels of every pixel are mixed, everywhere alike"
