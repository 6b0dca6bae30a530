"""Linear and quadratic splines, elementwise and in couplings."""

from case import Case, lively

from flowviz.layers import Coupling, LinearSpline, QuadraticSpline
from flowviz.layers import univariate as maps

EDGES = (-3.5, 3.5, 0.0, 20.0, -20.0)

CASES = {
    "linear spline": Case(lambda: lively(LinearSpline(2), 2.0), (2,), awkward=EDGES),
    "linear spline on images": Case(
        lambda: lively(LinearSpline((1, 2, 2), 2, 2.0), 2.0), (1, 2, 2), awkward=(2.0,)
    ),
    "quadratic spline": Case(lambda: lively(QuadraticSpline(2), 3.0), (2,), awkward=EDGES),
    "quadratic spline, three bins": Case(
        lambda: lively(QuadraticSpline(1, 3, 1.5), 3.0), (1,), awkward=(-1.5, 1.5)
    ),
    "linear spline coupling": Case(
        lambda: lively(Coupling(2, maps.LinearSpline(4), hidden=(8,)), 2.0), (2,), awkward=EDGES
    ),
    "quadratic spline coupling with context": Case(
        lambda: lively(Coupling(3, maps.QuadraticSpline(5), "second", (8,), context=2), 2.0),
        (3,),
        context=2,
        awkward=EDGES,
    ),
}
