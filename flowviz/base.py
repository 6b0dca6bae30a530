"""Base distributions: what the latent z is compared with."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .layer import event_shape
from .spaces import CUBE, HALF_LINE, INTEGERS, REALS, SORTED, Space, half_space


class Base(nn.Module, ABC):
    """A distribution over z (..., *shape) with log_prob in nats and sampling at a temperature.

    Outside the support log_prob is -inf.
    """

    shape: tuple[int, ...]
    support: Space
    title: str
    anchor: Tensor

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__()
        self.shape = event_shape(shape)
        self.register_buffer("anchor", torch.zeros(()), persistent=False)  # carries dtype, device

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats, batch shape."""

    @abstractmethod
    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        """n draws (n, *shape); temperature scales the spread (1: the model itself)."""

    @abstractmethod
    def icdf(self, p: Tensor) -> Tensor:
        """Quantiles of one coordinate (the coordinates are independent and alike)."""

    def _sum(self, values: Tensor) -> Tensor:
        """Sum over the event's dimensions."""
        return values.sum(tuple(range(-len(self.shape), 0)))

    def _noise(self, n: int, draw: Callable[..., Tensor]) -> Tensor:
        return draw(n, *self.shape, dtype=self.anchor.dtype, device=self.anchor.device)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.shape))})"


class StandardNormal(Base):
    """N(0, I) on R^shape: log p(z) = -|z|^2/2 - (D/2) log 2 pi."""

    title = "standard normal"
    support = REALS

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__(shape)
        self._log_norm = 0.5 * math.prod(self.shape) * math.log(2 * math.pi)

    def log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * self._sum(z.square()) - self._log_norm

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * self._noise(n, torch.randn)

    def icdf(self, p: Tensor) -> Tensor:
        return torch.special.ndtri(p)


class HalfNormal(Base):
    """|N(0, I)|: log p(z) = -|z|^2/2 - (D/2) log(pi/2) where all z_i >= 0. For abs flows.

    `folded`: the indices of a vector (dim,) that are half-normal; the others stay normal.
    """

    title = "half-normal"
    folded: Tensor

    def __init__(self, shape: int | tuple[int, ...], folded: Sequence[int] | None = None) -> None:
        super().__init__(shape)
        mask = fold_mask(self.shape, folded)
        self.register_buffer("folded", mask, persistent=False)
        everywhere = bool(mask.all())
        chosen = mask.nonzero().flatten().tolist()
        self.support = HALF_LINE if everywhere else half_space(len(mask), chosen)
        self._log_norm = 0.5 * mask.numel() * math.log(2 * math.pi) - int(mask.sum()) * math.log(2)
        self._chosen = None if everywhere else chosen

    def log_prob(self, z: Tensor) -> Tensor:
        inside = self._sum(-0.5 * z.square()) - self._log_norm
        return torch.where(self._sum((z < 0) & self.folded) == 0, inside, -math.inf)

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = self._noise(n, torch.randn)
        return temperature * torch.where(self.folded, noise.abs(), noise)

    def icdf(self, p: Tensor) -> Tensor:
        if self.support != HALF_LINE:
            raise NotImplementedError("HalfNormal: its coordinates are not alike")
        return torch.special.ndtri((1 + p) / 2)

    def __repr__(self) -> str:
        folded = "" if self._chosen is None else f", folded={self._chosen}"
        return f"{super().__repr__()[:-1]}{folded})"


def fold_mask(shape: tuple[int, ...], indices: Sequence[int] | None) -> Tensor:
    """True at the coordinates that are folded: all of them for None, else those of a vector."""
    if indices is None:
        return torch.ones(shape, dtype=torch.bool)
    chosen = sorted(set(map(operator.index, indices)))
    if len(shape) != 1 or not chosen or chosen[0] < 0 or chosen[-1] >= shape[0]:
        raise ValueError(f"expected indices of a vector of shape {shape}, got {list(indices)}")
    mask = torch.zeros(shape, dtype=torch.bool)
    mask[chosen] = True
    return mask


class Uniform(Base):
    """Uniform on the unit cube: log p(z) = 0 there. A temperature below 1 draws near its centre."""

    title = "uniform"
    support = CUBE

    def log_prob(self, z: Tensor) -> Tensor:
        return self._sum(torch.where((z >= 0) & (z <= 1), 0.0 * z, -math.inf))

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        if temperature > 1:
            raise ValueError(f"Uniform: expected a temperature <= 1 in the cube, got {temperature}")
        return 0.5 + temperature * (self._noise(n, torch.rand) - 0.5)

    def icdf(self, p: Tensor) -> Tensor:
        return p.clone()


class SortedNormal(Base):
    """D draws from N(0, 1) in increasing order: log p(z) = log D! + sum_i log N(z_i), z sorted.

    shape (..., D): the last axis is sorted, each row by itself. The base of a sort flow.
    """

    title = "sorted normal"
    support = SORTED

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__(shape)
        size, row = math.prod(self.shape), self.shape[-1]
        self._log_orders = size // row * math.lgamma(row + 1)

    def log_prob(self, z: Tensor) -> Tensor:
        density = self._sum(-0.5 * z.square() - 0.5 * math.log(2 * math.pi))
        in_order = (z.diff(dim=-1) >= 0).flatten(z.dim() - len(self.shape)).all(-1)
        return torch.where(in_order, density + self._log_orders, -math.inf)

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * self._noise(n, torch.randn).sort(-1).values

    def icdf(self, p: Tensor) -> Tensor:
        raise NotImplementedError("SortedNormal: its coordinates are not independent")


class UniformIntegers(Base):
    """The whole numbers 0 .. levels-1 at even odds: log p(z) = -D log levels, a probability."""

    title = "uniform integers"
    support = INTEGERS

    def __init__(self, shape: int | tuple[int, ...], levels: int) -> None:
        super().__init__(shape)
        if levels < 1:
            raise ValueError(f"UniformIntegers: expected levels >= 1, got {levels}")
        self.levels = levels

    def log_prob(self, z: Tensor) -> Tensor:
        inside = (z >= 0) & (z < self.levels) & (z == z.floor())
        return self._sum(torch.where(inside, 0.0 * z - math.log(self.levels), -math.inf))

    def sample(self, n: int, temperature: float = 1.0) -> Tensor:
        if temperature != 1:
            raise ValueError(f"UniformIntegers: expected temperature 1, got {temperature}")
        return (self._noise(n, torch.rand) * self.levels).floor()

    def icdf(self, p: Tensor) -> Tensor:
        return (p * self.levels).ceil().clamp(min=1) - 1

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, levels={self.levels})"
