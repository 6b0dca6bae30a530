"""Fixed and learned nonlinearities, applied to every number by itself, on events of any shape.

Each is an increasing function of one number, so the straight line from x to z is increasing at
every tau. All log-slopes are written so that neither they nor their gradients overflow far out.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from ..asking import may_ask
from ..layer import Bijection, event_shape


class Nonlinear(Bijection):
    """z_i = g(x_i) with an increasing g. Ledger: volume = sum_i log g'(x_i).

    Concrete layers write `_bend(x) -> (z, log_slope)` and `_unbend(z) -> (x, log_slope)`, both
    the log of dz/dx, each of the shape of its argument.
    """

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)

    @abstractmethod
    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]: ...

    @abstractmethod
    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]: ...

    def _summed(self, log_slope: Tensor) -> Tensor:
        return log_slope.flatten(-len(self.data_shape)).sum(-1)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        z, log_slope = self._bend(x)
        return z, self._summed(log_slope)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x, log_slope = self._unbend(z)
        return x, self._summed(log_slope)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._bend(x)[0], tau)


class LeakyReLU(Nonlinear):
    """z = x for x >= 0, slope x below, with a fixed slope > 0.

    Shapes: x, z (..., *shape). Ledger: volume = log(slope) times the count of negative
    coordinates. Exact. Raises ValueError for slope <= 0: a ReLU is not one to one.
    Path: straight, increasing. Maas et al. 2013.
    """

    def __init__(self, shape: int | tuple[int, ...], slope: float = 0.1) -> None:
        super().__init__(shape)
        if not 0 < slope < math.inf:
            raise ValueError(f"LeakyReLU: expected a finite slope > 0, got {slope}")
        self.slope = slope

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        below = x < 0
        return torch.where(below, self.slope * x, x), below.to(x.dtype) * math.log(self.slope)

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        below = z < 0
        return torch.where(below, z / self.slope, z), below.to(z.dtype) * math.log(self.slope)

    @property
    def title(self) -> str:
        return "leaky ReLU"

    @property
    def action(self) -> str:
        return f"negative coordinates are multiplied by {self.slope:g}"

    @property
    def settings(self) -> str:
        return f"slope={self.slope!r}"


class SignedPower(Nonlinear):
    """z = sign(x) ((1 + |x|)^p - 1), p = exp(a) learned for each coordinate: other tails.

    Shapes: x, z (..., *shape). Ledger: volume = sum a + (p - 1) log(1 + |x|). Exact. Starts at
    the identity, a = 0. The plain power sign(x) |x|^p has slope 0 or infinity at 0, so that no
    density would survive there; this one has slope p and is that power far out.
    Path: straight, increasing. A tail that falls as |x|^-k becomes one that falls as |z|^-k',
    k' = 1 + (k - 1) / p: what no affine map or bounded spline can do.
    Raises OverflowError where the power leaves the range of the numbers, p log(1 + |x|) > 88 in
    single precision (709 in double): x itself is not to blame. `fit` tells it as `Diverged`.
    """

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__(shape)
        self.log_power = nn.Parameter(torch.zeros(self.data_shape))

    def _bend(self, x: Tensor) -> tuple[Tensor, Tensor]:
        sign = _sign(x)
        grown, power = torch.log1p(sign * x), self.log_power.exp()
        z = sign * torch.expm1(power * grown)
        self._check_range(z, "z")
        return z, self.log_power + (power - 1) * grown

    def _unbend(self, z: Tensor) -> tuple[Tensor, Tensor]:
        sign, power = _sign(z), self.log_power.exp()
        grown = torch.log1p(sign * z) / power
        x = sign * torch.expm1(grown)
        self._check_range(x, "x")
        return x, self.log_power + (power - 1) * grown

    def _check_range(self, v: Tensor, what: str) -> None:
        """Raise if some of v was too large to be written down (where `may_ask`)."""
        if may_ask(v) and not (within := torch.isfinite(v)).all():
            lowest, highest = (float(p) for p in self.log_power.detach().exp().aminmax())
            raise OverflowError(
                f"{self.title}: {what}: expected numbers in the range of {v.dtype}, got "
                f"{int((~within).sum())} of {v.numel()} beyond it, with powers from {lowest:.3g} "
                f"to {highest:.3g}"
            )

    @property
    def title(self) -> str:
        return "signed power"

    @property
    def action(self) -> str:
        return "every coordinate is raised to a power that keeps its sign: the tails change"


def _sign(v: Tensor) -> Tensor:
    """-1 or 1, never 0, so that sign * v is |v| with slope 1 at 0 as well."""
    return torch.where(v < 0, -torch.ones_like(v), torch.ones_like(v))
