"""Linear layers: permutations, rotations, and LU."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..layer import Bijection, batch_shape
from .names import coordinate


def _no_volume(v: Tensor, event: tuple[int, ...]) -> Tensor:
    return v.new_zeros(batch_shape(v, event))


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
    inverse_order: Tensor
    generator: Tensor

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        order = [int(i) for i in order]
        if sorted(order) != list(range(len(order))) or not order:
            raise ValueError(f"Permutation: expected each of 0..dim-1 once, got {order}")
        self.data_shape = self.latent_shape = (len(order),)
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("inverse_order", torch.tensor(order).argsort(), persistent=False)
        cycles = _cycles(order)
        self.cut = sum(len(c) % 2 == 0 for c in cycles) % 2 == 1
        if not self.cut:
            self.register_buffer("generator", _rotation_generator(cycles), persistent=False)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return x[..., self.order], _no_volume(x, self.data_shape)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z[..., self.inverse_order], _no_volume(z, self.data_shape)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if tau in (0, 1) or self.cut:
            return x[..., self.order] if tau == 1 else x.clone()
        turn = torch.linalg.matrix_exp(tau * self.generator)
        return x @ turn.to(x.dtype).mT

    @property
    def title(self) -> str:
        return "permutation"

    @property
    def action(self) -> str:
        if len(self.order) > 4:
            return "the coordinates change places"
        names = ", ".join(coordinate(i) for i in self.order.tolist())
        return f"the coordinates change places, to ({names})"


def _cycles(order: list[int]) -> list[list[int]]:
    left, cycles = set(range(len(order))), []
    while left:
        cycle, i = [], min(left)
        while i in left:
            left.remove(i)
            cycle.append(i)
            i = order[i]
        cycles.append(cycle)
    return cycles


def _rotation_generator(cycles: list[list[int]]) -> Tensor:
    """A skew A with exp(A) x = x[order], for an even permutation, as float64.

    A cycle of m coordinates is a cyclic shift, whose eigenvalues are exp(2 pi i k / m); its real
    logarithm is circulant. Even cycles leave an eigenvalue -1 over, with eigenvector
    (1, -1, 1, ...)/sqrt(m): two of those turn together by pi.
    """
    size = sum(map(len, cycles))
    a = torch.zeros(size, size, dtype=torch.float64)
    flips = []
    for cycle in cycles:
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


class Rotation(Bijection):
    """z = R x with R = exp(A - A^T), a rotation (det R = +1).

    Shapes: x, z (..., dim). Ledger: volume = 0. Exact. A is learned; in the plane `angle` sets
    it (radians, counter-clockwise), and `learn=False` holds it fixed, e.g. for the turn by a
    right angle that mixes coordinates between couplings without a reflection.
    Path: exp(tau (A - A^T)), a turn. Raises ValueError for dim < 2, or an angle with dim > 2.
    """

    def __init__(self, dim: int, angle: float | None = None, learn: bool = True) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"Rotation: expected dim >= 2, got {dim}")
        if angle is not None and dim != 2:
            raise ValueError(f"Rotation: an angle belongs to dim 2, got dim {dim}")
        self.data_shape = self.latent_shape = (dim,)
        start = torch.zeros(dim, dim)
        if angle is not None:
            start[1, 0] = angle
        self.skew = nn.Parameter(start, requires_grad=learn)

    def matrix(self, tau: float = 1.0) -> Tensor:
        """R(tau) = exp(tau (A - A^T)), (dim, dim)."""
        return torch.linalg.matrix_exp(tau * (self.skew - self.skew.mT))

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return x @ self.matrix().mT, _no_volume(x, self.data_shape)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z @ self.matrix(), _no_volume(z, self.data_shape)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return x @ self.matrix(tau).mT

    @property
    def title(self) -> str:
        return "rotation"

    @property
    def action(self) -> str:
        if self.data_shape != (2,):
            return "space is turned"
        degrees = math.degrees(float(self.skew[1, 0] - self.skew[0, 1]))
        return f"the plane is turned by {degrees:.0f}°".replace("-", "−")


class LULinear(Bijection):
    """z = L U x + b, L unit lower triangular, U upper triangular with diagonal exp(d).

    Shapes: x, z (..., dim). Ledger: volume = sum d. Exact. Starts at the identity; det > 0 always.
    Path: L(tau) U(tau) x + tau b, with off-diagonal entries times tau and diagonal
    1 + tau (exp(d) - 1): triangular with a positive diagonal at every tau, so invertible.
    Kingma & Dhariwal 2018, "Glow", equation 10 (without its fixed permutation).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"LULinear: expected dim >= 1, got {dim}")
        self.data_shape = self.latent_shape = (dim,)
        self.lower = nn.Parameter(torch.zeros(dim, dim))
        self.upper = nn.Parameter(torch.zeros(dim, dim))
        self.log_diagonal = nn.Parameter(torch.zeros(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    @classmethod
    def from_matrix(cls, weight: Tensor, bias: Tensor | None = None) -> LULinear:
        """The layer z = weight x + bias, for a weight that has an LU factorization with positive
        diagonal. Raises ValueError for a singular or otherwise unfit matrix."""
        if weight.dim() != 2 or weight.shape[0] != weight.shape[1]:
            raise ValueError(f"LULinear: expected a square matrix, got shape {tuple(weight.shape)}")
        layer = cls(len(weight)).to(weight.dtype)
        lower, upper = _unpivoted_lu(weight)
        with torch.no_grad():
            layer.lower.copy_(lower.tril(-1))
            layer.log_diagonal.copy_(upper.diagonal().log())
            layer.upper.copy_(upper.triu(1))
            if bias is not None:
                layer.bias.copy_(bias)
        return layer

    def factors(self, tau: float = 1.0) -> tuple[Tensor, Tensor]:
        """L(tau), U(tau), each (dim, dim)."""
        eye = torch.eye(*self.lower.shape, dtype=self.lower.dtype, device=self.lower.device)
        grown = 1 + tau * (self.log_diagonal.exp() - 1)
        return tau * self.lower.tril(-1) + eye, tau * self.upper.triu(1) + grown.diag()

    def _volume(self, v: Tensor) -> Tensor:
        return self.log_diagonal.sum().expand(batch_shape(v, self.data_shape))

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._path(x, 1.0, context), self._volume(x)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        lower, upper = self.factors()
        y = torch.linalg.solve_triangular(lower, (z - self.bias).unsqueeze(-1), upper=False)
        x = torch.linalg.solve_triangular(upper, y, upper=True)
        return x.squeeze(-1), self._volume(z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        lower, upper = self.factors(tau)
        return x @ upper.mT @ lower.mT + tau * self.bias

    @property
    def title(self) -> str:
        return "LU linear"

    @property
    def action(self) -> str:
        return "space is sheared, stretched and shifted, everywhere alike"


def _unpivoted_lu(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Doolittle's factorization without row exchanges; every pivot must be positive."""
    dim = len(weight)
    upper = weight.detach().double().clone()
    lower = torch.eye(dim, dtype=upper.dtype)
    tiny = torch.finfo(weight.dtype).eps * float(upper.abs().max()) * dim
    for k in range(dim):
        if not upper[k, k] > tiny:
            raise ValueError(
                "LULinear: expected an invertible matrix whose leading minors are positive, "
                f"got pivot {float(upper[k, k]):.3g} in row {k}"
            )
        lower[k + 1 :, k] = upper[k + 1 :, k] / upper[k, k]
        upper[k + 1 :] -= torch.outer(lower[k + 1 :, k], upper[k])
    return lower, upper
