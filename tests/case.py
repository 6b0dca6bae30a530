"""A case: how the laws get hold of one lively layer, valid points and context for it.

`registry.py` gathers the cases of `cases/*.py`; the laws run over all of them. A new layer joins
by one entry, e.g. in `cases/elementwise.py`:

    "leaky ReLU": Case(lambda: lively(LeakyReLU((2,))), (2,), awkward=(0.0,)),
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from flowviz import Layer
from flowviz.flow import seeded
from flowviz.layer import event_shape

Sampler = Callable[[int, tuple[int, ...]], Tensor]  # (n, event shape) -> float64 (n, *shape)


@dataclass(frozen=True)
class Case:
    """One layer under the laws.

    make: builds the layer, with parameters at which it is neither the identity nor degenerate
        (see `lively`); runs with torch's generator seeded.
    shape: the event shape on the data side, e.g. (2,) or (3, 4, 4).
    kind, exact, context, columns: what the layer must declare of itself.
    estimated: "" for terms that are what they say; "unbiased" or "biased" for estimates of them,
        which the laws compare in mode="mean" (`quiet`), where the layer works them out.
    continuous: False where a side is discrete, so that there is no density to integrate.
    awkward: coordinate values at which branches meet (knots, bounds, ties, zero); points with
        one and with all coordinates there join the random ones.
    data, latent: samplers, where the space's own (`SAMPLERS`) do not do.
    tolerance: of round trips and of the pair's terms in float64 (iterated inverses need more).
    volume_tolerance: of the volume against autograd in float64.
    exempt: {law: reason}, a law being a test's name without "test_".
    """

    make: Callable[[], Layer]
    shape: tuple[int, ...]
    kind: str = "bijection"
    exact: bool = True
    estimated: str = ""
    context: int = 0
    columns: tuple[str, ...] = ("volume",)
    continuous: bool = True
    awkward: tuple[float, ...] = ()
    data: Sampler | None = None
    latent: Sampler | None = None
    tolerance: float = 1e-9
    volume_tolerance: float = 1e-8
    exempt: dict[str, str] = field(default_factory=dict)

    @property
    def quiet(self) -> str:
        """The mode in which terms are no estimates: for all other layers the usual one."""
        return "mean" if self.estimated else "sample"

    @property
    def draws(self) -> bool:
        """True if chance plays a part in one of the directions."""
        return self.kind != "bijection" or bool(self.estimated)

    def build(self, dtype: torch.dtype = torch.float64) -> Layer:
        """The layer, the same at every call."""
        with seeded(0):
            return self.make().to(dtype)

    def points(self, n: int = 48, dtype: torch.dtype = torch.float64, seed: int = 1) -> Tensor:
        """n random points of the data side and the awkward ones, (N, *shape)."""
        with seeded(seed):
            sampler = self.data or SAMPLERS[self.build().data_space.name]
            x = sampler(n, self.shape)
            return torch.cat([x, *self._awkward(x)]).to(dtype)

    def latents(self, n: int = 48, dtype: torch.dtype = torch.float64, seed: int = 2) -> Tensor:
        """n random points of the latent side, (n, *latent_shape)."""
        layer = self.build()
        with seeded(seed):
            sampler = self.latent or SAMPLERS[layer.latent_space.name]
            return sampler(n, layer.latent_shape).to(dtype)

    def contexts(self, x: Tensor, seed: int = 3) -> Tensor | None:
        """Random context for the batch x (N, ...); None for a layer without context."""
        if not self.context:
            return None
        with seeded(seed):
            return torch.randn(len(x), self.context, dtype=x.dtype).to(x.device)

    def _awkward(self, x: Tensor) -> list[Tensor]:
        rows = []
        for value in self.awkward:
            one = x[:1].clone()
            one.view(-1)[0] = value
            rows += [one, torch.full_like(one, value)]
        return rows


def lively(layer: Layer, gain: float = 1.0, seed: int = 0) -> Layer:
    """Draw every parameter at random, matrices scaled by 1/sqrt(inputs), and return the layer."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in layer.parameters():
            spread = gain / max(p.shape[-1], 1) ** 0.5 if p.dim() > 1 else 0.5 * gain
            p.copy_(spread * torch.randn(p.shape, generator=generator))
    return layer


def reals(n: int, shape: tuple[int, ...]) -> Tensor:
    """Normal points of spread 2, so that some lie in the tails."""
    return 2 * torch.randn(n, *event_shape(shape), dtype=torch.float64)


def half_line(n: int, shape: tuple[int, ...]) -> Tensor:
    return reals(n, shape).abs()


def cube(n: int, shape: tuple[int, ...]) -> Tensor:
    return 0.01 + 0.98 * torch.rand(n, *event_shape(shape), dtype=torch.float64)


def in_order(n: int, shape: tuple[int, ...]) -> Tensor:
    return reals(n, shape).sort(-1).values


def whole(n: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randint(-9, 9, (n, *event_shape(shape))).double()


SAMPLERS: dict[str, Sampler] = {
    "the reals": reals,
    "the half-line": half_line,
    "the unit cube": cube,
    "sorted vectors": in_order,
    "the integers": whole,
}
