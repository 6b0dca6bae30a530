"""Autoregressive layers."""

from case import Case, lively

from flowviz.layers import InverseAutoregressive, MaskedAutoregressive
from flowviz.layers.univariate import Additive, Affine, RationalQuadratic

HIDDEN = (16, 16)
EDGES = (-3.5, 3.5, 30.0)
ALONE = {
    "every_parameter_receives_a_gradient": "nothing comes before the only coordinate, so the "
    "network hands out constants and its first weights are idle"
}


def _masked(dim, univariate, gain=1.5, **options):
    return lambda: lively(MaskedAutoregressive(dim, univariate, HIDDEN, **options), gain)


def _inverse(dim, univariate, gain=1.5, **options):
    return lambda: lively(InverseAutoregressive(dim, univariate, HIDDEN, **options), gain)


CASES = {
    "affine autoregressive": Case(_masked(2, Affine(3.0)), (2,)),
    "affine autoregressive, backward": Case(_masked(5, Affine(3.0), order="backward"), (5,)),
    "affine autoregressive with context": Case(
        _masked(3, Affine(3.0), context=2, order=(1, 2, 0)), (3,), context=2
    ),
    "affine autoregressive on a line": Case(_masked(1, Affine(3.0)), (1,), exempt=ALONE),
    "shifts, no hidden layer": Case(lambda: lively(MaskedAutoregressive(4, Additive(), ())), (4,)),
    "fewer hidden units than coordinates": Case(
        lambda: lively(MaskedAutoregressive(6, Affine(3.0), (5, 4))), (6,)
    ),
    "spline autoregressive": Case(_masked(2, RationalQuadratic()), (2,), awkward=EDGES),
    "spline autoregressive with context": Case(
        _masked(3, RationalQuadratic(4, 2.0), context=1), (3,), context=1, awkward=(2.0,)
    ),
    "inverse autoregressive": Case(_inverse(3, Affine(3.0)), (3,)),
    "inverse autoregressive with context": Case(
        _inverse(2, Affine(3.0), context=2, order="backward"), (2,), context=2
    ),
    "inverse spline autoregressive": Case(_inverse(2, RationalQuadratic()), (2,), awkward=EDGES),
}
