"""fit: maximum likelihood in seconds, with a history that pictures can be made from."""

from __future__ import annotations

import torch

from ..flow import Flow, seeded
from .budget import Budget
from .divergence import Diverged, broken_gradient, first_broken
from .history import History
from .progress import progress_bar
from .recipe import Recipe
from .run import Run
from .sources import source_of
from .threads import choose_threads, torch_threads

__all__ = ["Diverged", "History", "broken_gradient", "first_broken", "fit"]


def fit(
    flow: Flow,
    data: object,
    *,
    seconds: float | None = None,
    steps: int | None = None,
    batch: int = 256,
    lr: float = 1e-2,
    clip: float = 5.0,
    average: float = 0.99,
    beta: float = 50.0,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = True,
) -> History:
    """Train a flow by maximum likelihood and return its `History`.

    Adam with a short warm-up, a cosine decay to zero, gradient clipping at norm `clip`, and a
    running average of the weights (decay `average`) that the flow keeps at the end. Give `steps`
    for a run that is the same on every machine, or `seconds` of wall-clock time (5 by default).
    Called again on a trained flow it goes on from there. Ctrl-C keeps what was learned.

    data: a density with .sample(n, seed=...) (fresh points every step), a tensor (N, *shape), or
    a pair of tensors (x, context); of tensors a tenth is held out.
    beta: a flow that begins with a sheet (`Injective`) learns -log p(x) + beta |x - g(z)|^2, with
    g(z) the point of the sheet that x goes to: the likelihood, a density per length or area of
    the sheet, does not know how far data lie beside it. beta=0 leaves that out; other flows have
    no such term. Losses contain it, the NLL does not. Caterini et al. 2021, "Rectangular flows".
    threads: torch threads while training; by default 1 for a small flow on a CPU.

    Raises ValueError for data that do not fit the flow, `Diverged` (naming step and layer) when
    the loss, a gradient or the held-out NLL stops being finite, or a layer's arithmetic gives up
    (an overflow, a field that no step can follow); the flow then holds the averaged weights of the
    last evaluation.
    """
    budget, recipe = Budget(seconds, steps), Recipe(batch, lr, clip, average, beta)
    if not any(p.requires_grad for p in flow.parameters()):
        raise ValueError("expected a flow with parameters to learn, got none that requires_grad")
    source = source_of(data, flow, seed)
    count = choose_threads(flow, threads)
    with torch_threads(count), seeded(seed), progress_bar(progress) as show:
        flow.initialize(*source.warm_up())
        with torch.enable_grad():
            return Run(flow, source, budget, recipe, show).train()
