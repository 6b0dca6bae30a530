"""Planar, radial and Sylvester layers."""

import torch
from case import Case, lively

from flowviz.layers import Planar, Radial, Sylvester

HIDDEN = (8,)


def _steep(layer, value):
    """The layer at the edge of being one to one: least slope (value < 0) or a wide jump."""
    with torch.no_grad():
        layer.params.free["u"].copy_(value * layer.params.free["w"])
    return layer


CASES = {
    "planar": Case(lambda: lively(Planar(2), 3.0), (2,)),
    "planar in five dimensions": Case(lambda: lively(Planar(5), 3.0, seed=1), (5,)),
    "planar, pressing hard": Case(lambda: _steep(Planar(2), -30.0), (2,), tolerance=1e-8),
    "planar, tearing hard": Case(lambda: _steep(Planar(2), 30.0), (2,)),
    "planar with context": Case(
        lambda: lively(Planar(2, context=3, hidden=HIDDEN), 2.0), (2,), context=3
    ),
    "radial": Case(lambda: lively(Radial(2), 3.0), (2,)),
    "radial, drawing in": Case(lambda: lively(Radial(3), 4.0, seed=3), (3,)),
    "radial on a line": Case(lambda: lively(Radial(1), 2.0), (1,)),
    "radial with context": Case(
        lambda: lively(Radial(2, context=2, hidden=HIDDEN), 2.0), (2,), context=2
    ),
    "Sylvester": Case(lambda: lively(Sylvester(2), 2.0), (2,)),
    "Sylvester of rank 2 in four dimensions": Case(lambda: lively(Sylvester(4, 2), 2.0), (4,)),
    "Sylvester of rank 1": Case(lambda: lively(Sylvester(3, 1), 2.0), (3,)),
    "Sylvester with context": Case(
        lambda: lively(Sylvester(3, 2, context=2, hidden=HIDDEN), 1.5), (3,), context=2
    ),
}
