"""Rotation matrices in three forms, each with a turn from the identity, and back from the matrix.

With a skew matrix A = S - S^T, S strictly lower triangular, and unit vectors u_i, v_i:

    exponential   R(tau) = exp(tau A)                             every rotation, at even speed
    Cayley        R(tau) = (I - tau A)^-1 (I + tau A)             all without an eigenvalue -1
    Householder   R(tau) = prod_i H(u_i) H(v_i(tau))              every rotation

H(v) = I - 2 v v^T / v^T v reflects. Two reflections make a turn in the plane of u and v by twice
their angle; v(tau) runs from u to v (or -v, whichever is nearer: the same reflection), so that
every pair turns from rest into place. All R(tau) are orthogonal with determinant +1.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .fast import eager


def strictly_lower(entries: Tensor, dim: int) -> Tensor:
    """The (dim, dim) matrix with these entries below the diagonal, row by row, and zeros."""
    below = torch.tril_indices(dim, dim, -1, device=entries.device)
    return entries.new_zeros(dim, dim).index_put((below[0], below[1]), entries)


def below_diagonal(matrix: Tensor) -> Tensor:
    """The entries below the diagonal, row by row."""
    below = torch.tril_indices(*matrix.shape, -1, device=matrix.device)
    return matrix[below[0], below[1]]


def skew(entries: Tensor, dim: int) -> Tensor:
    """A = S - S^T from the entries of S below the diagonal, row by row."""
    if eager(entries) and not torch._C._are_functorch_transforms_active():
        return _Skew.apply(entries, dim)
    lower = strictly_lower(entries, dim)
    return lower - lower.mT


class _Skew(torch.autograd.Function):
    """The same in fewer passes over memory: dL/d entry = G_ij - G_ji."""

    @staticmethod
    def forward(ctx, entries, dim):
        ctx.places = _places_below(dim, entries.device)
        lower = entries.new_zeros(dim * dim).index_copy_(0, ctx.places, entries).view(dim, dim)
        return lower - lower.mT

    @staticmethod
    def backward(ctx, grad):
        return (grad - grad.mT).reshape(-1).index_select(0, ctx.places), None


@functools.lru_cache(maxsize=32)
def _places_below(dim: int, device: torch.device) -> Tensor:
    """Where, in a flat (dim, dim) matrix, the entries below the diagonal stand, row by row."""
    with torch.inference_mode(False):
        rows, columns = torch.tril_indices(dim, dim, -1, device=device)
        return rows * dim + columns


def exponential(entries: Tensor, dim: int, tau: float = 1.0) -> Tensor:
    """exp(tau A), (dim, dim).

    In double precision inside: torch's float32 series is off by 2e-5 for a turn of 30 degrees.
    """
    return torch.linalg.matrix_exp(tau * skew(entries.double(), dim)).to(entries.dtype)


def full_exponential(full: Tensor, dim: int, tau: float = 1.0) -> Tensor:
    """exp(tau (P - P^T)) of a full matrix P (dim, dim), in P's own precision."""
    return torch.linalg.matrix_exp(tau * (full - full.mT))


def cayley(entries: Tensor, dim: int, tau: float = 1.0) -> Tensor:
    """(I - tau A)^-1 (I + tau A), (dim, dim)."""
    a = tau * skew(entries, dim)
    eye = torch.eye(dim, dtype=a.dtype, device=a.device)
    return torch.linalg.solve(eye - a, eye + a)


def cayley_turn(entries: Tensor, v: Tensor) -> Tensor:
    """R v = 2 (I - A)^-1 v - v for every row of v (..., dim): R itself is never built.

    One factorization of I - A (which is never singular) and one solution a row.
    """
    dim = v.shape[-1]
    eye = torch.eye(dim, dtype=entries.dtype, device=entries.device)
    columns = v.reshape(-1, dim).mT
    solved, _ = torch.linalg.solve_ex(eye - skew(entries, dim), columns)
    return (2 * solved - columns).mT.reshape(v.shape)


