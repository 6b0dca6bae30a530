"""Layers that treat every coordinate by itself, with free parameters."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..layer import Bijection, event_shape
from .univariate import Affine as AffineMap
from .univariate import LinearSpline as LinearSplineMap
from .univariate import QuadraticSpline as QuadraticSplineMap
from .univariate import RationalQuadratic, Univariate


class Elementwise(Bijection):
    """z_i = g(x_i; theta_i), one univariate map g with its own parameters for each coordinate.

    shared=True: the same parameters for all, z_i = g(x_i; theta), as an activation of a network.
    Shapes: x, z (..., *shape). Ledger: volume = sum_i log g'(x_i). Exact.
    Raises ValueError for an empty shape. Path: the straight line, increasing at every tau.
    """

    def __init__(
        self, shape: int | tuple[int, ...], univariate: Univariate, shared: bool = False
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        self.univariate, self.shared = univariate, shared
        start = univariate.identity().reshape(-1, *[1] * len(self.data_shape))
        self.params = nn.Parameter(start if shared else start.repeat(1, *self.data_shape))
        self._event_dims = tuple(range(-len(self.data_shape), 0))

    def _params_for(self, v: Tensor) -> Tensor:
        """The parameters with room for v's batch dimensions after the leading axis."""
        count, *own = self.params.shape
        return self.params.reshape(count, *[1] * (v.dim() - len(own)), *own)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        z, log_slope = self.univariate.map(x, self._params_for(x))
        return z, log_slope.sum(self._event_dims)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        x, log_slope = self.univariate.unmap(z, self._params_for(z))
        return x, log_slope.sum(self._event_dims)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return f"elementwise {self.univariate.title}"

    @property
    def settings(self) -> str:
        return f"{self.univariate!r}, shared" if self.shared else repr(self.univariate)

    @property
    def action(self) -> str:
        how = "alike" if self.shared else "by itself"
        return f"every coordinate {self.univariate.action} {how}"


class Affine(Elementwise):
    """z = exp(s) x + t with learned log-scale s and shift t for each coordinate.

    Shapes: x, z (..., *shape). Ledger: volume = sum s. Exact. The last layer of NICE is its
    scale alone (Dinh et al. 2014, "NICE", section 3.3).
    """

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        super().__init__(shape, AffineMap())


class LinearSpline(Elementwise):
    """A piecewise linear spline for each coordinate, identity outside [-bound, bound].

    Shapes: x, z (..., *shape). Ledger: volume = sum of log slopes, a histogram. Exact.
    Müller et al. 2019, "Neural Importance Sampling", section 4.1.
    """

    def __init__(self, shape: int | tuple[int, ...], bins: int = 8, bound: float = 3.5) -> None:
        super().__init__(shape, LinearSplineMap(bins, bound))


class QuadraticSpline(Elementwise):
    """A monotone quadratic spline for each coordinate, identity outside [-bound, bound].

    Shapes: x, z (..., *shape). Ledger: volume = sum of log slopes, continuous. Exact.
    Müller et al. 2019, "Neural Importance Sampling", section 4.2.
    """

    def __init__(self, shape: int | tuple[int, ...], bins: int = 8, bound: float = 3.5) -> None:
        super().__init__(shape, QuadraticSplineMap(bins, bound))


class RationalQuadraticSpline(Elementwise):
    """A monotone rational-quadratic spline for each coordinate, identity outside [-bound, bound].

    shared=True: one spline for all of them, the activation of flowified networks.
    Shapes: x, z (..., *shape). Ledger: volume = sum of log slopes. Exact.
    Durkan et al. 2019, "Neural Spline Flows"; Klein et al. 2021, "Funnels" (shared).
    """

    def __init__(
        self, shape: int | tuple[int, ...], bins: int = 8, bound: float = 3.5, shared: bool = False
    ) -> None:
        super().__init__(shape, RationalQuadratic(bins, bound), shared)


class ActNorm(Bijection):
    """z = exp(s) (x - m), with m and s set from data so that z has mean 0 and variance 1.

    Shapes: x, z (..., *shape). One (m, s) for each coordinate, or with `channels=True` for each
    channel, the first axis of the event, e.g. of (C, H, W). Ledger: volume = sum s over all
    coordinates, for images H W sum s. Exact.
    `initialize(x)` sets them once (`fv.fit` calls it); until then the layer is the identity, and
    afterwards both are learned like any parameter. Nothing depends on the batch in `forward`.
    Turned round (`Inverse`), it is its inverse that arrives with mean 0 and variance 1.
    Raises ValueError for fewer than two numbers a coordinate, or a coordinate that is constant.
    Kingma & Dhariwal 2018, "Glow", section 3.1.
    """

    initialized: Tensor

    def __init__(self, shape: int | tuple[int, ...], channels: bool = False) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(shape)
        inner = self.data_shape[1:]
        own = (self.data_shape[0], *[1] * len(inner)) if channels else self.data_shape
        self.mean = nn.Parameter(torch.zeros(own))
        self.log_scale = nn.Parameter(torch.zeros(own))
        self._shared = math.prod(self.data_shape) // math.prod(own)  # numbers that share an s
        self.register_buffer("initialized", torch.tensor(False))

    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Set mean and scale from x (..., *shape) unless that was done before."""
        self.check(x, self.data_shape, "x on the data side", None)
        if not self.initialized:
            mean, spread = self._moments(x)
            self._start_at(mean, -spread.log())

    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """Set them so that the inverse of z (..., *shape) has mean 0 and variance 1, once."""
        self.check(z, self.latent_shape, "z on the latent side", None)
        if not self.initialized:
            mean, spread = self._moments(z)
            self._start_at(-mean / spread, spread.log())

    @torch.no_grad()
    def _start_at(self, mean: Tensor, log_scale: Tensor) -> None:
        self.mean.copy_(mean)
        self.log_scale.copy_(log_scale)
        self.initialized.fill_(True)

    def _moments(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of v, of the parameters' shape."""
        rows = v.reshape(-1, *self.data_shape)
        if len(rows) * self._shared < 2:
            raise ValueError(f"ActNorm: expected at least 2 points to start from, got {len(rows)}")
        shared = [0, *(i + 1 for i, size in enumerate(self.mean.shape) if size == 1)]
        spread = rows.std(shared, keepdim=True)[0]
        if not (spread > 0).all():
            constant = int((~(spread > 0)).sum())
            raise ValueError(
                f"ActNorm: expected data that vary in every coordinate, got {constant} constant"
            )
        return rows.mean(shared, keepdim=True)[0], spread

    def _volume(self, v: Tensor) -> Tensor:
        return (self._shared * self.log_scale.sum()).expand(
            v.shape[: v.dim() - len(self.data_shape)]
        )

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return (x - self.mean) * self.log_scale.exp(), self._volume(x)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return z * (-self.log_scale).exp() + self.mean, self._volume(z)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return "ActNorm"

    @property
    def action(self) -> str:
        return "every coordinate is centred and scaled to unit spread"
