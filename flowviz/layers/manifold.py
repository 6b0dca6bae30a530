"""Injective layers: data on a curved sheet of fewer dimensions, and the density on the sheet.

With a bijection f of R^D, the map g(z) = f^-1(z, 0 ... 0) from R^d draws a sheet; its inverse on
the sheet is z = the first d coordinates of f(x), and with J = dg/dz

    volume = -1/2 log det J^T J

This is a density per area of the sheet, not per volume of R^D: two such likelihoods compare only
on the same sheet, and points beside it have none (`project` tells how far they are).
Caterini, Loaiza-Ganem, Pleiss & Cunningham 2021, "Rectangular flows for manifold learning".
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..spaces import CENTRED_CUBE, REALS
from .room import in_room


class Injective(Layer):
    """z = the first `latent` coordinates of f(x); coming back x = f^-1(z, 0 ... 0).

    Shapes: x (..., dim), z (..., latent), with dim from `bijection`. Ledger: volume = -1/2 log
    det J^T J at z. volume="exact" pushes the `latent` axes forward and takes the determinant.
    volume="stochastic" does so, too, in eval mode, without gradients or with mode="mean"; in
    training it draws a vector e of random signs for each point instead: conjugate gradients give
    w = (J^T J)^-1 e, the gradient is that of 1/2 (Jw)(Je), and the value comes from the same
    steps by Gauss quadrature of e' log(J^T J) e. Both are unbiased. (The published surrogate
    is right in its gradient only.) Raises ValueError for anything but a bijection of vectors onto
    all of space (or the cube around 0), or latent outside 1 .. dim - 1.
    Path: f's own, then what is dropped shrinks to 0.
    """

    kind = "manifold"

    def __init__(self, bijection: Layer, latent: int, volume: str = "exact") -> None:
        super().__init__()
        shape = bijection.data_shape
        if bijection.kind != "bijection" or len(shape) != 1 or bijection.latent_shape != shape:
            raise ValueError(f"Injective: expected a bijection of vectors, got {bijection.title}")
        if bijection.latent_space not in (REALS, CENTRED_CUBE):
            raise ValueError(
                f"Injective: expected a bijection onto {REALS} or {CENTRED_CUBE}, where what is "
                f"dropped can be 0, got {bijection.title} onto {bijection.latent_space}"
            )
        if not 0 < latent < shape[0]:
            raise ValueError(
                f"Injective: expected a latent size from 1 to {shape[0] - 1}, got {latent}"
            )
        if volume not in ("exact", "stochastic"):
            raise ValueError(f'Injective: expected volume="exact" or "stochastic", got {volume!r}')
        self.data_shape, self.latent_shape = shape, (latent,)
        self.data_space, self.latent_space = bijection.data_space, bijection.latent_space
        self.bijection, self.context_size = bijection, bijection.context_size
        self.stochastic = self.estimated = volume == "stochastic"
        self.exact = not self.stochastic

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True if the bijection is."""
        return self.bijection.cut

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let layers of the bijection that start from data (ActNorm) do so."""
        if hasattr(self.bijection, "initialize"):
            self.bijection.initialize(x, context)

    def project(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """The point of the sheet that x goes to: g(z) for its z. Train |x - project(x)|^2 along."""
        z = self.forward(x, context, "mean")[0]
        return self._sheet(context)(z)

    def _sheet(self, context: Tensor | None) -> Callable[[Tensor], Tensor]:
        """g, from z (..., latent) to x (..., dim)."""

        def g(z: Tensor) -> Tensor:
            u = in_room(z, self.latent_shape, self.data_shape)
            return self.bijection._inverse(u, context, "mean", False)[0]

        return g

    def _terms(self, z: Tensor, context: Tensor | None, mode: str) -> Terms:
        g = self._sheet(context)
        guess = self.stochastic and self.training and torch.is_grad_enabled() and mode == "sample"
        log_det = estimated_log_det(g, z) if guess else exact_log_det(g, z)
        return Terms(volume=-0.5 * log_det)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        u, _ = self.bijection._forward(x, context, mode)
        z = u[..., : self.latent_shape[0]].clone()
        return z, self._terms(z, context, mode)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x = self._sheet(context)(z)
        return x, self._terms(z, context, mode) if terms else Terms()

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if tau <= 0.5:
            return self.bijection._path(x, 2 * tau, context)
        u = self.bijection._forward(x, context, "mean")[0]
        kept, dropped = u.tensor_split([self.latent_shape[0]], -1)
        return torch.cat([kept, (2 - 2 * tau) * dropped], -1)

    @property
    def title(self) -> str:
        return f"sheet of dimension {self.latent_shape[0]}"

    @property
    def action(self) -> str:
        return "the sheet that the data lie on is flattened out, and what stands off it is dropped"

    @property
    def settings(self) -> str:
        return f"volume={'stochastic' if self.stochastic else 'exact'}"


def exact_log_det(g: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """log det J^T J of g at every z (..., d), by pushing all d axes forward."""
    axes = torch.eye(z.shape[-1], dtype=z.dtype, device=z.device)
    columns = torch.stack([_push(g, z, axis.expand_as(z)) for axis in axes], -2)
    return torch.linalg.slogdet(columns @ columns.mT).logabsdet


def estimated_log_det(g: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """An unbiased estimate of log det J^T J, whose gradient is one of its gradient."""
    signs = 2 * torch.randint_like(z, 2) - 1
    with torch.no_grad():
        solved, value = conjugate_gradients(_gram(g, z.detach()), signs)
    surrogate = (_push(g, z, solved) * _push(g, z, signs)).sum(-1)
    return surrogate - surrogate.detach() + value


def conjugate_gradients(matrix: Callable[[Tensor], Tensor], b: Tensor) -> tuple[Tensor, Tensor]:
    """A^-1 b and b' log(A) b for positive definite A (v -> A v), for every b (..., d), in d steps.

    The steps' lengths are the entries of the tridiagonal matrix that Lanczos' method finds from b;
    its eigenvalues and the first entries of its eigenvectors are the nodes and weights of a Gauss
    quadrature (Golub & Welsch 1969), exact after d steps. A point that is done early stands still.
    """
    solved, residual = torch.zeros_like(b), b
    direction, square = b, (b * b).sum(-1)
    floor = (10 * torch.finfo(b.dtype).eps) ** 2 * square
    diagonal, beside, carried = [], [], torch.zeros_like(square)
    for _ in range(b.shape[-1]):
        going = square > floor
        pushed = matrix(direction)
        curvature = torch.where(going, (direction * pushed).sum(-1), 1.0)
        step = torch.where(going, square / curvature, 0.0)
        solved = solved + step.unsqueeze(-1) * direction
        residual = residual - step.unsqueeze(-1) * pushed
        new_square = (residual * residual).sum(-1)
        ratio = torch.where(going & (new_square > floor), new_square / square, 0.0)
        inverse_step = torch.where(going, curvature / torch.where(going, square, 1.0), 1.0)
        diagonal.append(inverse_step + carried)
        beside.append(ratio.sqrt() * inverse_step)
        carried = ratio * inverse_step
        direction, square = residual + ratio.unsqueeze(-1) * direction, ratio * square
    return solved, _quadrature(torch.stack(diagonal, -1), torch.stack(beside, -1)[..., :-1], b)


def _quadrature(diagonal: Tensor, beside: Tensor, b: Tensor) -> Tensor:
    side = torch.diag_embed(beside, 1)
    nodes, vectors = torch.linalg.eigh(torch.diag_embed(diagonal) + side + side.mT)
    weights = vectors[..., 0, :].square()
    return (b * b).sum(-1) * (weights * nodes.log()).sum(-1)


def _push(g: Callable[[Tensor], Tensor], z: Tensor, v: Tensor) -> Tensor:
    """J v, as the pullback of the pullback, which is linear: u -> J^T u, then v -> J v."""
    x, pull = torch.func.vjp(g, z)
    _, push = torch.func.vjp(lambda u: pull(u)[0], torch.zeros_like(x))
    return push(v)[0]


def _gram(g: Callable[[Tensor], Tensor], z: Tensor) -> Callable[[Tensor], Tensor]:
    """v -> J^T J v at z."""
    _, pull = torch.func.vjp(g, z)
    return lambda v: pull(_push(g, z, v))[0]
