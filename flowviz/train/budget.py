"""How long a run may take, in steps or in seconds."""

from __future__ import annotations

import math
import operator
import time


class Budget:
    """How far a run is, from 0 to 1, counted in steps or in seconds."""

    def __init__(self, seconds: float | None, steps: int | None) -> None:
        if seconds is not None and steps is not None:
            raise ValueError("expected seconds or steps, got both")
        if steps is None and seconds is None:
            seconds = 5.0
        given = seconds if steps is None else operator.index(steps)
        if not 0 < given < math.inf:
            raise ValueError(f"expected a finite budget above 0, got {given}")
        self.seconds, self.steps = seconds, steps
        self.begin()

    def begin(self) -> None:
        """Count time from now on."""
        self.start = time.perf_counter()

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.start

    def done(self, step: int) -> float:
        """The share of the run that lies behind, `step` steps having been taken."""
        return step / self.steps if self.steps else min(self.elapsed() / self.seconds, 1.0)
