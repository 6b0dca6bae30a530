"""A layer on some coordinates of a vector."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..spaces import HALF_LINE, REALS, Space, half_space
from .names import coordinates


class Partial(Layer):
    """z = x with the coordinates `indices` carried by `layer`; the others stay as they are.

    Shapes: x, z (..., dim); the layer maps (..., len(indices)) to the same shape, and sees the
    coordinates in the order of `indices`. Ledger, exact or bound: as the layer's. Its sides must
    be the reals or the half-line (here: a half-space), else ValueError; so too for indices that
    repeat, or that are not some of 0 .. dim - 1. Path: the layer's.
    """

    indices: Tensor

    def __init__(self, dim: int, indices: Sequence[int], layer: Layer) -> None:
        super().__init__()
        chosen = [operator.index(i) for i in indices]
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(range(dim)) or not chosen:
            raise ValueError(f"Partial: expected different indices below {dim}, got {indices!r}")
        if not layer.data_shape == layer.latent_shape == (len(chosen),):
            raise ValueError(
                f"Partial: expected a layer from shape ({len(chosen)},) to itself, "
                f"got {layer.data_shape} to {layer.latent_shape}"
            )
        self.data_shape = self.latent_shape = (dim,)
        self.data_space = _space_around(layer.data_space, dim, chosen)
        self.latent_space = _space_around(layer.latent_space, dim, chosen)
        self.register_buffer("indices", torch.tensor(chosen), persistent=False)
        self.layer, self._place = layer, coordinates(chosen)
        self.columns, self.kind = layer.columns, layer.kind
        self.exact, self.estimated = layer.exact, layer.estimated
        self.context_size = layer.context_size

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True if the wrapped layer is."""
        return self.layer.cut

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let the layer start from data, if it does."""
        if hasattr(self.layer, "initialize"):
            self.layer.initialize(x[..., self.indices], context)

    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """The same, from what arrives at the latent side."""
        if hasattr(self.layer, "initialize_inverse"):
            self.layer.initialize_inverse(z[..., self.indices], context)

    def _put(self, x: Tensor, part: Tensor) -> Tensor:
        return x.index_copy(-1, self.indices, part)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        part, terms = self.layer._forward(x[..., self.indices], context, mode)
        return self._put(x, part), terms

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        part, row = self.layer._inverse(z[..., self.indices], context, mode, terms)
        return self._put(z, part), row

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self._put(x, self.layer._path(x[..., self.indices], tau, context))

    @property
    def title(self) -> str:
        return f"{self.layer.title} of {self._place}"

    @property
    def action(self) -> str:
        return f"for {self._place}: {self.layer.action}"

    @property
    def settings(self) -> str:
        return f"indices={self.indices.tolist()}"


def _space_around(space: Space, dim: int, indices: list[int]) -> Space:
    if space == REALS:
        return REALS
    if space == HALF_LINE:
        return half_space(dim, indices)
    raise ValueError(f"Partial: expected a layer on the reals or the half-line, got {space}")
