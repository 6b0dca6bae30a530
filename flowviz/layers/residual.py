"""Residual layers: z = x + g(x), one to one because g moves no two points past each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms, batch_shape
from ..nets import Contraction, LipschitzMLP

VOLUMES = ("exact", "truncated", "roulette")


class Residual(Layer):
    """z = x + g(x, context), where the branch g is a `Contraction`: Lip(g) <= c < 1.

    Shapes: x, z (..., *branch.shape), context (..., branch.context_size) or None.
    Ledger: volume = log det(I + J), J the Jacobian of g, by

        "exact"      the determinant, from dim products with J. Exact.
        "truncated"  sum_{k <= terms} (-1)^{k+1}/k v.J^k v, v random signs: the mean is the
                     truncated series, off by at most dim c^{terms+1} / ((terms+1)(1-c)).
        "roulette"   `terms` terms, then N more with P(N >= j) = c^j, term j of them divided by
                     c^j: unbiased. (With a smaller ratio than c^2 its variance need not exist.)

    The last two draw noise, one probe v and one N a point, so they are not exact: estimates of
    log p, not bounds. mode="mean" gives the determinant. Raises ValueError for another `volume`
    or terms < 1.
    Latent to data: x <- z - g(x) until a step is a few roundings; what is left is below
    c/(1-c) times that. Gradients flow through two Newton steps at the solution (dim products
    each): the first has those of the implicit function, the second gradients of gradients.
    Path: x + tau g(x), one to one since tau Lip(g) < 1.
    Behrmann et al. 2019, "Invertible Residual Networks"; Chen et al. 2019, "Residual Flows".
    """

    def __init__(self, branch: Contraction, volume: str = "exact", terms: int = 4) -> None:
        super().__init__()
        if volume not in VOLUMES:
            raise ValueError(f"Residual: expected volume one of {VOLUMES}, got {volume!r}")
        if terms < 1:
            raise ValueError(f"Residual: expected terms >= 1, got {terms}")
        self.branch, self.volume, self.terms = branch, volume, terms
        self.data_shape = self.latent_shape = branch.shape
        self.context_size = branch.context_size
        self.exact = volume == "exact"
        self.estimated, self.biased = not self.exact, volume == "truncated"
        self._event_dims = tuple(range(-len(branch.shape), 0))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        value, push = self.branch.linearize(x, context, self.branch.weights())
        return x + value, Terms(volume=self._volume(x, push, mode))

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        weights = self.branch.weights()
        x = self._fixed_point(z, context, weights)
        if torch.is_grad_enabled():
            for _ in range(2):
                x = self._newton(x, z, context, weights)
        if not terms:
            return x, Terms()
        _, push = self.branch.linearize(x, context, weights)
        return x, Terms(volume=self._volume(x, push, mode))

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return x + tau * self.branch.linearize(x, context, self.branch.weights())[0]

    @torch.no_grad()
    def _fixed_point(self, z: Tensor, context: Tensor | None, weights: list[Tensor]) -> Tensor:
        """x = z - g(x); a point that has arrived stays, whatever the others still need."""
        eps, c = torch.finfo(z.dtype).eps, self.branch.coefficient
        close = 2 * eps * (1 + z.abs().amax(self._event_dims, keepdim=True))
        x, arrived = z, torch.zeros_like(close, dtype=torch.bool)
        for _ in range(math.ceil(math.log(eps) / math.log(c)) + 10):
            new = z - self.branch.linearize(x, context, weights)[0]
            step = (new - x).abs().amax(self._event_dims, keepdim=True)
            x = torch.where(arrived, x, new)
            arrived = arrived | (step <= close)
            if arrived.all():
                break
        return x

    def _newton(
        self, x: Tensor, z: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> Tensor:
        """A step to x + g(x) = z through which gradients flow."""
        value, push = self.branch.linearize(x, context, weights)
        miss = (x + value - z).flatten(-len(self.data_shape))
        step = torch.linalg.solve(self._slope(x, push), miss.unsqueeze(-1)).squeeze(-1)
        return x - step.unflatten(-1, self.data_shape)

    def _slope(self, x: Tensor, push: Callable[[Tensor], Tensor]) -> Tensor:
        """I + J (..., dim, dim), one product a column."""
        dim = math.prod(self.data_shape)
        eye = torch.eye(dim, dtype=x.dtype, device=x.device)
        batch = batch_shape(x, self.data_shape)
        each = eye.reshape(dim, *[1] * len(batch), *self.data_shape)
        columns = push(each.expand(dim, *x.shape)).flatten(-len(self.data_shape))
        return eye + columns.movedim(0, -1)

    def _volume(self, x: Tensor, push: Callable[[Tensor], Tensor], mode: str) -> Tensor:
        if self.exact or mode == "mean":
            return torch.linalg.slogdet(self._slope(x, push)).logabsdet
        batch = batch_shape(x, self.data_shape)
        probe = torch.randint_like(x, 2) * 2 - 1
        if self.volume == "truncated":
            return self._series(probe, push, self.terms, None)
        uniform = 1 - torch.rand(batch, dtype=x.dtype, device=x.device)
        extra = (uniform.log() / math.log(self.branch.coefficient)).floor()
        longest = int(extra.max()) if extra.numel() else 0
        return self._series(probe, push, self.terms + longest, extra)

    def _series(
        self, probe: Tensor, push: Callable[[Tensor], Tensor], count: int, extra: Tensor | None
    ) -> Tensor:
        """sum_k (-1)^{k+1}/k v.J^k v; beyond `terms`, a point's own `extra` terms, reweighted."""
        total, power = 0.0, probe
        for k in range(1, count + 1):
            power = push(power)
            term = (probe * power).sum(self._event_dims) * ((-1) ** (k + 1) / k)
            late = k - self.terms
            if extra is not None and late > 0:
                term = torch.where(extra >= late, term / self.branch.coefficient**late, 0.0)
            total = total + term
        return total

    @property
    def title(self) -> str:
        return self.branch.title

    @property
    def action(self) -> str:
        return "every point moves, and near points move so much alike that none meet"

    @property
    def settings(self) -> str:
        return f"volume={self.volume}" + ("" if self.exact else f", terms={self.terms}")


class ResidualMLP(Residual):
    """z = x + g(x), g a perceptron of spectrally normalized layers: i-ResNet, Residual Flow.

    `coefficient` c < 1 bounds the Lipschitz constant of g; shapes (..., dim); the rest as in
    `Residual` and `LipschitzMLP`.
    """

    def __init__(
        self,
        dim: int,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        coefficient: float = 0.9,
        volume: str = "exact",
        terms: int = 4,
    ) -> None:
        super().__init__(LipschitzMLP(dim, hidden, context, coefficient), volume, terms)
