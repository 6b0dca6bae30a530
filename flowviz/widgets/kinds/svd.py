"""The factors of a flowified weight (turn, scale, turn, shift) as handles."""

from __future__ import annotations

from ...layers.svd_weight import SVDWeight
from .card import Params
from .twin import angle_of, fill, named

_TURNS = {"turn1": "first", "turn2": "second"}


def set_factors(factors: SVDWeight, p: Params) -> None:
    """Angles turn1, turn2, log scales w (or w1, w2), bias b (or b1, b2), those that there are.

    The rotations must be of the exponential form, whose one number is the angle.
    """
    for name, rotation in _TURNS.items():
        if name in p:
            fill(getattr(factors, rotation).skew, p[name])
    for name, target in (("w", factors.log_scale), ("b", factors.bias)):
        fill(target, p[name] if name in p else [p[f"{name}1"], p[f"{name}2"]])


def read_factors(factors: SVDWeight) -> Params:
    """The same from factors in any form."""
    turns = {name: getattr(factors, rotation) for name, rotation in _TURNS.items()}
    found: Params = {name: angle_of(turn) for name, turn in turns.items() if turn is not None}
    names = "w b" if factors.outputs == 1 else "w1 w2 b1 b2"
    return found | named(names, factors.log_scale, factors.bias)
