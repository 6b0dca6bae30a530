"""Real points: the airports of the world."""

from __future__ import annotations

import math
import numbers
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .density import Bounds, Density

_TABLE = Path(__file__).parent / "assets" / "airports.npz"


class Airports(Density):
    """Longitude and latitude, in degrees, of the 7,884 airports that have an IATA code.

    points  (7884, 2) float32, to 0.01 degrees (about 1 km)
    jitter  standard deviation, in degrees, of Gaussian noise added to each draw; 0 draws the
            airports themselves, with replacement

    The density they come from is not known: entropy is None, and log_prob raises
    NotImplementedError. A jittered point may lie past the date line, at a longitude beyond 180.

    From airportsdata 20260905 by Mike Borsetti and mwgg, MIT licence (see assets/NOTICE).
    """

    name = "airports of the world"

    def __init__(self, jitter: float = 0.0) -> None:
        if not (isinstance(jitter, numbers.Real) and math.isfinite(jitter) and jitter >= 0):
            raise ValueError(f"expected jitter to be a finite number >= 0, got {jitter!r}")
        self.jitter = jitter
        with np.load(_TABLE) as stored:
            self.points = torch.from_numpy(stored["hundredths"].astype(np.float32) / 100)

    @property
    def bounds(self) -> Bounds:
        return (-180.0, 180.0), (-90.0, 90.0)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        which = torch.randint(len(self.points), (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return self.points[which] + self.jitter * noise

    def _log_density(self, x: Tensor) -> Tensor:
        raise NotImplementedError(
            "airports are real points: their density is not known, so log_prob does not exist"
        )

    def _entropy(self) -> None:
        return None

    def _parameters(self) -> dict[str, Any]:
        return {"jitter": self.jitter}
