"""Conditional distributions: decoders p(dropped | z) and encoders q(added | x).

Each has `log_prob(value, given)` in nats (batch shape), `sample(given)` and `mean(given)`, the
value that is used where no noise may be drawn. `given` is what is known, (..., inputs), with the
context joined to it (`given_with`). Networks end in zero weights, so that everything starts
standard: N(0, 1), a fair coin, even odds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .mlp import MLP
from .spread import (
    bounded_log_sigma,
    gaussian_log_density,
    half_normal_log_density,
    unbounded_log_sigma,
)

LOGIT_MEAN = 8.0  # where a sigmoid still tells numbers apart, also in float32


class Conditional(nn.Module, ABC):
    """A distribution over a value, given a tensor with the same batch dimensions."""

    @abstractmethod
    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        """log p(value | given) in nats, batch shape."""

    @abstractmethod
    def sample(self, given: Tensor) -> Tensor:
        """One draw for every point of the batch, differentiable where that is possible."""

    @abstractmethod
    def mean(self, given: Tensor) -> Tensor:
        """The mean; of a discrete value the most probable one."""


class DiagonalGaussian(Conditional):
    """N(mu(given), diag sigma(given)^2) over values with `event_dims` dimensions.

    A concrete one writes `moments(given) -> (mu, log sigma)`, with log sigma from
    `bounded_log_sigma`.
    """

    event_dims: int = 1

    @abstractmethod
    def moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log sigma, each of the value's shape."""

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        return gaussian_log_density(value, *self.moments(given)).sum(
            tuple(range(-self.event_dims, 0))
        )

    def sample(self, given: Tensor) -> Tensor:
        mean, log_sigma = self.moments(given)
        return mean + log_sigma.exp() * torch.randn_like(mean)

    def mean(self, given: Tensor) -> Tensor:
        return self.moments(given)[0]


class ConditionalGaussian(DiagonalGaussian):
    """N(mu, diag sigma^2) with (mu, log sigma) from an MLP: (..., inputs) -> (..., outputs)."""

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.net = MLP(inputs, hidden, torch.zeros(2 * outputs))

    @torch.no_grad()
    def start_at(self, mean: Tensor, log_sigma: Tensor) -> None:
        """Begin with this mean and spread, whatever is given."""
        self.net.linears[-1].bias.copy_(torch.cat([mean, unbounded_log_sigma(log_sigma)]))

    def moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        mean, raw = self.net(given).chunk(2, -1)
        return mean, bounded_log_sigma(raw)


class _BoundedGaussian(ConditionalGaussian):
    """The same with mu bent smoothly (slope 1 at 0) so that it stays within LOGIT_MEAN."""

    def moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = super().moments(given)
        return LOGIT_MEAN * torch.tanh(mean / LOGIT_MEAN), log_sigma


class ConvGaussian(DiagonalGaussian):
    """N(mu, diag sigma^2) over images (..., outputs, H, W), given images (..., inputs, H, W).

    Two convolutions, 3 x 3 to `width` channels and 1 x 1: every pixel is given its neighbourhood.
    """

    event_dims = 3

    def __init__(self, inputs: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.look = nn.Conv2d(inputs, width, 3, padding=1)
        self.tell = nn.Conv2d(width, 2 * outputs, 1)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        images = given.reshape(-1, *given.shape[-3:])
        both = self.tell(self.look(images).relu()).to(given.dtype)
        mean, raw = both.reshape(*given.shape[:-3], *both.shape[1:]).chunk(2, -3)
        return mean, bounded_log_sigma(raw)


class StandardGaussian(DiagonalGaussian):
    """N(0, I) over vectors (..., outputs), whatever is given."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        zero = given.new_zeros(*given.shape[:-1], self.outputs)
        return zero, zero

    def extra_repr(self) -> str:
        return str(self.outputs)


class CenteredUniform(Conditional):
    """Uniform on [-1/2, 1/2]^outputs, whatever is given: log density 0 there, -inf elsewhere."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        inside = (value.abs() <= 0.5).all(-1)
        return torch.where(inside, 0.0, -math.inf).to(value.dtype)

    def sample(self, given: Tensor) -> Tensor:
        return torch.rand_like(self.mean(given)) - 0.5

    def mean(self, given: Tensor) -> Tensor:
        return given.new_zeros(*given.shape[:-1], self.outputs)

    def extra_repr(self) -> str:
        return str(self.outputs)


class ConditionalHalfNormal(Conditional):
    """|N(0, sigma(given)^2)| for each of `outputs` numbers >= 0; log sigma from an MLP."""

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.net = MLP(inputs, hidden, torch.zeros(outputs))

    def _log_sigma(self, given: Tensor) -> Tensor:
        return bounded_log_sigma(self.net(given))

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        return half_normal_log_density(value, self._log_sigma(given)).sum(-1)

    def sample(self, given: Tensor) -> Tensor:
        sigma = self._log_sigma(given).exp()
        return sigma * torch.randn_like(sigma).abs()

    def mean(self, given: Tensor) -> Tensor:
        return math.sqrt(2 / math.pi) * self._log_sigma(given).exp()


class ConditionalLogitNormal(Conditional):
    """u = sigmoid(g), g ~ N(mu(given), diag sigma(given)^2): a distribution on the open cube.

    |mu| < LOGIT_MEAN. Draws that crowd where sigmoid rounds to 0 or 1 would be priced as draws
    from elsewhere: densities without bound, that training finds.
    """

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.logit = _BoundedGaussian(inputs, outputs, hidden)

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        eps = torch.finfo(value.dtype).eps
        u = value.clamp(eps, 1 - eps)  # sigmoid rounds to 0 and 1 far out
        volume = -(u.log() + torch.log1p(-u)).sum(-1)
        return self.logit.log_prob(u.logit(), given) + volume

    def sample(self, given: Tensor) -> Tensor:
        return self.logit.sample(given).sigmoid()

    def mean(self, given: Tensor) -> Tensor:
        """The median: the mean has no closed form."""
        return self.logit.mean(given).sigmoid()


def given_with(known: Tensor, context: Tensor | None) -> Tensor:
    """What is known (..., K) joined with the context (..., C) or (C,), if there is one."""
    if context is None:
        return known
    return torch.cat([known, context.expand(*known.shape[:-1], -1)], -1)