def householder(vectors: Tensor, dim: int, tau: float = 1.0) -> Tensor:
    """prod_i H(u_i) H(v_i(tau)) for vectors (2m, dim) = u_1, v_1, u_2, v_2, ...

    The product of 2m reflections is I - V^T T^-1 V with T the upper triangle of V V^T, its
    diagonal halved: one triangular solve, not 2m updates (Joffrain et al. 2006).
    """
    pairs = normalize(vectors.reshape(-1, 2, dim), dim=-1)
    u, v = pairs.unbind(1)
    nearer = torch.where((u * v).sum(-1, keepdim=True) < 0, -v, v)
    moving = normalize(torch.lerp(u, nearer, tau), dim=-1)
    rows = torch.stack([u, moving], 1).flatten(0, 1)
    gram = rows @ rows.mT
    triangle = gram.triu(1) + 0.5 * gram.diagonal().diag()
    eye = torch.eye(dim, dtype=rows.dtype, device=rows.device)
    return eye - rows.mT @ torch.linalg.solve_triangular(triangle, rows, upper=True)


def random_rotation(dim: int) -> Tensor:
    """Uniform over the rotations, (dim, dim), float64; from torch's global generator."""
    q, r = torch.linalg.qr(torch.randn(dim, dim, dtype=torch.float64))
    q = q * r.diagonal().sign()  # uniform over the orthogonal matrices
    return torch.cat([q[:, :1] * torch.linalg.det(q).sign(), q[:, 1:]], 1)


def logarithm(rotation: Tensor) -> Tensor:
    """The skew A of least norm with exp(A) = rotation, (dim, dim), float64.

    With C and K the symmetric and the skew part of the rotation, A = f(C) K where
    f(cos t) = t / sin t: a function of C, so nothing has to be paired. Only at half turns does
    it fail; that even-dimensional space is turned by pi in planes of our choice. What rounding
    leaves over is a small rotation, whose logarithm is added.
    """
    rotation = rotation.double()
    total = torch.zeros_like(rotation)
    for _ in range(4):
        total = total + _rough_logarithm(rotation @ torch.linalg.matrix_exp(-total))
    return (total - total.mT) / 2


def _rough_logarithm(rotation: Tensor) -> Tensor:
    cosines, basis = torch.linalg.eigh((rotation + rotation.mT) / 2)
    half_turn = cosines < -1 + 1e-8
    angles = torch.arccos(cosines.clamp(-1, 1))
    factor = torch.where(half_turn, 0.0, 1 / torch.special.sinc(angles / math.pi))
    planes = basis[:, half_turn]
    u, v = planes[:, 0::2], planes[:, 1::2]
    a = (basis * factor) @ basis.mT @ ((rotation - rotation.mT) / 2)
    return (a - a.mT) / 2 + math.pi * (u @ v.mT - v @ u.mT)


def cayley_logarithm(rotation: Tensor) -> Tensor:
    """The skew A with (I - A)^-1 (I + A) = rotation, float64: A = (R - I)(R + I)^-1.

    Raises ValueError for a rotation by a half turn in some plane: it has none.
    """
    rotation = rotation.double()
    eye = torch.eye(len(rotation), dtype=rotation.dtype, device=rotation.device)
    if not torch.linalg.matrix_norm(rotation + eye, -2) > 1e-6:
        raise ValueError("Cayley form: expected no turn by 180° in any plane, got one")
    a = torch.linalg.solve(rotation + eye, rotation - eye)  # the two factors commute
    return (a - a.mT) / 2


def reflections(rotation: Tensor) -> Tensor:
    """Vectors (2m, dim), m = dim // 2, whose Householder product is the rotation, float64.

    Column by column the rotation is reflected onto the axes. Reflections in the last axis fill
    the count: in pairs they cancel, and where an odd one is over, the determinant wants it.
    """
    rest, dim = rotation.double(), len(rotation)
    eye = torch.eye(dim, dtype=rest.dtype, device=rest.device)
    vectors = []
    for k in range(dim - 1):
        vector = rest[:, k] - eye[k]
        if vector.norm() > 1e-12:
            vectors.append(vector / vector.norm())
            rest = rest - 2 * torch.outer(vectors[-1], vectors[-1] @ rest)
    return torch.stack(vectors + [eye[-1]] * (2 * (dim // 2) - len(vectors)))
