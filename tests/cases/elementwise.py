"""Elementwise layers."""

from case import Case, lively

from flowviz.layers import ActNorm, Affine, Elementwise, RationalQuadraticSpline
from flowviz.layers.univariate import Additive, RationalQuadratic

KNOTS = (-3.5, 3.5, 0.0, 20.0, -20.0)

CASES = {
    "affine": Case(lambda: lively(Affine(3)), (3,), awkward=(0.0,)),
    "affine on images": Case(lambda: lively(Affine((2, 3, 2))), (2, 3, 2)),
    "ActNorm": Case(lambda: lively(ActNorm(2)), (2,)),
    "ActNorm on images": Case(lambda: lively(ActNorm((2, 2, 3))), (2, 2, 3)),
    "elementwise shift": Case(lambda: lively(Elementwise(2, Additive())), (2,)),
    "elementwise two bins": Case(
        lambda: lively(Elementwise(1, RationalQuadratic(2, 1.5)), 3.0), (1,), awkward=(-1.5, 1.5)
    ),
    "spline": Case(lambda: lively(RationalQuadraticSpline(2), 3.0), (2,), awkward=KNOTS),
    "spline on images": Case(
        lambda: lively(RationalQuadraticSpline((2, 2, 1), 4, 2.0), 2.0), (2, 2, 1), awkward=(2.0,)
    ),
}
