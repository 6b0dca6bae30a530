"""A chain of layers as one layer."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..layer import Layer, Terms
from . import fast_runs

_KINDS = ("manifold", "stochastic", "surjection")  # a chain is the first of these that it holds


class Sequential(Layer):
    """x -> layers[0] -> layers[1] -> ... -> z. Terms add up column by column.

    Shapes and spaces of neighbours must match, else ValueError names the two layers.
    Exact if all its layers are. Path: through the layers one after the other, without noise.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        super().__init__()
        layers = list(layers)
        _check_chain(layers)
        self.layers = nn.ModuleList(layers)
        first, last = self.layers[0], self.layers[-1]
        self.data_shape, self.data_space = first.data_shape, first.data_space
        self.latent_shape, self.latent_space = last.latent_shape, last.latent_space
        self.columns = tuple(c for c in Terms._fields if any(c in k.columns for k in self.layers))
        self.exact = all(k.exact for k in self.layers)
        self.estimated = any(k.estimated for k in self.layers)
        self.context_size = max(k.context_size for k in self.layers)
        kinds = [k.kind for k in self.layers]
        self.kind = next((k for k in _KINDS if k in kinds), "bijection")
        self._title = " + ".join(k.title for k in self.layers)

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True if a layer is cut: the path jumps where that layer arrives."""
        return any(k.cut for k in self.layers)

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let layers that start from data (ActNorm) do so, each seeing what arrives there."""
        for layer in self.layers:
            if hasattr(layer, "initialize"):
                layer.initialize(x, context)
            x = layer(x, context)[0]

    @torch.no_grad()
    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """The same for a chain that is turned round: z comes in at its latent side."""
        for layer in reversed(self.layers):
            if hasattr(layer, "initialize_inverse"):
                layer.initialize_inverse(z, context)
            z = layer.inverse(z, context, terms=False)[0]

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        rows = []
        for group in fast_runs.runs(self.layers, x, data_side=True):
            if len(group) > 1:
                x, terms = fast_runs.run(group, x, data_side=True)
            else:
                x, terms = group[0]._forward(x, context, mode)
            rows.append(terms)
        return x, Terms.sum(rows)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        rows = []
        for group in reversed(fast_runs.runs(self.layers, z, data_side=False)):
            if len(group) > 1:
                z, row = fast_runs.run(group[::-1], z, data_side=False)
            else:
                z, row = group[0]._inverse(z, context, mode, terms)
            rows.append(row)
        return z, Terms.sum(rows[::-1])

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        done = tau * len(self.layers)
        for i, layer in enumerate(self.layers):
            if done >= i + 1:
                x = layer._forward(x, context, "mean")[0]
            else:
                return layer._path(x, max(done - i, 0.0), context)
        return x

    @property
    def title(self) -> str:
        return self._title

    @property
    def action(self) -> str:
        return "; then ".join(layer.action for layer in self.layers)


def _check_chain(layers: list[Layer]) -> None:
    if not layers:
        raise ValueError("expected at least one layer, got none")
    for i, layer in enumerate(layers, 1):
        if not isinstance(layer, Layer):
            raise TypeError(f"layer {i}: expected a flowviz Layer, got {type(layer).__name__}")
    for i, (a, b) in enumerate(zip(layers, layers[1:], strict=False)):
        where = f"between layer {i + 1} ({a.title}) and layer {i + 2} ({b.title})"
        if a.latent_shape != b.data_shape:
            raise ValueError(f"{where}: expected shape {a.latent_shape}, got {b.data_shape}")
        if a.latent_space != b.data_space:
            raise ValueError(f"{where}: expected {a.latent_space}, got {b.data_space}")
    sizes = {k.context_size for k in layers if k.context_size}
    if len(sizes) > 1:
        raise ValueError(f"expected one context size for all layers, got {sorted(sizes)}")
