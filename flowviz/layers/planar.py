"""Planar and radial flows: a bend across a plane, or around a point."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Bijection
from .bend import Parameters, above_minus_one, at_least_one, solve_tanh


def bent(w: Tensor, u: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """w, u_hat, b (...) and k of free w, u (..., dim) and b (..., 1), as `Planar` has them."""
    along, square = (w * u).sum(-1, keepdim=True), w.square().sum(-1, keepdim=True)
    k = above_minus_one(along)
    u_hat = u + (k - along) * w / torch.where(square > 0, square, 1.0)
    return w, u_hat, b[..., 0], k[..., 0]


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
        self.data_shape = self.latent_shape = at_least_one("Planar: expected dim", dim)
        self.context_size = context
        w = torch.randn(dim) / dim**0.5
        start = {"w": w, "u": torch.zeros(dim), "b": torch.zeros(1)}
        self.params = Parameters(start, context, hidden)

    def bend(self, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """w (..., dim), u_hat (..., dim), b (...), k = w.u_hat (...)."""
        return bent(*self.params(context))

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
        self.data_shape = self.latent_shape = at_least_one("Radial: expected dim", dim)
        self.context_size = context
        start = {"x0": torch.randn(dim), "log_alpha": torch.zeros(1), "b": torch.zeros(1)}
        self.params = Parameters(start, context, hidden)

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
