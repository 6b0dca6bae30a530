"""Planar, radial and Sylvester flows: a bend along few directions, or around one point."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..layer import Bijection
from ..nets import MLP

MIN_SLOPE = 1e-3  # least stretch along a direction
_SHARE = -math.expm1(MIN_SLOPE - 1)


def above_minus_one(a: Tensor) -> Tensor:
    """m(a) = log(1 + p (e^a - 1)) > -1 + MIN_SLOPE, increasing, m(0) = 0, m(a) ~ a for large a.

    With p = 1 - exp(MIN_SLOPE - 1) this is softplus, shifted both ways. Rezende & Mohamed take
    -1 + softplus(a). That is -0.31 at 0, so their layer cannot be the identity and its u_hat
    grows like 1/|w| as w shrinks; with m(0) = 0, to the last digit, it stays below 2 |u|.
    """
    near, far = a.clamp(max=1.0), a.clamp(min=1.0)
    below = torch.log1p(_SHARE * torch.expm1(near))
    above = far + torch.log(_SHARE + (1 - _SHARE) * torch.exp(-far))
    return torch.where(a < 1, below, above)


def solve_tanh(k: Tensor, t: Tensor, steps: int = 16) -> Tensor:
    """The u with u + k tanh(u) = t, for k > -1. Shapes broadcast.

    For t >= 0 (the equation is odd) the left side is convex on u >= 0 where k < 0 and concave
    where k > 0, and Newton's method from the right (left) end of the bracket runs monotonically
    into the root, whatever k and t. A last step, through which gradients flow, gives them by the
    implicit function theorem.
    """
    kd, td = k.detach(), t.detach()
    goal = td.abs()
    right, left = (
        torch.minimum(goal - kd, goal / (1 + kd)),
        torch.maximum(goal - kd, goal / (1 + kd)),
    )
    u = torch.where(kd < 0, right, left)
    for _ in range(steps):
        u = _newton(u, kd, goal)
    return _newton(torch.where(td < 0, -u, u), k, t)


def _newton(u: Tensor, k: Tensor, t: Tensor) -> Tensor:
    h = torch.tanh(u)
    return u - (u + k * h - t) / (1 + k * (1 - h**2))


class _Parameters(nn.Module):
    """Free parameters by name; with context a network adds to each what the context asks for."""

    def __init__(self, start: dict[str, Tensor], context: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.free = nn.ParameterDict(start)
        self._names = list(start)  # a ParameterDict sorts its keys
        self._sizes = [p.numel() for p in start.values()]
        self.net = MLP(context, hidden, torch.zeros(sum(self._sizes))) if context else None

    def forward(self, context: Tensor | None) -> list[Tensor]:
        """In the order of `start`, each of shape (*batch of the context, *its own)."""
        free = [self.free[name] for name in self._names]
        if self.net is None:
            return free
        moved = self.net(context).split(self._sizes, -1)
        return [p + m.unflatten(-1, p.shape) for p, m in zip(free, moved, strict=True)]


class Planar(Bijection):
    """z = x + u_hat tanh(w.x + b): space is bent across the plane w.x + b = 0.

    u_hat = u + (m(w.u) - w.u) w / |w|^2 with m > -1, so that k = w.u_hat = m(w.u) > -1 and the
    map is one to one. Starts at the identity (u = 0).

    Shapes: x, z (..., dim); with `context` > 0 a network (`hidden`) moves w, u and b. Ledger:
    volume = log(1 + k (1 - tanh^2)). Exact. Raises ValueError for dim < 1.
    Latent to data: with a = w.x + b the number a solves a + k tanh(a) = w.z + b, which has one
    root; then x = z - u_hat tanh(a). Path: tau u_hat for u_hat, one to one since tau k > -1.
    Rezende & Mohamed 2015, "Variational Inference with Normalizing Flows", eq. 10 to 12, A.1;
    their z_0 -> z_K goes from noise to data, this layer from data to latent.
    """

    def __init__(self, dim: int, context: int = 0, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = _at_least_one("Planar: expected dim", dim)
        self.context_size = context
        w = torch.randn(dim) / dim**0.5
        start = {"w": w, "u": torch.zeros(dim), "b": torch.zeros(1)}
        self.params = _Parameters(start, context, hidden)

    def bend(self, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """w (..., dim), u_hat (..., dim), b (...), k = w.u_hat (...)."""
        w, u, b = self.params(context)
        along, square = (w * u).sum(-1, keepdim=True), w.square().sum(-1, keepdim=True)
        k = above_minus_one(along)
        u_hat = u + (k - along) * w / torch.where(square > 0, square, 1.0)
        return w, u_hat, b[..., 0], k[..., 0]

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        w, u_hat, b, k = self.bend(context)
        h = torch.tanh((w * x).sum(-1) + b)
        return x + u_hat * h.unsqueeze(-1), torch.log1p(k * (1 - h**2))

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        w, u_hat, b, k = self.bend(context)
        h = torch.tanh(solve_tanh(k, (w * z).sum(-1) + b))
        return z - u_hat * h.unsqueeze(-1), torch.log1p(k * (1 - h**2))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return "planar"

    @property
    def action(self) -> str:
        across = "line" if self.data_shape == (2,) else "plane"
        return f"every point moves in one direction, by an amount that changes across a {across}"


class Radial(Bijection):
    """z = x + beta (x - x0) / (alpha + r), r = |x - x0|: space is drawn in or pushed out.

    alpha = exp(log_alpha) > 0 and beta = alpha m(b) > -alpha, so that r grows with r. Starts at
    the identity (b = 0).

    Shapes: x, z (..., dim); with `context` > 0 a network (`hidden`) moves x0, log_alpha and b.
    Ledger: volume = (dim - 1) log(1 + beta/(alpha + r)) + log(1 + alpha beta/(alpha + r)^2).
    Exact. Raises ValueError for dim < 1.
    Latent to data: r is the positive root of r^2 + (alpha + beta - s) r = alpha s, s = |z - x0|.
    Path: tau beta for beta. Rezende & Mohamed 2015, equations 13 and 14 (from data to latent).
    """

    def __init__(self, dim: int, context: int = 0, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = _at_least_one("Radial: expected dim", dim)
        self.context_size = context
        start = {"x0": torch.randn(dim), "log_alpha": torch.zeros(1), "b": torch.zeros(1)}
        self.params = _Parameters(start, context, hidden)

    def pull(self, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """x0 (..., dim), alpha (...), beta (...)."""
        x0, log_alpha, b = self.params(context)
        alpha = log_alpha[..., 0].exp()
        return x0, alpha, alpha * above_minus_one(b[..., 0])

    def _volume(self, r: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        around = torch.log1p(beta / (alpha + r))
        outward = torch.log1p(alpha * beta / (alpha + r) ** 2)
        return (self.data_shape[0] - 1) * around + outward

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x0, alpha, beta = self.pull(context)
        r = torch.linalg.vector_norm(x - x0, dim=-1)
        z = x + (beta / (alpha + r)).unsqueeze(-1) * (x - x0)
        return z, self._volume(r, alpha, beta)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x0, alpha, beta = self.pull(context)
        s = torch.linalg.vector_norm(z - x0, dim=-1)
        half = (s - alpha - beta) / 2
        root = (half**2 + alpha * s).sqrt()
        # the sum of two numbers of one sign in either case: nothing cancels
        safe = torch.where(half < 0, root - half, 1.0)
        r = torch.where(half < 0, alpha * s / safe, half + root)
        x = x0 + (z - x0) / (1 + beta / (alpha + r)).unsqueeze(-1)
        return x, self._volume(r, alpha, beta)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return "radial"

    @property
    def action(self) -> str:
        return "space is drawn in, or pushed out, around a centre"


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
        self.data_shape = self.latent_shape = _at_least_one("Sylvester: expected dim", dim)
        self.rank, self.context_size = dim if rank is None else rank, context
        if not 1 <= self.rank <= dim:
            raise ValueError(f"Sylvester: expected 1 <= rank <= {dim}, got {rank}")
        square = torch.zeros(self.rank, self.rank)
        start = {"reflectors": torch.randn(dim, self.rank), "b": torch.zeros(self.rank)}
        start |= {"r": square, "s": square.clone()}  # diagonals: a and log s_ii
        self.params = _Parameters(start, context, hidden)

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


def _at_least_one(what: str, dim: int) -> tuple[int]:
    if dim < 1:
        raise ValueError(f"{what} >= 1, got {dim}")
    return (dim,)
