"""The learning rate of a step."""

from __future__ import annotations

import math

from .study import Recipe


def rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate at `step` of `steps`: linear warm-up times one cosine from lr to 0, or constant.

    The cosine is CosineAnnealingLR's (T_max = steps), stepped once a batch.
    """
    warm = min(1.0, (step + 1) / recipe.warm_up) if recipe.warm_up else 1.0
    falling = recipe.schedule == "cosine"
    return recipe.lr * warm * (0.5 * (1 + math.cos(math.pi * step / steps)) if falling else 1.0)


def is_flat(curve: list[float], patience: int, tolerance: float) -> bool:
    """True if none of the last `patience` values beats the best before by more than `tolerance`."""
    if not patience or len(curve) <= patience:
        return False
    return min(curve[-patience:]) > min(curve[:-patience]) - tolerance
