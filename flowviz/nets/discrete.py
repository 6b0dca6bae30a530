"""Conditional distributions of bits and of one choice among several."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, logsigmoid, one_hot

from .conditional import Conditional
from .mlp import MLP


class ConditionalBernoulli(Conditional):
    """Independent bits (..., outputs), as 0.0 and 1.0; their log-odds from an MLP."""

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.net = MLP(inputs, hidden, torch.zeros(outputs))

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        return logsigmoid((2 * value - 1) * self.net(given)).sum(-1)

    def sample(self, given: Tensor) -> Tensor:
        return torch.bernoulli(self.net(given).detach().sigmoid())

    def mean(self, given: Tensor) -> Tensor:
        odds = self.net(given).detach()
        return (odds >= 0).to(odds.dtype)


class ConditionalCategorical(Conditional):
    """One of `classes`, as an integer tensor of the batch's shape; log-odds from an MLP."""

    def __init__(self, inputs: int, classes: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.net = MLP(inputs, hidden, torch.zeros(classes))
        self.classes = classes

    def log_prob(self, value: Tensor, given: Tensor) -> Tensor:
        chosen = one_hot(value, self.classes).bool()
        return torch.where(chosen, log_softmax(self.net(given), -1), 0.0).sum(-1)

    def sample(self, given: Tensor) -> Tensor:
        odds = self.net(given).detach()
        gumbel = -torch.empty_like(odds).exponential_().log()
        return (odds + gumbel).argmax(-1)

    def mean(self, given: Tensor) -> Tensor:
        return self.net(given).argmax(-1)
