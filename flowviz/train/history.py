"""History: what a training run did, so that pictures can be made from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn


@dataclass
class History:
    """What a training run did. Losses and NLL are in nats.

    losses: one a step. evaluations: (step, seconds, held-out NLL of the averaged weights).
    snapshots: (step, parameters as one float16 vector), taken with every evaluation.
    """

    entropy: float | None = None
    losses: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float, float]] = field(default_factory=list)
    snapshots: list[tuple[int, np.ndarray]] = field(default_factory=list)
    interrupted: bool = False

    @property
    def steps(self) -> int:
        """Gradient steps taken."""
        return len(self.losses)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds from the first step to the last evaluation."""
        return self.evaluations[-1][1]

    @property
    def nll(self) -> float:
        """Held-out negative log-likelihood of the returned weights, nats."""
        return self.evaluations[-1][2]

    def restore(self, flow: nn.Module, index: int) -> int:
        """Put snapshot `index` into the flow (half precision) and return its step."""
        step, vector = self.snapshots[index]
        owned = sum(p.numel() for p in flow.parameters())
        if owned != vector.size:
            raise ValueError(f"expected a flow of {vector.size} parameters, got one of {owned}")
        values = torch.from_numpy(vector.astype(np.float32))
        first = next(flow.parameters())
        nn.utils.vector_to_parameters(values.to(first), flow.parameters())
        return step

    def __repr__(self) -> str:
        known = "" if self.entropy is None else f" (entropy of the data {self.entropy:.2f})"
        cut = ", interrupted" if self.interrupted else ""
        return f"History: {self.steps} steps{cut}, held-out NLL {self.nll:.2f} nats{known}"
