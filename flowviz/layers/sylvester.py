"""Sylvester flows: planar bends along several orthonormal directions at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Bijection
from .bend import Parameters, above_minus_one, at_least_one, solve_tanh


class Sylvester(Bijection):
    """z = x + Q R tanh(S Q^T x + b): planar bends along `rank` orthonormal directions at once.

    Q (dim, rank) has orthonormal columns, a product of Householder reflections; R and S are
    upper triangular with r_ii s_ii = m(a_i) > -1 and s_ii > 0. Starts at the identity.

    Shapes: x, z (..., dim); with `context` > 0 a network (`hidden`) moves all of them. Ledger:
    volume = sum_i log(1 + r_ii s_ii (1 - tanh_i^2)). Exact. Raises ValueError unless
    1 <= rank <= dim (default: dim).
    Latent to data: Q^T z = y + R tanh(S y + b) is solved from the last row up, each a planar
    inverse. Path: tau R for R.
    van den Berg et al. 2018, "Sylvester Normalizing Flows", theorem 2 and section 4.2.
    """

    def __init__(
        self,
        dim: int,
        rank: int | None = None,
        context: int = 0,
        hidden: Sequence[int] = (64, 64),
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = at_least_one("Sylvester: expected dim", dim)
        self.rank, self.context_size = dim if rank is None else rank, context
        if not 1 <= self.rank <= dim:
            raise ValueError(f"Sylvester: expected 1 <= rank <= {dim}, got {rank}")
        square = torch.zeros(self.rank, self.rank)
        start = {"reflectors": torch.randn(dim, self.rank), "b": torch.zeros(self.rank)}
        start |= {"r": square, "s": square.clone()}  # diagonals: a and log s_ii
        self.params = Parameters(start, context, hidden)

    def parts(self, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Q (..., dim, rank), R, S (..., rank, rank), r_ii s_ii and b (..., rank)."""
        reflectors, b, r, s = self.params(context)
        below = reflectors.tril(-1)
        q = torch.linalg.householder_product(below, 2 / (1 + below.square().sum(-2)))
        k = above_minus_one(r.diagonal(dim1=-2, dim2=-1))
        diagonal = s.diagonal(dim1=-2, dim2=-1).exp()
        r, s = r.triu(1) + (k / diagonal).diag_embed(), s.triu(1) + diagonal.diag_embed()
        return q, r, s, k, b

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        q, r, s, k, b = self.parts(context)
        h = torch.tanh(_times(s, _times(q.mT, x)) + b)
        return x + _times(q, _times(r, h)), torch.log1p(k * (1 - h**2)).sum(-1)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        q, r, s, k, b = self.parts(context)
        h = self._solve(_times(q.mT, z), r, s, k, b)
        return z - _times(q, _times(r, h)), torch.log1p(k * (1 - h**2)).sum(-1)

    def _solve(self, v: Tensor, r: Tensor, s: Tensor, k: Tensor, b: Tensor) -> Tensor:
        """h = tanh(S y + b) where v = y + R h, by back substitution."""
        y, h = torch.zeros_like(v[..., :0]), torch.zeros_like(v[..., :0])  # rows below row i
        for i in reversed(range(self.rank)):
            beyond = (s[..., i, i + 1 :] * y).sum(-1) + b[..., i]
            rest = v[..., i] - (r[..., i, i + 1 :] * h).sum(-1)
            new = torch.tanh(solve_tanh(k[..., i], s[..., i, i] * rest + beyond))
            y = torch.cat([(rest - r[..., i, i] * new).unsqueeze(-1), y], -1)
            h = torch.cat([new.unsqueeze(-1), h], -1)
        return h

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return "Sylvester"

    @property
    def action(self) -> str:
        if self.rank == 1:
            return "every point moves in one direction, by an amount that changes across space"
        return f"every point moves in {self.rank} directions, by amounts that change across space"


def _times(matrix: Tensor, v: Tensor) -> Tensor:
    return (matrix @ v.unsqueeze(-1)).squeeze(-1)
