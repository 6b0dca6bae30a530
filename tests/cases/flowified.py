"""Flowified layers of neural networks."""

import torch
from case import Case, lively
from torch import nn

from flowviz.layers import (
    FlowifiedConv2d,
    FlowifiedLinear,
    PadImage,
    RationalQuadraticSpline,
    Rotation,
    Tile,
    TileLinear,
    TileReduction,
)

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
    "one spline for all": Case(
        lambda: lively(RationalQuadraticSpline((2, 2, 1), 4, 2.0, shared=True), 3.0),
        (2, 2, 1),
        awkward=(-2.0, 0.0, 2.0),
    ),
    "rotation by a full matrix": Case(
        lambda: lively(Rotation(3, form="matrix_exponential")), (3,), **TURNED
    ),
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
    "flowified linear, reducing, with heavy tails": Case(
        lambda: lively(FlowifiedLinear(3, 1, "student_t", hidden=HIDDEN)), (3,), **DROPS
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

TILE = Tile((1, 4, 4), 2, 2)
OVERLAP = Tile((1, 3, 3), 2, 1)


def _conv(shape, channels, kernel, stride, **options):
    layer = FlowifiedConv2d(shape, channels, kernel, stride, width=4, depth=2, **options)
    return lively(layer, 0.5)


CASES |= {
    "padded image": Case(
        lambda: lively(PadImage((2, 2, 3), (1, 0, 0, 2))),
        (2, 2, 3),
        kind="stochastic",
        exact=False,
        columns=("encoder",),
    ),
    "tiles": Case(lambda: Tile((2, 4, 3), (2, 3), (2, 3)), (2, 4, 3), **TURNED),
    "overlapping tiles": Case(lambda: lively(Tile((2, 5, 3), 3, (2, 1))), (2, 5, 3), **ADDS),
    "linear on tiles": Case(lambda: lively(TileLinear(TILE, 4)), (4, 2, 2), **TURNED),
    "linear on tiles, reducing": Case(
        lambda: lively(TileLinear(OVERLAP, 2, hidden=HIDDEN), 0.7), (4, 2, 2), **DROPS
    ),
    "linear on tiles, reducing against a standard normal": Case(
        lambda: lively(TileLinear(OVERLAP, 2, decoder="standard_normal")), (4, 2, 2), **DROPS
    ),
    "tiles reduced": Case(
        lambda: lively(TileReduction(OVERLAP, 2, width=4, depth=2), 0.7), (4, 2, 2), **DROPS
    ),
    "tiles reduced, Cayley, the paper's decoder": Case(
        lambda: lively(TileReduction(Tile((2, 4, 2), 2, 2), 3, "cayley"), 0.7), (8, 2, 1), **DROPS
    ),
    "linear on tiles, increasing": Case(
        lambda: lively(TileLinear(TILE, 5, padding="gaussian")), (4, 2, 2), **ADDS
    ),
    "flowified convolution": Case(lambda: _conv((1, 2, 4), 4, 2, 2), (1, 2, 4), **TURNED),
    "flowified convolution, reducing": Case(lambda: _conv((2, 4, 4), 3, 2, 2), (2, 4, 4), **DROPS),
    "flowified convolution, overlapping, padded": Case(
        lambda: _conv((1, 4, 3), 2, 3, 2, padding=1),
        (1, 4, 3),
        kind="stochastic",
        exact=False,
        columns=("volume", "decoder", "encoder"),
    ),
}
