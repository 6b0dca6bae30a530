"""Coupling layers."""

from case import Case, lively

from flowviz.layers import AdditiveCoupling, AffineCoupling, Coupling, SplineCoupling
from flowviz.layers.univariate import Affine

HIDDEN = (16, 16)
EDGES = (-3.5, 3.5, 30.0)

CASES = {
    "additive coupling": Case(lambda: lively(AdditiveCoupling(2, hidden=HIDDEN)), (2,)),
    "additive coupling with context": Case(
        lambda: lively(AdditiveCoupling(3, "second", HIDDEN, context=2)), (3,), context=2
    ),
    "affine coupling": Case(lambda: lively(AffineCoupling(2, hidden=HIDDEN), 2.0), (2,)),
    "affine coupling, second half": Case(
        lambda: lively(AffineCoupling(5, "second", HIDDEN)), (5,), awkward=(0.0,)
    ),
    "affine coupling with context": Case(
        lambda: lively(AffineCoupling(2, "first", HIDDEN, context=3)), (2,), context=3
    ),
    "affine coupling, no limit, chosen indices": Case(
        lambda: lively(Coupling(4, Affine(), keep=(0, 2), hidden=(8,))),
        (4,),
        exempt={
            "gradients_are_finite_far_out_and_at_the_knots": "exp(s) overflows without the limit"
        },
    ),
    "spline coupling": Case(
        lambda: lively(SplineCoupling(2, hidden=HIDDEN), 2.0), (2,), awkward=EDGES
    ),
    "spline coupling, odd dim": Case(
        lambda: lively(SplineCoupling(3, "second", HIDDEN, bins=4, bound=2.0)), (3,), awkward=(2.0,)
    ),
    "spline coupling with context": Case(
        lambda: lively(SplineCoupling(2, "first", HIDDEN, context=1)),
        (2,),
        context=1,
        awkward=EDGES,
    ),
}
