"""Where training left the finite numbers: the step, the layer."""

from __future__ import annotations

import torch
from torch import Tensor

from ..flow import Flow


class Diverged(RuntimeError):
    """Training left the finite numbers. `step` and `layer` ("layer 2 (ActNorm)") say where."""

    def __init__(self, step: int, layer: str | None, what: str) -> None:
        self.step, self.layer = step, layer
        where = f"in {layer}" if layer else "in the gradient"
        super().__init__(
            f"training diverged at step {step}: {what} {where}; try a smaller learning rate "
            "(lr=...), gradient clipping (clip=...), or data scaled to unit spread"
        )


@torch.no_grad()
def first_broken(flow: Flow, x: Tensor, context: Tensor | None) -> str | None:
    """The first layer that gives up, or whose output, terms or parameters are not finite.

    Numbered from 1; the base, if no layer is.
    """
    for number, layer in enumerate(flow.layers, 1):
        name = f"layer {number} ({layer.title})"
        try:
            x, terms = layer._forward(x, context, "sample")
        except ArithmeticError:
            return name
        values = [x, *(t for t in terms if t is not None), *layer.parameters()]
        if not all(torch.isfinite(v).all() for v in values):
            return name
    return f"the base ({flow.base.title})"


def broken_gradient(flow: Flow) -> str | None:
    """The first layer with a gradient that is not finite, numbered from 1; None: no layer has."""
    for number, layer in enumerate(flow.layers, 1):
        grads = [p.grad for p in layer.parameters() if p.grad is not None]
        if not all(torch.isfinite(g).all() for g in grads):
            return f"layer {number} ({layer.title})"
    return None
