"""Rotations: learned turns of space, in interchangeable forms."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..layer import Bijection, batch_shape
from . import turns
from .precise import precise
from .remembered import Remembered


class Rotation(Bijection):
    """z = R x with a rotation R (det R = +1), in one of four forms (`turns.py` has the equations).

    form="exponential": R = exp(A), A skew. `skew` holds the dim (dim - 1) / 2 entries of A below
        the diagonal, row by row; in the plane its one entry is the angle.
    form="cayley": R = (I - A)^-1 (I + A), `skew` likewise; in the plane its one entry is the
        tangent of half the angle. One linear solve, but it stops short of half turns.
    form="householder": R is a product of dim (or dim - 1) reflections, `vectors`. It and the
        Cayley form cost 20 to 40 times less than the exponential at dim 256 and above.
    form="matrix_exponential": R = exp(P - P^T), P any matrix, `full`: twice the numbers for the
        same rotations, in single precision where x is. The form of flowification's own code.

    Where nothing learns the matrix is computed once and kept. A few rows are turned by the Cayley
    form through one linear system, without the matrix.

    Shapes: x, z (..., dim). Ledger: volume = 0. Exact. Starts at the identity; in the plane at
    `angle` (radians, counter-clockwise). `learn=False` holds it fixed, e.g. for the turn by a
    right angle that mixes coordinates between couplings without a reflection.
    Path: a turn; exp(tau A) at even speed, in the Householder form by the short way.
    Raises ValueError for dim < 2, an unknown form, an angle with dim > 2, or an angle that is
    not finite or that the form cannot reach. Golinski et al. 2019 (exponential and Cayley);
    Tomczak & Welling 2016 (Householder).
    """

    def __init__(
        self,
        dim: int,
        angle: float | None = None,
        learn: bool = True,
        form: str = "exponential",
    ) -> None:
        super().__init__()
        if dim < 2:
            raise ValueError(f"Rotation: expected dim >= 2, got {dim}")
        if form not in _STARTS:
            raise ValueError(f"Rotation: expected form {' or '.join(_STARTS)}, got {form!r}")
        if angle is not None and dim != 2:
            raise ValueError(f"Rotation: an angle belongs to dim 2, got dim {dim}")
        if not math.isfinite(angle or 0):
            raise ValueError(f"Rotation: expected a finite angle, got {angle}")
        self.data_shape = self.latent_shape = (dim,)
        self.form = form
        start = nn.Parameter(_STARTS[form](dim, float(angle or 0)), requires_grad=learn)
        self.register_parameter(_NUMBERS.get(form, "skew"), start)
        self._remembered = Remembered()

    @classmethod
    def from_matrix(cls, matrix: Tensor, learn: bool = True, form: str = "exponential") -> Rotation:
        """The layer z = matrix x, for a rotation matrix (dim, dim), in any form.

        Raises ValueError unless the matrix is orthogonal with determinant +1, and, for the
        Cayley form, if it turns some plane by 180 degrees.
        """
        _check_rotation(matrix)
        layer = cls(len(matrix), learn=learn, form=form).to(matrix)
        with torch.no_grad():
            layer._numbers.copy_(_FROM_MATRIX[form](matrix))
        return layer

    @property
    def _numbers(self) -> nn.Parameter:
        return getattr(self, _NUMBERS.get(self.form, "skew"))

    def matrix(self, tau: float = 1.0) -> Tensor:
        """R(tau), (dim, dim): the identity at 0, R at 1."""
        numbers = self._numbers
        if tau == 1:
            return self._remembered.get(numbers, lambda: self._matrix(numbers, 1.0))
        return self._matrix(numbers, tau)

    @precise
    def _matrix(self, numbers: Tensor, tau: float) -> Tensor:
        return _FORMS[self.form](numbers, *self.data_shape, tau)

    @precise
    def turn(self, v: Tensor) -> Tensor:
        """R v for every row of v (..., dim)."""
        return turns.cayley_turn(self.skew, v) if self._few(v) else v @ self.matrix().mT

    @precise
    def turn_back(self, v: Tensor) -> Tensor:
        """R^-1 v for every row of v (..., dim)."""
        return turns.cayley_turn(-self.skew, v) if self._few(v) else v @ self.matrix()

    def _few(self, v: Tensor) -> bool:
        """True where a linear system for the rows alone is cheaper than the matrix."""
        learning = torch.is_grad_enabled() and self._numbers.requires_grad
        return self.form == "cayley" and learning and v.numel() < v.shape[-1] ** 2

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.turn(x), x.new_zeros(batch_shape(x, self.data_shape))

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.turn_back(z), z.new_zeros(batch_shape(z, self.data_shape))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return x @ self.matrix(tau).mT

    @property
    def title(self) -> str:
        return "rotation"

    @property
    def action(self) -> str:
        if self.data_shape != (2,):
            return "space is turned"
        degrees = round(math.degrees(self._angle()))
        return f"the plane is turned by {degrees}°".replace("-", "−")

    def _angle(self) -> float:
        if self.form == "exponential":
            return self.skew.item()  # tells full turns, too
        if self.form == "matrix_exponential":
            return (self.full[1, 0] - self.full[0, 1]).item()
        matrix = self.matrix()
        return math.atan2(matrix[1, 0].item(), matrix[0, 0].item())

    @property
    def settings(self) -> str:
        return f"form={self.form!r}"


def _start_exponential(dim: int, angle: float) -> Tensor:
    return torch.full((dim * (dim - 1) // 2,), angle)


def _start_full(dim: int, angle: float) -> Tensor:
    return turns.strictly_lower(_start_exponential(dim, angle), dim)


def _start_cayley(dim: int, angle: float) -> Tensor:
    if not abs(angle) < math.pi:
        raise ValueError(f"Rotation: the Cayley form needs |angle| < pi, got {angle}")
    return torch.full((dim * (dim - 1) // 2,), math.tan(angle / 2))


def _start_householder(dim: int, angle: float) -> Tensor:
    """Pairs of equal vectors, at random so that learning can turn every plane."""
    if dim == 2:
        return torch.tensor([[1.0, 0.0], [math.cos(angle / 2), -math.sin(angle / 2)]])
    return torch.randn(dim // 2, dim).repeat_interleave(2, 0)


def _check_rotation(matrix: Tensor) -> None:
    if matrix.dim() != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"Rotation: expected a square matrix, got shape {tuple(matrix.shape)}")
    if not matrix.is_floating_point():
        raise TypeError(f"Rotation: expected floating point numbers, got {matrix.dtype}")
    wide = matrix.double()
    eye = torch.eye(len(wide), dtype=wide.dtype, device=wide.device)
    off = (wide @ wide.mT - eye).abs().max().item()
    tolerance = 100 * len(matrix) * torch.finfo(matrix.dtype).eps
    if not off <= tolerance:
        raise ValueError(f"Rotation: expected an orthogonal matrix, got R R^T off I by {off:.2g}")
    if torch.linalg.det(wide) < 0:
        raise ValueError("Rotation: expected determinant +1, got −1: a reflection")


_NUMBERS = {"householder": "vectors", "matrix_exponential": "full"}  # "skew" for the others
_STARTS = {
    "exponential": _start_exponential,
    "matrix_exponential": _start_full,
    "cayley": _start_cayley,
    "householder": _start_householder,
}
_FORMS = {
    "exponential": turns.exponential,
    "matrix_exponential": turns.full_exponential,
    "cayley": turns.cayley,
    "householder": turns.householder,
}
_FROM_MATRIX = {
    "exponential": lambda r: turns.below_diagonal(turns.logarithm(r)),
    "matrix_exponential": lambda r: turns.logarithm(r).tril(),
    "cayley": lambda r: turns.below_diagonal(turns.cayley_logarithm(r)),
    "householder": turns.reflections,
}
