"""Layers on images (C, H, W)."""

from case import Case, lively

from flowviz.layers import (
    ActNorm,
    Conv1x1,
    ConvCoupling,
    Flatten,
    Reshape,
    Sequential,
    Split,
    Squeeze,
)
from flowviz.layers.univariate import Additive, Affine, RationalQuadratic

SMALL = (2, 4, 2)
HIDDEN = (6, 6)
DECODER = ("decoder",)


def _conv(univariate, mask="channels", keep="first", shape=SMALL, **options) -> ConvCoupling:
    return lively(ConvCoupling(shape, univariate, mask, keep, HIDDEN, **options), 0.7)


def _two_levels() -> Sequential:
    """A Glow in small: squeeze, one step, split."""
    inner = (4, 2, 1)
    step = [ActNorm(inner, channels=True), Conv1x1(inner), _conv(Affine(2.0), shape=inner)]
    return lively(Sequential([Squeeze((1, 4, 2)), *step, Split(inner, 4)]), 0.5)


CASES = {
    "ActNorm of channels": Case(lambda: lively(ActNorm((3, 2, 2), channels=True)), (3, 2, 2)),
    "squeeze": Case(lambda: Squeeze((2, 4, 2)), (2, 4, 2)),
    "squeeze by three": Case(lambda: Squeeze((1, 3, 6), 3), (1, 3, 6)),
    "reshape": Case(lambda: Reshape((2, 3), (3, 1, 2)), (2, 3)),
    "flatten": Case(lambda: Flatten((2, 2, 3)), (2, 2, 3)),
    "split": Case(lambda: lively(Split((4, 2, 3), 4)), (4, 2, 3), "surjection", columns=DECODER),
    "split with context, odd": Case(
        lambda: lively(Split((3, 2, 2), 4, context=2)),
        (3, 2, 2),
        "surjection",
        context=2,
        columns=DECODER,
    ),
    "1x1 convolution": Case(lambda: lively(Conv1x1((3, 2, 2)), 0.7), (3, 2, 2)),
    "1x1 convolution of one channel": Case(lambda: lively(Conv1x1((1, 2, 2))), (1, 2, 2)),
    "conv coupling, affine": Case(lambda: _conv(Affine(3.0)), SMALL),
    "conv coupling, odd channels, context": Case(
        lambda: _conv(Affine(3.0), keep="second", shape=(3, 2, 2), context=2),
        (3, 2, 2),
        context=2,
    ),
    "conv coupling, spline, checkerboard": Case(
        lambda: _conv(RationalQuadratic(4, 3.0), "checkerboard", shape=(1, 3, 3)),
        (1, 3, 3),
        awkward=(-3.0, 3.0),
    ),
    "conv coupling, additive, half": Case(lambda: _conv(Additive(), "half", "second"), SMALL),
    "conv coupling, checkerboard, context, norms": Case(
        lambda: _conv(Affine(2.0), "checkerboard", "second", context=1, norm=True),
        SMALL,
        context=1,
    ),
    "glow in small": Case(_two_levels, (1, 4, 2), "surjection", columns=("volume", "decoder")),
}
