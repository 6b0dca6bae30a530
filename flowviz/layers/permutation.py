"""Permutations, and how an even one turns into place."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Bijection, batch_shape
from .names import coordinate


class Permutation(Bijection):
    """z_i = x_{order[i]}: the coordinates change places.

    Shapes: x, z (..., dim). Ledger: volume = 0. Exact. Raises ValueError unless `order` holds
    0 .. dim-1 once each.
    Path: an even permutation is a rotation, P = exp(A) with A skew, and turns as exp(tau A). An
    odd one (a swap) is a reflection: no path of invertible maps joins it to the identity, so
    `cut` is True and the axes are relabelled at tau = 1. (A straight line would be singular on
    the way: for a swap in the plane every point would lie on the diagonal half way.)
    """

    order: Tensor

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        order = [operator.index(i) for i in order]
        if sorted(order) != list(range(len(order))) or not order:
            raise ValueError(f"Permutation: expected each of 0..dim-1 once, got {order}")
        self.data_shape = self.latent_shape = (len(order),)
        self.register_buffer("order", torch.tensor(order))

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for an odd permutation; asked of `order`, which a checkpoint may replace."""
        return sum(len(c) % 2 == 0 for c in cycles_of(self.order.tolist())) % 2 == 1

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return x[..., self.order], x.new_zeros(batch_shape(x, self.data_shape))

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z[..., self.order.argsort()], z.new_zeros(batch_shape(z, self.data_shape))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if tau in (0, 1) or self.cut:
            return x[..., self.order] if tau == 1 else x.clone()
        turn = torch.linalg.matrix_exp(tau * rotation_generator(tuple(self.order.tolist())))
        return x @ turn.to(x).mT

    @property
    def title(self) -> str:
        return "permutation"

    @property
    def action(self) -> str:
        if len(self.order) > 4:
            return "the coordinates change places"
        names = ", ".join(coordinate(i) for i in self.order.tolist())
        return f"the coordinates change places, to ({names})"


class Reversal(Permutation):
    """z_i = x_{dim-1-i}: the coordinates in reverse order. Dinh et al. 2014; Papamakarios 2017.

    Shapes, ledger and path as `Permutation`: even, so a turn, where dim is 4k or 4k + 1.
    """

    def __init__(self, dim: int) -> None:
        super().__init__(range(dim)[::-1])

    @property
    def title(self) -> str:
        return "reversal"


def cycles_of(order: list[int]) -> list[list[int]]:
    left, cycles = set(range(len(order))), []
    while left:
        cycle, i = [], min(left)
        while i in left:
            left.remove(i)
            cycle.append(i)
            i = order[i]
        cycles.append(cycle)
    return cycles


@functools.lru_cache(maxsize=8)  # a film asks for the same one at every frame
def rotation_generator(order: tuple[int, ...]) -> Tensor:
    """A skew A with exp(A) x = x[order], for an even permutation, as float64 (dim, dim).

    A cycle of m coordinates is a cyclic shift, whose eigenvalues are exp(2 pi i k / m); its real
    logarithm is circulant. Even cycles leave an eigenvalue -1 over, with eigenvector
    (1, -1, 1, ...)/sqrt(m): two of those turn together by pi.
    """
    size, flips = len(order), []
    a = torch.zeros(size, size, dtype=torch.float64)
    for cycle in cycles_of(list(order)):
        m = len(cycle)
        lag = torch.arange(m)[None, :] - torch.arange(m)[:, None]
        angles = [2 * math.pi * k / m for k in range(1, (m + 1) // 2)]
        block = sum((2 / m) * t * torch.sin(t * lag.double()) for t in angles)
        a[torch.tensor(cycle)[:, None], torch.tensor(cycle)] += block
        if m % 2 == 0:
            flip = torch.zeros(size, dtype=torch.float64)
            flip[cycle] = (-1.0) ** torch.arange(m).double() / math.sqrt(m)
            flips.append(flip)
    for u, v in zip(flips[::2], flips[1::2], strict=True):
        a += math.pi * (torch.outer(u, v) - torch.outer(v, u))
    return a
