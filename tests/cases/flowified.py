"""Flowified layers of neural networks."""

import torch
from case import Case, lively
from torch import nn

from flowviz.layers import FlowifiedLinear

TURNED = {"columns": ("volume",)}
DROPS = {"kind": "surjection", "columns": ("volume", "decoder")}
ADDS = {"kind": "stochastic", "exact": False, "columns": ("volume", "encoder")}
HIDDEN = (8,)
LOSES_MASS = dict.fromkeys(
    ["the_density_integrates_to_1", "draws_follow_the_density"],
    "the base has mass beyond the uniform noise, and no x reaches it",
)


def _reflected() -> FlowifiedLinear:
    linear = nn.Linear(2, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[0.5, 2.0], [1.0, 0.3]]))
    return FlowifiedLinear.from_linear(linear)


CASES = {
    "flowified linear": Case(lambda: lively(FlowifiedLinear(2, 2), 0.7), (2,), **TURNED),
    "flowified linear, matrix exponential": Case(
        lambda: lively(FlowifiedLinear(3, 3, form="exponential")), (3,), **TURNED
    ),
    "flowified linear with a reflection": Case(_reflected, (2,), **TURNED),
    "flowified linear on a line": Case(lambda: lively(FlowifiedLinear(1, 1)), (1,), **TURNED),
    "flowified linear, reducing": Case(
        lambda: lively(FlowifiedLinear(2, 1, hidden=HIDDEN)), (2,), **DROPS
    ),
    "flowified linear, reducing, matrix exponential": Case(
        lambda: lively(FlowifiedLinear(4, 2, form="exponential", hidden=HIDDEN)), (4,), **DROPS
    ),
    "flowified linear, reducing against a standard normal": Case(
        lambda: lively(FlowifiedLinear(2, 1, "standard_normal", form="cayley")), (2,), **DROPS
    ),
    "flowified linear, increasing": Case(
        lambda: lively(FlowifiedLinear(2, 3), 0.5), (2,), exempt=LOSES_MASS, **ADDS
    ),
    "flowified linear, increasing with Gaussian noise": Case(
        lambda: lively(FlowifiedLinear(2, 3, padding="gaussian"), 0.2), (2,), **ADDS
    ),
    "flowified linear, from a line": Case(
        lambda: lively(FlowifiedLinear(1, 3, padding="gaussian", form="cayley"), 0.2), (1,), **ADDS
    ),
}
