"""The layer under check: copies of it, points, and the answers that it gives to them."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..base import Base, HalfNormal, SortedNormal, StandardNormal, Uniform
from ..flow import Flow
from ..layer import COLUMNS, Layer, Terms
from ..spaces import CUBE, HALF_LINE, REALS, SORTED, Space
from .findings import Broken

_BASES = {REALS: StandardNormal, HALF_LINE: HalfNormal, CUBE: Uniform, SORTED: SortedNormal}


@dataclass
class Subject:
    """A layer or flow as it was given, points x (N, *shape) in float64, context (N, size) or None.

    The original is never called; `layer` is a copy in float64, in the original's training mode.
    """

    original: Layer | Flow
    x: Tensor
    context: Tensor | None
    draws: int
    seed: int
    tolerance: float

    @cached_property
    def copy(self) -> Layer | Flow:
        return copy.deepcopy(self.original).double()

    @property
    def layer(self) -> Layer:
        """The layer, or all layers of the flow."""
        return layer_of(self.copy)

    @cached_property
    def single(self) -> Layer:
        """Another copy, in float32."""
        return copy.deepcopy(layer_of(self.original)).float()

    @cached_property
    def model(self) -> Flow | None:
        """The flow; a layer closed with a base of its latent space; None where we have no base."""
        if isinstance(self.copy, Flow):
            return self.copy
        base = natural_base(self.layer.latent_space, self.layer.latent_shape)
        return None if base is None else Flow([self.layer], base).double()

    @property
    def dim(self) -> int:
        """Numbers in a point of the data side."""
        return math.prod(self.layer.data_shape)

    @cached_property
    def z(self) -> Tensor:
        """Where the points arrive, without noise."""
        return self.normalize(self.x, self.context)[0]

    def off_ties(self) -> Tensor:
        """The points moved by a hair: at a tie (|x| at 0, two equal numbers to sort) a layer that
        drops has several answers, all of them right, since a tie has no probability."""
        moved = self.x + 1e-3 * torch.randn_like(self.x)
        return torch.where(self.layer.data_space.contains(moved), moved, self.x)

    def one_context(self) -> Tensor | None:
        """The context of the first point, to serve a whole batch."""
        return None if self.context is None else self.context[0]

    def normalize(
        self, x: Tensor, context: Tensor | None, mode: str = "mean"
    ) -> tuple[Tensor, Terms]:
        """Data to latent, from a copy of x, so that a layer that writes into it does no harm."""
        return _answer("forward", self.layer(x.clone(), _cloned(context), mode))

    def generate(
        self, z: Tensor, context: Tensor | None, mode: str = "mean"
    ) -> tuple[Tensor, Terms]:
        """Latent to data, from a copy of z."""
        return _answer("inverse", self.layer.inverse(z.clone(), _cloned(context), mode))


def layer_of(root: Layer | Flow) -> Layer:
    """The layer itself, or the chain of the flow."""
    return root.chain if isinstance(root, Flow) else root


def natural_base(space: Space, shape: tuple[int, ...]) -> Base | None:
    """A base whose support is the space, or None."""
    if folded := getattr(space.contains, "indices", None):
        return HalfNormal(shape, folded)
    return _BASES[space](shape) if space in _BASES else None


def _answer(way: str, answer: object) -> tuple[Tensor, Terms]:
    """The answer of a layer if it is (tensor, Terms of tensors), else `Broken`."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], Terms):
        raise Broken(f"{way} must return a tensor and its Terms, got {_named(answer)}")
    value, terms = answer
    named = zip((way, *COLUMNS), (value, *terms), strict=True)
    if wrong := [(n, v) for n, v in named if not isinstance(v, (Tensor, type(None)))]:
        name, bad = wrong[0]
        raise Broken(
            f"{name}: expected a tensor with one number a point, got {bad!r} ({_named(bad)})"
            if name != way
            else f"{way} must return a tensor first, got {_named(bad)}"
        )
    return value, terms


def _cloned(context: Tensor | None) -> Tensor | None:
    return None if context is None else context.clone()


def _named(value: object) -> str:
    if isinstance(value, tuple) and not isinstance(value, Terms):
        return "(" + ", ".join(map(_named, value)) + ")"
    return type(value).__name__
