"""What a run trains with: batches, rate, clipping, averaging, and the pull towards a sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """The settings of `fit` that steer its steps. Raises ValueError for unfit ones."""

    batch: int
    lr: float
    clip: float
    average: float
    beta: float

    def __post_init__(self) -> None:
        positive = self.batch >= 1 and self.lr > 0 and self.clip > 0
        if not (positive and 0 <= self.average < 1 and 0 <= self.beta < math.inf):
            raise ValueError(
                "expected batch >= 1, lr > 0, clip > 0, 0 <= average < 1 and a finite beta >= 0, "
                f"got batch={self.batch}, lr={self.lr}, clip={self.clip}, "
                f"average={self.average}, beta={self.beta}"
            )

    def rate(self, step: int, done: float) -> float:
        """The learning rate of a step, `done` the share of the run behind it: a warm-up of 20
        steps, a cosine decay to 0."""
        warm = min(1.0, (step + 1) / 20)
        return self.lr * warm * 0.5 * (1 + math.cos(math.pi * done))

    def memory(self, step: int) -> float:
        """The share that the running average keeps of itself: less at the beginning."""
        return min(self.average, (1 + step) / (10 + step))
