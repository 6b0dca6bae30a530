"""Layers that start from data: what they then hand on, in chains and turned round, is as promised.

The law is about what happens inside a flow, so it listens to every ActNorm while points go by.
"""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from torch import Tensor

import flowviz as fv
from flowviz.flow import seeded
from flowviz.layers import (
    ActNorm,
    AffineCoupling,
    ConvCoupling,
    Funnel,
    GaussianizationBlock,
    Injective,
    Inverse,
    Partial,
    Reshape,
    ResidualMLP,
    Rotation,
    Sequential,
    SplineCoupling,
)
from flowviz.layers.univariate import Affine

HIDDEN = (8,)


def chain(dim: int = 2, context: int = 0) -> Sequential:
    """Two ActNorms, each behind a bijection that is not the identity."""
    coupling = lively(AffineCoupling(dim, "second", HIDDEN, context), seed=1)
    return Sequential([lively(Rotation(dim)), ActNorm(dim), coupling, ActNorm(dim)])


def carried() -> Sequential:
    """On a line, moved by what its context says."""
    return Sequential([ActNorm(1), lively(ResidualMLP(1, HIDDEN, context=1)), ActNorm(1)])


def images() -> Sequential:
    coupling = lively(ConvCoupling((2, 3, 1), Affine(1.0), hidden=(4,)), 0.5)
    return Sequential([ActNorm((2, 3, 1), channels=True), coupling, ActNorm((2, 3, 1))])


FLOWS = {
    "as it is": lambda: [ActNorm(2)],
    "turned round": lambda: [Inverse(ActNorm(2))],
    "turned round twice": lambda: [Inverse(Inverse(ActNorm(2))), Inverse(chain())],
    "a chain": lambda: [chain(), Inverse(chain()), chain()],
    "a chain, turned round, in one that is": lambda: [
        Inverse(Sequential([chain(), Inverse(chain()), ActNorm(2)]))
    ],
    "of some coordinates": lambda: [
        Inverse(Partial(2, (1,), ActNorm(1))),
        Inverse(Partial(2, (1, 0), Sequential([ActNorm(2), lively(SplineCoupling(2))]))),
    ],
    "with context": lambda: [Inverse(chain(context=2)), chain(context=2)],
    "in a funnel": lambda: [Funnel(2, 1, Inverse(carried()), hidden=HIDDEN)],
    "on a sheet": lambda: [Injective(Inverse(chain()), 1)],
    "of channels and of pixels": lambda: [
        Inverse(Sequential([Reshape((2, 3, 1), (6,)), ActNorm(6)])),
        Inverse(images()),
    ],
}


def data_for(flow: fv.Flow, n: int = 400) -> tuple[Tensor, Tensor | None]:
    """Points far from standard, and context if it is wanted."""
    with seeded(4):
        x = 7 * torch.randn(n, *flow.data_shape, dtype=torch.float64) ** 3 - 40
        size = flow.chain.context_size
        return x, torch.randn(n, size, dtype=torch.float64) if size else None


@pytest.mark.parametrize("layers", FLOWS.values(), ids=FLOWS.keys())
def test_whatever_an_actnorm_hands_on_is_standard(layers, monkeypatch):
    """Forward where it stands as it is, backwards where it is turned round."""
    flow = fv.Flow(layers()).double()
    x, context = data_for(flow)
    flow.initialize(x, context)
    heard: list[tuple[ActNorm, Tensor]] = []
    for name in ("_map", "_unmap"):
        listen(monkeypatch, name, heard)
    flow.chain(x, context, "mean")
    norms = [layer for layer in flow.modules() if isinstance(layer, ActNorm)]
    assert {id(layer) for layer, _ in heard} == {id(layer) for layer in norms}
    for layer, out in heard:
        shared = [0, *(i + 1 for i, size in enumerate(layer.mean.shape) if size == 1)]
        close(out.mean(shared, keepdim=True)[0], torch.zeros_like(layer.mean), 1e-9)
        close(out.std(shared, keepdim=True)[0], torch.ones_like(layer.mean), 1e-9)


def listen(monkeypatch, name: str, heard: list) -> None:
    step = getattr(ActNorm, name)

    def heard_step(self, v, context):
        out, volume = step(self, v, context)
        if not torch._C._functorch.is_functorch_wrapped_tensor(out):
            heard.append((self, out))
        return out, volume

    monkeypatch.setattr(ActNorm, name, heard_step)


def test_a_start_turned_round_happens_once_and_never_after_the_other():
    x, far = data_for(fv.Flow([ActNorm(2)]))[0], torch.zeros(1, 2, dtype=torch.float64)
    for first in (ActNorm.initialize, ActNorm.initialize_inverse):
        norm = ActNorm(2).double()
        first(norm, x)
        before = norm.mean.clone(), norm.log_scale.clone()
        Inverse(norm).initialize(3 * x + 1)
        norm.initialize(3 * x + 1)
        assert torch.equal(before[0], norm.mean) and torch.equal(before[1], norm.log_scale)
        norm.initialize_inverse(far)  # nor is anything asked of the data then


def test_one_point_is_too_few_turned_round_as_well():
    with pytest.raises(ValueError, match="at least 2 points to start from, got 1"):
        Inverse(ActNorm(2)).initialize(torch.ones(1, 2))


def test_norms_in_the_net_of_a_coupling_start_when_it_is_turned_round():
    coupling = ConvCoupling((2, 3, 3), Affine(1.0), hidden=(4,), norm=True).double()
    x = 5 + 3 * torch.randn(50, 2, 3, 3, dtype=torch.float64)
    Inverse(coupling).initialize(x)
    assert all(norm.initialized for norm in coupling.net.norms)


def test_a_gaussianization_block_turned_round_makes_its_data_gaussian():
    """Quantiles of exp(-x) data, turned: those of the inverse are a standard normal's."""
    block = GaussianizationBlock(3, bins=12).double()
    x = torch.distributions.Exponential(1.0).sample((20_000, 3)).double() - 1
    x = block.rotation(x)[0].detach()
    flow = fv.Flow([Inverse(block)])
    flow.initialize(x)
    z = flow(x)[0].detach().sort(0).values
    steps = (torch.arange(1, 20_001, dtype=torch.float64) / 20_000)[:, None]
    assert (torch.special.ndtr(z) - steps).abs().max() < 0.02
