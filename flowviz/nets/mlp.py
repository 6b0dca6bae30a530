"""The multilayer perceptron that conditions couplings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu


class MLP(nn.Module):
    """Linear, ReLU, ..., Linear: (..., inputs) -> (..., outputs).

    The last layer starts at zero weights and the given bias, so that whatever it conditions
    starts where that bias puts it (for couplings: at the identity). Under autocast the answer is
    of the input's precision again: what is computed from it is not rounded once more.
    """

    def __init__(self, inputs: int, hidden: Sequence[int], bias: Tensor) -> None:
        super().__init__()
        if inputs < 1 or any(h < 1 for h in hidden):
            raise ValueError(
                f"MLP: expected positive sizes, got inputs={inputs}, hidden={list(hidden)}"
            )
        sizes = [inputs, *hidden, len(bias)]
        self.linears = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        nn.init.zeros_(self.linears[-1].weight)
        self.linears[-1].bias.data.copy_(bias)

    def weights(self) -> list[Tensor]:
        """Weight and bias of every layer in turn, input side first."""
        layers = self.linears._modules.values()  # nn.Module's own look-up takes longer than a sum
        return [t for layer in layers for t in layer._parameters.values()]

    def forward(self, h: Tensor) -> Tensor:
        *hidden, last = self.linears
        return linear(_activated(h, hidden), last.weight, last.bias).to(h.dtype)

    def columns(self, h: Tensor) -> Tensor:
        """The same, turned: (N, inputs) -> (outputs, N), without a copy."""
        *hidden, last = self.linears
        answer = torch.addmm(last.bias.unsqueeze(-1), last.weight, _activated(h, hidden).mT)
        return answer.to(h.dtype)


def _activated(h: Tensor, layers: Sequence[nn.Linear]) -> Tensor:
    for layer in layers:
        h = relu(linear(h, layer.weight, layer.bias), inplace=True)
    return h
