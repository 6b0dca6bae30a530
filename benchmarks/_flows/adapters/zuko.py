"""zuko."""

from __future__ import annotations

import torch

from ..systems import BINS, BOUND, DEPTH, HIDDEN, TOLERANCE, Absent, Model
from .parts import Velocity, halves


def build(system: str, dim: int) -> Model:
    import zuko.flows
    from zuko.transforms import MonotonicRQSTransform

    depth, hidden = DEPTH[system], {"hidden_features": HIDDEN}
    if system in ("realnvp", "nsf"):
        bins = {
            "univariate": _Spline(MonotonicRQSTransform),
            "shapes": [(BINS,), (BINS,), (BINS - 1,)],
        }
        kind = bins if system == "nsf" else {}
        transforms = [
            zuko.flows.coupling.GeneralCouplingTransform(
                dim, mask=torch.tensor(halves(dim, i)).bool(), **kind, **hidden
            )
            for i in range(depth)
        ]
    elif system == "maf":
        transforms = [
            zuko.flows.autoregressive.MaskedAutoregressiveTransform(
                dim, order=torch.arange(dim) if i % 2 == 0 else torch.arange(dim).flip(0), **hidden
            )
            for i in range(depth)
        ]
    elif system == "cnf":
        transforms = [_continuous(dim)]
    else:
        raise Absent(f"no {system}")
    base = zuko.lazy.UnconditionalDistribution(
        zuko.distributions.DiagNormal, torch.zeros(dim), torch.ones(dim), buffer=True
    )
    flow = zuko.lazy.Flow(transforms, base)
    return Model(
        flow,
        lambda x: flow().transform(x),
        lambda x: flow().log_prob(x),
        lambda n: flow().sample((n,)),
    )


class _Spline:
    def __init__(self, kind) -> None:
        self.kind = kind

    def __call__(self, *parameters):
        return self.kind(*parameters, bound=BOUND)


def _continuous(dim: int):
    from zuko.lazy import LazyTransform
    from zuko.transforms import FreeFormJacobianTransform

    class Continuous(LazyTransform):
        def __init__(self) -> None:
            super().__init__()
            self.f = Velocity(dim)

        def forward(self, c=None):
            return FreeFormJacobianTransform(
                self.f, 0.0, 1.0, self.f.parameters(), TOLERANCE, TOLERANCE
            )

    return Continuous()
