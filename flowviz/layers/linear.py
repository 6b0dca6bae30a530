"""Linear layers that mix all coordinates: rotations, and LU."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..layer import Bijection, batch_shape


def _strictly_lower(entries: Tensor, dim: int) -> Tensor:
    """The (dim, dim) matrix with these entries below the diagonal, row by row, and zeros."""
    below = torch.tril_indices(dim, dim, -1, device=entries.device)
    return entries.new_zeros(dim, dim).index_put((below[0], below[1]), entries)


class Rotation(Bijection):
    """z = R x with R = exp(A - A^T), a rotation (det R = +1).

    Shapes: x, z (..., dim). Ledger: volume = 0. Exact. A is strictly lower triangular and
    learned (`skew` holds its dim (dim - 1) / 2 entries, row by row); in the plane its one entry
    is the angle (radians, counter-clockwise), which `angle` sets. `learn=False` holds it fixed,
    e.g. for the turn by a right angle that mixes coordinates between couplings without a
    reflection.
    Path: exp(tau (A - A^T)), a turn. Raises ValueError for dim < 2, or an angle with dim > 2.
    """

    def __init__(self, dim: int, angle: float | None = None, learn: bool = True) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"Rotation: expected dim >= 2, got {dim}")
        if angle is not None and dim != 2:
            raise ValueError(f"Rotation: an angle belongs to dim 2, got dim {dim}")
        self.data_shape = self.latent_shape = (dim,)
        start = torch.full((dim * (dim - 1) // 2,), float(angle or 0))
        self.skew = nn.Parameter(start, requires_grad=learn)

    def matrix(self, tau: float = 1.0) -> Tensor:
        """R(tau) = exp(tau (A - A^T)), (dim, dim)."""
        a = _strictly_lower(self.skew, *self.data_shape)
        return torch.linalg.matrix_exp(tau * (a - a.mT))

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return x @ self.matrix().mT, x.new_zeros(batch_shape(x, self.data_shape))

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z @ self.matrix(), z.new_zeros(batch_shape(z, self.data_shape))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return x @ self.matrix(tau).mT

    @property
    def title(self) -> str:
        return "rotation"

    @property
    def action(self) -> str:
        if self.data_shape != (2,):
            return "space is turned"
        degrees = round(math.degrees(self.skew.item()))
        return f"the plane is turned by {degrees}°".replace("-", "−")


class LULinear(Bijection):
    """z = L U x + b, L unit lower triangular, U upper triangular with diagonal exp(d).

    Shapes: x, z (..., dim). Ledger: volume = sum d. Exact. Starts at the identity; det > 0 always.
    `lower` holds the entries of L below the diagonal, `upper` those of U^T, row by row.
    Path: L(tau) U(tau) x + tau b, with off-diagonal entries times tau and diagonal
    1 + tau (exp(d) - 1): triangular with a positive diagonal at every tau, so invertible.
    Kingma & Dhariwal 2018, "Glow", equation 10 (without its fixed permutation).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"LULinear: expected dim >= 1, got {dim}")
        self.data_shape = self.latent_shape = (dim,)
        self.lower = nn.Parameter(torch.zeros(dim * (dim - 1) // 2))
        self.upper = nn.Parameter(torch.zeros(dim * (dim - 1) // 2))
        self.log_diagonal = nn.Parameter(torch.zeros(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    @classmethod
    def from_matrix(cls, weight: Tensor, bias: Tensor | None = None) -> LULinear:
        """The layer z = weight x + bias, for a weight that has an LU factorization with positive
        diagonal. Raises ValueError for a singular or otherwise unfit matrix."""
        if weight.dim() != 2 or weight.shape[0] != weight.shape[1]:
            raise ValueError(f"LULinear: expected a square matrix, got shape {tuple(weight.shape)}")
        if not weight.is_floating_point():
            raise TypeError(f"LULinear: expected floating point numbers, got {weight.dtype}")
        bias = weight.new_zeros(len(weight)) if bias is None else bias
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"LULinear: expected a bias ({len(weight)},), got {tuple(bias.shape)}")
        layer = cls(len(weight)).to(weight)
        lower, upper = _unpivoted_lu(weight)
        below = tuple(torch.tril_indices(*lower.shape, -1))
        values = lower[below], upper.mT[below], upper.diagonal().log(), bias
        own = layer.lower, layer.upper, layer.log_diagonal, layer.bias
        with torch.no_grad():
            for parameter, value in zip(own, values, strict=True):
                parameter.copy_(value)
        return layer

    def factors(self, tau: float = 1.0) -> tuple[Tensor, Tensor]:
        """L(tau), U(tau), each (dim, dim)."""
        below = tau * _strictly_lower(self.lower, *self.data_shape)
        above = tau * _strictly_lower(self.upper, *self.data_shape).mT
        grown = 1 + tau * (self.log_diagonal.exp() - 1)
        return below + torch.ones_like(grown).diag(), above + grown.diag()

    def _volume(self, v: Tensor) -> Tensor:
        return self.log_diagonal.sum().expand(batch_shape(v, self.data_shape))

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._path(x, 1.0, context), self._volume(x)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        lower, upper = self.factors()
        rows = (z - self.bias).reshape(-1, *self.data_shape)
        rows = torch.linalg.solve_triangular(lower.mT, rows, upper=True, left=False)
        rows = torch.linalg.solve_triangular(upper.mT, rows, upper=False, left=False)
        return rows.reshape(z.shape), self._volume(z)

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
    upper = weight.detach().double().cpu().clone()
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
