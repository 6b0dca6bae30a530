"""What the adapters share: masks, networks, the base's density."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..systems import HIDDEN


def halves(dim: int, index: int) -> list[int]:
    """A mask, 1 where coordinates stay: first and second half take turns."""
    first = [1] * (dim // 2) + [0] * (dim - dim // 2)
    return first if index % 2 == 0 else [1 - m for m in first]


def normal_log_prob(z: Tensor) -> Tensor:
    z = z.flatten(1)
    return -0.5 * z.square().sum(-1) - 0.5 * z.shape[1] * math.log(2 * math.pi)


def mlp(inputs: int, outputs: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    sizes, layers = [inputs, *HIDDEN], []
    for a, b in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


class Velocity(nn.Module):
    """dx/dt = f(t, x): a tanh perceptron that sees the time as one more input."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = mlp(dim + 1, dim, nn.Tanh)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self.net(torch.cat([x, t.expand(*x.shape[:-1], 1)], -1))


class NoContext(nn.Module):
    """A network that nflows (and the code normflows has from it) can call with a context."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, context: None = None) -> Tensor:
        return self.net(x)
