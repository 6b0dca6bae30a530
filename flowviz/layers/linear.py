"""Linear layers that mix all coordinates: LU, QR and SVD."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from ..layer import Bijection, batch_shape
from .precise import precise
from .rotation import Rotation
from .turns import below_diagonal, strictly_lower


class Linear(Bijection):
    """z = W x + b with det W > 0, W in factors. Ledger: volume = sum d, d = `log_diagonal`.

    Concrete layers write `matrix(tau)`, W(tau), invertible at every tau from the identity to W,
    and `_solve(rows)`, the rows (N, dim) of x with W x = row. Path: W(tau) x + tau b.
    """

    log_diagonal: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"{type(self).__name__}: expected dim >= 1, got {dim}")
        self.data_shape = self.latent_shape = (dim,)
        self.log_diagonal = nn.Parameter(torch.zeros(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    @abstractmethod
    def matrix(self, tau: float = 1.0) -> Tensor:
        """W(tau), (dim, dim)."""

    @abstractmethod
    def _solve(self, rows: Tensor) -> Tensor: ...

    def grown_diagonal(self, tau: float) -> Tensor:
        """1 + tau (exp(d) - 1), positive at every tau."""
        return 1 + tau * (self.log_diagonal.exp() - 1)

    def _volume(self, v: Tensor) -> Tensor:
        return self.log_diagonal.sum().expand(batch_shape(v, self.data_shape))

    @precise
    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._path(x, 1.0, context), self._volume(x)

    @precise
    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        rows = (z - self.bias).reshape(-1, *self.data_shape)
        return self._solve(rows).reshape(z.shape), self._volume(z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return x @ self.matrix(tau).mT + tau * self.bias

    @property
    def action(self) -> str:
        return "space is sheared, stretched and shifted, everywhere alike"


class LULinear(Linear):
    """z = L U x + b, L unit lower triangular, U upper triangular with diagonal exp(d).

    Shapes: x, z (..., dim). Ledger: volume = sum d. Exact. Starts at the identity; det > 0 always.
    `lower` holds the entries of L below the diagonal, `upper` those of U^T, row by row.
    Path: L(tau) U(tau) x + tau b, with off-diagonal entries times tau and diagonal
    1 + tau (exp(d) - 1): triangular with a positive diagonal at every tau, so invertible.
    Kingma & Dhariwal 2018, "Glow", equation 10 (without its fixed permutation).
    """

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.lower = nn.Parameter(torch.zeros(dim * (dim - 1) // 2))
        self.upper = nn.Parameter(torch.zeros(dim * (dim - 1) // 2))

    @classmethod
    def from_matrix(cls, weight: Tensor, bias: Tensor | None = None) -> LULinear:
        """The layer z = weight x + bias, for a weight that has an LU factorization with positive
        diagonal. Raises ValueError for a singular or otherwise unfit matrix."""
        bias = _check_affine(cls.__name__, weight, bias)
        layer = cls(len(weight)).to(weight)
        lower, upper = _unpivoted_lu(weight)
        with torch.no_grad():
            layer.lower.copy_(below_diagonal(lower))
            layer.upper.copy_(below_diagonal(upper.mT))
            layer.log_diagonal.copy_(upper.diagonal().log())
            layer.bias.copy_(bias)
        return layer

    def factors(self, tau: float = 1.0) -> tuple[Tensor, Tensor]:
        """L(tau), U(tau), each (dim, dim)."""
        below = tau * strictly_lower(self.lower, *self.data_shape)
        above = tau * strictly_lower(self.upper, *self.data_shape).mT
        diagonal = self.grown_diagonal(tau)
        return below + torch.ones_like(diagonal).diag(), above + diagonal.diag()

    def matrix(self, tau: float = 1.0) -> Tensor:
        """L(tau) U(tau), (dim, dim)."""
        lower, upper = self.factors(tau)
        return lower @ upper

    def _solve(self, rows: Tensor) -> Tensor:
        lower, upper = self.factors()
        rows = torch.linalg.solve_triangular(lower.mT, rows, upper=True, left=False)
        return torch.linalg.solve_triangular(upper.mT, rows, upper=False, left=False)

    @property
    def title(self) -> str:
        return "LU linear"


class QRLinear(Linear):
    """z = Q R x + b, Q a rotation, R upper triangular with diagonal exp(d).

    Shapes: x, z (..., dim), dim >= 2. Ledger: volume = sum d. Exact. Starts at the identity;
    every matrix with det > 0 is one of these. `upper` holds the entries of R^T below the
    diagonal, row by row; `form` is that of the `Rotation`.
    Path: Q(tau) R(tau) x + tau b: space turns while it is sheared and stretched.
    Hoogeboom et al. 2019, "Emerging convolutions", section 3.2.
    """

    def __init__(self, dim: int, form: str = "householder") -> None:
        super().__init__(dim)
        self.rotation = Rotation(dim, form=form)
        self.upper = nn.Parameter(torch.zeros(dim * (dim - 1) // 2))

    @classmethod
    def from_matrix(
        cls, weight: Tensor, bias: Tensor | None = None, form: str = "householder"
    ) -> QRLinear:
        """The layer z = weight x + bias. Raises ValueError unless det(weight) > 0."""
        bias = _check_affine(cls.__name__, weight, bias)
        layer = cls(len(weight), form).to(weight)
        q, r = torch.linalg.qr(weight.double())
        signs = r.diagonal().sign()
        q, r = q * signs, r * signs[:, None]
        with torch.no_grad():
            layer.rotation = Rotation.from_matrix(q, form=form).to(weight)
            layer.upper.copy_(below_diagonal(r.mT))
            layer.log_diagonal.copy_(r.diagonal().log())
            layer.bias.copy_(bias)
        return layer

    def triangle(self, tau: float = 1.0) -> Tensor:
        """R(tau), (dim, dim)."""
        above = tau * strictly_lower(self.upper, *self.data_shape).mT
        return above + self.grown_diagonal(tau).diag()

    def matrix(self, tau: float = 1.0) -> Tensor:
        """Q(tau) R(tau), (dim, dim)."""
        return self.rotation.matrix(tau) @ self.triangle(tau)

    def _solve(self, rows: Tensor) -> Tensor:
        turned = rows @ self.rotation.matrix()
        return torch.linalg.solve_triangular(self.triangle().mT, turned, upper=False, left=False)

    @property
    def title(self) -> str:
        return "QR linear"


class SVDLinear(Linear):
    """z = U diag(exp(d)) V^T x + b, U and V rotations.

    Shapes: x, z (..., dim), dim >= 2. Ledger: volume = sum d. Exact. Starts at the identity;
    every matrix with det > 0 is one of these. `left` and `right` are the rotations U and V^T.
    Path: U(tau) diag(1 + tau (exp(d) - 1)) V^T(tau) x + tau b: turn, stretch along the axes, turn.
    """

    def __init__(self, dim: int, form: str = "householder") -> None:
        super().__init__(dim)
        self.left = Rotation(dim, form=form)
        self.right = Rotation(dim, form=form)

    @classmethod
    def from_matrix(
        cls, weight: Tensor, bias: Tensor | None = None, form: str = "householder"
    ) -> SVDLinear:
        """The layer z = weight x + bias. Raises ValueError unless det(weight) > 0."""
        bias = _check_affine(cls.__name__, weight, bias)
        layer = cls(len(weight), form).to(weight)
        u, singular, vt = torch.linalg.svd(weight.double())
        if torch.linalg.det(u) < 0:  # both are reflections: mirror the same axis in both
            u[:, -1], vt[-1] = -u[:, -1], -vt[-1]
        with torch.no_grad():
            layer.left = Rotation.from_matrix(u, form=form).to(weight)
            layer.right = Rotation.from_matrix(vt, form=form).to(weight)
            layer.log_diagonal.copy_(singular.log())
            layer.bias.copy_(bias)
        return layer

    def matrix(self, tau: float = 1.0) -> Tensor:
        """U(tau) diag V^T(tau), (dim, dim)."""
        return (self.left.matrix(tau) * self.grown_diagonal(tau)) @ self.right.matrix(tau)

    def _solve(self, rows: Tensor) -> Tensor:
        shrunk = rows @ self.left.matrix() * (-self.log_diagonal).exp()
        return shrunk @ self.right.matrix()

    @property
    def title(self) -> str:
        return "SVD linear"


def _check_affine(name: str, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The bias (zero if None); raises unless weight is (dim, dim) with det > 0, bias (dim,)."""
    if weight.dim() != 2 or weight.shape[0] != weight.shape[1]:
        raise ValueError(f"{name}: expected a square matrix, got shape {tuple(weight.shape)}")
    if not weight.is_floating_point():
        raise TypeError(f"{name}: expected floating point numbers, got {weight.dtype}")
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"{name}: expected a bias ({len(weight)},), got {tuple(bias.shape)}")
    sign, log_volume = torch.linalg.slogdet(weight.double())
    if not (sign > 0 and torch.isfinite(log_volume)):
        raise ValueError(f"{name}: expected a matrix with determinant > 0, got sign {sign:+.0f}")
    return bias


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
