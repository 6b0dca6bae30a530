"""The learning rate of a step, and which step is the last."""

from __future__ import annotations

import math
from typing import NamedTuple

from .study import Recipe


class Span(NamedTuple):
    """falls: the step from which a held rate falls; last: how many steps are taken; flat: whether
    the validation curve decided that, and not the recipe's epochs."""

    falls: int
    last: int
    flat: bool


def span(recipe: Recipe, steps: int, curve: list[float], every: int) -> Span:
    """How a run of `steps` planned steps goes on after a validation curve, one value in `every`
    steps: see `Recipe`. It depends on the first moment at which the curve was flat, so a run that
    goes on from a checkpoint decides as it had decided."""
    held = recipe.schedule == "held"
    planned = math.floor(steps / (1 + recipe.cool_down)) if held else steps
    values = range(1, len(curve) + 1)
    flat = (every * k for k in values if is_flat(curve[:k], recipe.patience, recipe.tolerance))
    falls = min(planned, next(flat, planned))
    if held and falls < planned:
        return Span(falls, falls + round(recipe.cool_down * falls), True)
    return Span(falls, steps if held else falls, falls < planned)


def rate(recipe: Recipe, step: int, steps: int, falls: int = 0) -> float:
    """The rate at `step` of `steps`: linear warm-up times one cosine from lr to 0, or constant, or
    held until the step `falls` and from there linear to 0.

    The cosine is CosineAnnealingLR's (T_max = steps), stepped once a batch.
    """
    warm = min(1.0, (step + 1) / recipe.warm_up) if recipe.warm_up else 1.0
    return recipe.lr * warm * _SHAPES[recipe.schedule](step, steps, falls)


_SHAPES = {
    "cosine": lambda step, steps, falls: 0.5 * (1 + math.cos(math.pi * step / steps)),
    "constant": lambda step, steps, falls: 1.0,
    "held": lambda step, steps, falls: 1.0 if step < falls else (steps - step) / (steps - falls),
}


def is_flat(curve: list[float], patience: int, tolerance: float) -> bool:
    """True if none of the last `patience` values beats the best before by more than `tolerance`."""
    if not patience or len(curve) <= patience:
        return False
    return min(curve[-patience:]) > min(curve[:-patience]) - tolerance
