"""Variational dequantization of images: where in its cell each grey value lies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ...layers.univariate import Affine as AffineMap
from ...nets import Conditional, ConvNet, ResidualConvNet
from ...nets.spread import gaussian_log_density


class PixelNoise(Conditional):
    """u in (0, 1)^D given an image: u = sigmoid(g), g from normal noise through couplings.

    Checkerboard couplings turn e ~ N(0, I) into g = spread * coupled(e); their conditioners see
    half of the noise and `width` features of the image (from a residual network of `blocks`
    blocks). Starts, whatever is given, at a spread of 1.6, where u is nearly even on (0, 1).
    Values and images are flat, (..., D), images (x + 1/2) / levels.
    Ho et al. 2019, "Flow++", section 3.1.
    """

    def __init__(
        self, shape: Sequence[int], width: int = 32, blocks: int = 2, couplings: int = 4
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.features = ResidualConvNet(shape[0], width, blocks, torch.zeros(width))
        nn.init.normal_(self.features.last.weight, std=1 / math.sqrt(width))
        self.steps = nn.ModuleList(_NoiseCoupling(shape, i, width) for i in range(couplings))
        self.log_spread = nn.Parameter(torch.full((shape[0], 1, 1), math.log(1.6)))

    def _images(self, flat: Tensor) -> Tensor:
        return flat.reshape(*flat.shape[:-1], *self.shape)

    def _seen(self, given: Tensor) -> Tensor:
        return self.features(2 * self._images(given) - 1)

    def _pushed(self, noise: Tensor, given: Tensor) -> Tensor:
        h = self._seen(given)
        for step in self.steps:
            noise = step(noise, h, True)[0]
        return (noise * self.log_spread.exp()).flatten(-3).sigmoid()

    def sample(self, given: Tensor) -> Tensor:
        return self._pushed(torch.randn_like(self._images(given)), given)

    def mean(self, given: Tensor) -> Tensor:
        """Where the noise's centre goes: the mean has no closed form."""
        return self._pushed(torch.zeros_like(self._images(given)), given)

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        eps = torch.finfo(value.dtype).eps
        logit = value.clamp(eps, 1 - eps).logit()  # sigmoid rounds to 0 and 1 far out
        volume = -(logsigmoid(logit) + logsigmoid(-logit)).sum(-1)
        noise, h = self._images(logit) * (-self.log_spread).exp(), self._seen(given)
        volume = volume - self.log_spread.expand(self.shape).sum()
        for step in reversed(self.steps):
            noise, log_slopes = step(noise, h, False)
            volume = volume - log_slopes
        zero = torch.zeros_like(noise)
        return volume + gaussian_log_density(noise, zero, zero).sum((-3, -2, -1))


class _NoiseCoupling(nn.Module):
    """Pixels of one colour of a checkerboard move; those of the other, and features, decide."""

    stays: Tensor

    def __init__(self, shape: Sequence[int], index: int, width: int) -> None:
        super().__init__()
        channels, height, width_of_image = shape
        rows, columns = torch.arange(height)[:, None], torch.arange(width_of_image)
        self.register_buffer("stays", (rows + columns + index) % 2 == 0, persistent=False)
        self.univariate = AffineMap(2.0)
        start = self.univariate.identity().repeat_interleave(channels)
        self.net = ConvNet(channels + width, (width, width), start)

    def forward(self, v: Tensor, features: Tensor, onwards: bool) -> tuple[Tensor, Tensor]:
        """The noise moved (or moved back), and the sum of the log slopes of the way onwards."""
        seen = torch.cat([torch.where(self.stays, v, 0.0), features], -3)
        params = self.net(seen).unflatten(-3, (2, -1)).movedim(-4, 0)
        step = self.univariate.map if onwards else self.univariate.unmap
        moved, log_slopes = step(v, params)
        log_slopes = torch.where(self.stays, 0.0, log_slopes).sum((-3, -2, -1))
        return torch.where(self.stays, v, moved), log_slopes
