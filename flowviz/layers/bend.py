"""What planar, radial and Sylvester layers share: slopes above -1, and the root of a bend."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

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
    into the root, whatever k and t. Gradients flow through the last two steps: the first of them
    has the slopes of the implicit function, the second its second and third derivatives, too.
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
    u = _newton(torch.where(td < 0, -u, u), k, t)
    return _newton(u, k, t) if torch.is_grad_enabled() else u


def _newton(u: Tensor, k: Tensor, t: Tensor) -> Tensor:
    h = torch.tanh(u)
    return u - (u + k * h - t) / (1 + k * (1 - h**2))


class Parameters(nn.Module):
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


def at_least_one(what: str, dim: int) -> tuple[int]:
    """(dim,), or ValueError."""
    if dim < 1:
        raise ValueError(f"{what} >= 1, got {dim}")
    return (dim,)
