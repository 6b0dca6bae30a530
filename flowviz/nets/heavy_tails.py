"""A decoder that is not ruined by what it did not expect."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .conditional import Conditional
from .mlp import MLP
from .spread import bounded_log_sigma, unbounded_log_sigma

_START = 10.0  # degrees of freedom


class ConditionalStudentT(Conditional):
    """Student's t for every number: mu and sigma given, as many degrees of freedom as are learned.

    log p(v | g) = sum_i log Gamma((n_i + 1)/2) - log Gamma(n_i/2) - 1/2 log(pi n_i)
                   - log sigma_i - (n_i + 1)/2 log(1 + ((v_i - mu_i) / sigma_i)^2 / n_i),  nats

    (mu, log sigma) come from an MLP: (..., inputs) -> (..., outputs); n_i = 1 + exp(tail_i) > 1.
    A number k sigma away costs about (n + 1) log k, where a Gaussian asks k^2 / 2: one stroke in a
    corner that was black in all training images is 400 sigma there. The mean is mu.
    """

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.net = MLP(inputs, hidden, torch.zeros(2 * outputs))
        self.tail = nn.Parameter(torch.full((outputs,), math.log(_START - 1)))

    @torch.no_grad()
    def start_at(self, mean: Tensor, log_sigma: Tensor) -> None:
        """Begin with this mean and spread, whatever is given."""
        self.net.linears[-1].bias.copy_(torch.cat([mean, unbounded_log_sigma(log_sigma)]))

    def _moments(self, given: Tensor) -> tuple[Tensor, Tensor]:
        mean, raw = self.net(given).chunk(2, -1)
        return mean, bounded_log_sigma(raw)

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        mean, log_sigma = self._moments(given)
        freedom = 1 + self.tail.exp()
        half = 0.5 * (freedom + 1)
        norm = torch.lgamma(half) - torch.lgamma(0.5 * freedom) - 0.5 * (math.pi * freedom).log()
        off = ((value - mean) * (-log_sigma).exp()).square()
        return (norm - log_sigma - half * torch.log1p(off / freedom)).sum(-1)

    def sample(self, given: Tensor) -> Tensor:
        mean, log_sigma = self._moments(given)
        half = (0.5 + 0.5 * self.tail.exp()).expand_as(mean)
        widths = torch.distributions.Gamma(half, half, validate_args=False).rsample()
        return mean + log_sigma.exp() * torch.randn_like(mean) * widths.rsqrt()

    def mean(self, given: Tensor) -> Tensor:
        return self._moments(given)[0]
