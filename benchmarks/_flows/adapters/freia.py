"""FrEIA."""

from __future__ import annotations

import torch
from torch import Tensor

from ..systems import DEPTH, Absent, Model
from .parts import mlp, normal_log_prob


def build(system: str, dim: int) -> Model:
    import FrEIA.framework as framework
    import FrEIA.modules as modules

    if system != "realnvp":
        raise Absent(f"no {system}")
    flow = framework.SequenceINN(dim)
    for i in range(DEPTH[system]):
        if i:
            flow.append(modules.PermuteRandom, seed=i)
        flow.append(modules.AffineCouplingOneSided, subnet_constructor=mlp)

    def log_prob(x: Tensor) -> Tensor:
        z, volume = flow(x)
        return normal_log_prob(z) + volume

    return Model(
        flow,
        lambda x: flow(x)[0],
        log_prob,
        lambda n: flow(torch.randn(n, dim), rev=True, jac=False)[0],
    )
