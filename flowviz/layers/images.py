"""Layers that rearrange images, and the split that sets half of the channels aside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..layer import Bijection, Layer, Terms, batch_shape, event_shape, size_name
from ..nets import ConvGaussian
from ..nets.conv import image_with
from .room import straight


class Reshape(Bijection):
    """The same numbers in another event shape, in the same order.

    Shapes: x (..., *data_shape), z (..., *latent_shape). Ledger: volume = 0. Exact.
    Raises ValueError unless both shapes hold equally many numbers.
    Path: nothing moves; the numbers are relabelled at tau = 1 (`cut`).
    """

    cut = True

    def __init__(self, data_shape: int | Iterable[int], latent_shape: int | Iterable[int]) -> None:
        super().__init__()
        self.data_shape, self.latent_shape = event_shape(data_shape), event_shape(latent_shape)
        if math.prod(self.data_shape) != math.prod(self.latent_shape):
            raise ValueError(
                f"Reshape: expected as many numbers as in {self.data_shape}, "
                f"got {self.latent_shape}"
            )

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        batch = batch_shape(x, self.data_shape)
        return x.reshape(*batch, *self.latent_shape).clone(), x.new_zeros(batch)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        batch = batch_shape(z, self.latent_shape)
        return z.reshape(*batch, *self.data_shape).clone(), z.new_zeros(batch)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._map(x, context)[0] if tau == 1 else x.clone()

    @property
    def title(self) -> str:
        return "reshape"

    @property
    def action(self) -> str:
        return f"the same numbers, read as {size_name(self.latent_shape)}"


class Flatten(Reshape):
    """An image (..., *shape) read as one vector. Ledger: volume = 0. Exact."""

    def __init__(self, shape: int | Iterable[int]) -> None:
        super().__init__(shape, math.prod(event_shape(shape)))


class Squeeze(Bijection):
    """Every 2x2 block of pixels becomes one pixel with four times the channels.

    Shapes: x (..., C, H, W), z (..., f^2 C, H/f, W/f) for factor f; the channels of one block
    stand together, row by row. Ledger: volume = 0. Exact. Raises ValueError unless f divides H
    and W. Path: nothing moves; the numbers are relabelled at tau = 1 (`cut`).
    Dinh et al. 2016, "RealNVP", section 3.6.
    """

    cut = True

    def __init__(self, shape: Sequence[int], factor: int = 2) -> None:
        super().__init__()
        channels, height, width = self.data_shape = image_shape(shape, "Squeeze")
        if not isinstance(factor, int) or factor < 2 or height % factor or width % factor:
            raise ValueError(
                f"Squeeze: expected an integer factor >= 2 that divides {height} and {width}, "
                f"got {factor}"
            )
        self.factor = factor
        self.latent_shape = channels * factor**2, height // factor, width // factor

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        f, (channels, height, width) = self.factor, self.latent_shape
        batch = batch_shape(x, self.data_shape)
        blocks = x.reshape(*batch, channels // f**2, height, f, width, f)
        z = blocks.movedim((-3, -1), (-4, -3)).reshape(*batch, channels, height, width)
        return z, x.new_zeros(batch)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        f, (channels, height, width) = self.factor, self.latent_shape
        batch = batch_shape(z, self.latent_shape)
        blocks = z.reshape(*batch, channels // f**2, f, f, height, width)
        x = blocks.movedim((-4, -3), (-3, -1)).reshape(*batch, *self.data_shape)
        return x, z.new_zeros(batch)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._map(x, context)[0] if tau == 1 else x.clone()

    @property
    def title(self) -> str:
        return "squeeze"

    @property
    def action(self) -> str:
        f = self.factor
        return f"every {f}×{f} block of pixels becomes one pixel with {f * f} times the channels"


class Split(Layer):
    """z = the first half of the channels (rounded up); the rest is set aside.

    Shapes: x (..., C, H, W), C >= 2, z (..., ceil(C/2), H, W), context (..., context) or None.
    Ledger: decoder = log N(rest; mu(z), sigma(z)), a learned Gaussian prior whose parameters come
    from convolutions of `width` channels that end in zero weights, so that it starts standard.
    Exact: a multi-scale flow is the same model with its latents in one vector.
    Path: the rest shrinks to zero. Dinh et al. 2016, "RealNVP", section 3.6; the learned prior is
    that of Kingma & Dhariwal 2018, "Glow" (its code).
    """

    kind = "surjection"
    columns = ("decoder",)

    def __init__(self, shape: Sequence[int], width: int = 64, context: int = 0) -> None:
        super().__init__()
        channels, *place = self.data_shape = image_shape(shape, "Split")
        if channels < 2:
            raise ValueError(f"Split: expected at least 2 channels, got {channels}")
        self.kept = (channels + 1) // 2
        self.latent_shape = (self.kept, *place)
        self.context_size = context
        self.prior = ConvGaussian(self.kept + context, channels - self.kept, width)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, rest = x.tensor_split((self.kept,), -3)
        return z.clone(), Terms(decoder=self.prior.log_prob(rest, image_with(z, context)))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        given = image_with(z, context)
        rest = self.prior.sample(given) if mode == "sample" else self.prior.mean(given)
        price = self.prior.log_prob(rest, given) if terms else None
        return torch.cat([z, rest], -3), Terms(decoder=price)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)

    @property
    def title(self) -> str:
        return "split"

    @property
    def action(self) -> str:
        return f"{self.kept} of {self.data_shape[0]} channels go on; a prior accounts for the rest"


def image_shape(shape: Sequence[int], who: str) -> tuple[int, int, int]:
    """(C, H, W); raises ValueError for anything else."""
    sizes = event_shape(shape)
    if len(sizes) != 3:
        raise ValueError(f"{who}: expected an image shape (C, H, W), got {sizes}")
    return sizes  # type: ignore[return-value]
