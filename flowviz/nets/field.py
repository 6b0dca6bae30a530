"""Vector fields: velocities, and how fast space spreads where a point is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class Field(nn.Module, ABC):
    """A velocity f(t, x, context) of x (..., dim), t a number, and tr df/dx."""

    dim: int
    context_size: int = 0

    @abstractmethod
    def forward(self, t: float | Tensor, x: Tensor, context: Tensor | None) -> Tensor:
        """f (..., dim)."""

    @abstractmethod
    def divergence(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """f (..., dim) and tr df/dx (...)."""

    @abstractmethod
    def linearize(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """f (..., dim), and v -> v^T df/dx for v (..., dim) or (K, ..., dim)."""


class VelocityMLP(Field):
    """Linear, tanh, ..., Linear of (x, t, context).

    With layers W_1 .. W_L and slopes s_k = 1 - tanh^2 the trace of the Jacobian is, for two
    hidden layers, s_2^T (W_2 * (W_1 W_3)^T) s_1: one more product of the size of W_2, in any
    dimension, and no derivative by autograd. One hidden layer has s_1^T diag(W_1 W_2); deeper
    nets take `dim` products with the Jacobian. The last layer starts small, not at zero: space
    starts almost at rest.
    """

    def __init__(self, dim: int, hidden: Sequence[int] = (64, 64), context: int = 0) -> None:
        super().__init__()
        if dim < 1 or context < 0 or not hidden or any(h < 1 for h in hidden):
            raise ValueError(
                f"VelocityMLP: expected positive sizes and a hidden layer, got dim={dim}, "
                f"hidden={list(hidden)}, context={context}"
            )
        self.dim, self.context_size = dim, context
        sizes = [dim, *hidden, dim]
        self.linears = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        self.pace = nn.Parameter(0.1 * torch.randn(hidden[0]))  # what t adds to the first layer
        self.given = nn.Linear(context, hidden[0], bias=False) if context else None
        nn.init.normal_(self.linears[-1].weight, std=1e-2 / hidden[-1] ** 0.5)
        nn.init.zeros_(self.linears[-1].bias)

    def _run(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """f, and the activations of the hidden layers."""
        first, *middle, last = self.linears
        h = linear(x, first.weight, first.bias + t * self.pace)
        if self.given is not None:
            h = h + self.given(context)
        active = [torch.tanh(h)]
        for layer in middle:
            active.append(torch.tanh(linear(active[-1], layer.weight, layer.bias)))
        return linear(active[-1], last.weight, last.bias), active

    def forward(self, t: float | Tensor, x: Tensor, context: Tensor | None) -> Tensor:
        return self._run(t, x, context)[0]

    def divergence(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        if len(self.linears) > 3:
            return trace_by_products(self, t, x, context)
        velocity, active = self._run(t, x, context)
        slopes = [1 - a**2 for a in active]
        first, *middle, last = (m.weight for m in self.linears)
        if not middle:
            return velocity, slopes[0] @ (first * last.mT).sum(1)
        back = linear(slopes[0], middle[0] * (first @ last).mT)
        return velocity, (back * slopes[1]).sum(-1)

    def linearize(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        velocity, active = self._run(t, x, context)
        slopes = [1 - a**2 for a in active]

        def pull(v: Tensor) -> Tensor:
            v = v @ self.linears[-1].weight
            for layer, slope in zip(self.linears[-2::-1], slopes[::-1], strict=True):
                v = (v * slope) @ layer.weight
            return v

        return velocity, pull


class FreeField(Field):
    """Any module f(t, x, context) -> velocity as a field; its derivatives come by autograd.

    No point's velocity may depend on another's.
    """

    def __init__(self, module: nn.Module, dim: int, context: int = 0) -> None:
        super().__init__()
        self.module, self.dim, self.context_size = module, dim, context

    def forward(self, t: float | Tensor, x: Tensor, context: Tensor | None) -> Tensor:
        return self.module(t, x, context)

    def divergence(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        return trace_by_products(self, t, x, context)

    def linearize(
        self, t: float | Tensor, x: Tensor, context: Tensor | None
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        velocity, pull = torch.func.vjp(lambda x: self.module(t, x, context), x)

        def each(v: Tensor) -> Tensor:
            return pull(v)[0] if v.dim() == x.dim() else torch.func.vmap(lambda v: pull(v)[0])(v)

        return velocity, each


def trace_by_products(
    field: Field, t: float | Tensor, x: Tensor, context: Tensor | None
) -> tuple[Tensor, Tensor]:
    """f and tr df/dx from `dim` products with the Jacobian, one for each unit vector."""
    velocity, pull = field.linearize(t, x, context)
    dim = x.shape[-1]
    eye = torch.eye(dim, dtype=x.dtype, device=x.device)
    units = eye.reshape(dim, *[1] * (x.dim() - 1), dim).expand(dim, *x.shape)
    return velocity, (pull(units) * units).sum((0, -1))
