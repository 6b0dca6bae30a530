"""Where training batches come from: a density that can be sampled, or tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from ..layer import check_context, check_event, check_finite

Batch = tuple[Tensor, Tensor | None]
_POOL = 16_384  # points that are drawn at once
_HELD_OUT = 4096


class Source(ABC):
    """Batches, held-out points and the entropy (nats, None if unknown) of some data."""

    entropy: float | None = None
    held_out: Batch

    @abstractmethod
    def warm_up(self) -> Batch:
        """Points to initialize layers from."""

    @abstractmethod
    def batch(self, size: int) -> Batch:
        """The next training batch."""


def source_of(data: object, flow, seed: int) -> Source:
    """The source for `data`, checked against the flow's shape, on its device and in its dtype."""
    like = next(flow.parameters())
    if callable(getattr(data, "sample", None)):
        return _Density(data, flow, like, seed)
    pair = data if isinstance(data, tuple) else (data, None)
    if len(pair) != 2:
        raise ValueError(f"data: expected a pair (x, context), got {len(pair)} things")
    return _Points(*pair, flow, like, seed)


class _Density(Source):
    """Fresh points from data.sample(n, seed=...): no point is seen twice."""

    def __init__(self, data, flow, like: Tensor, seed: int) -> None:
        if flow.chain.context_size:
            raise ValueError("expected a pair (x, context) for a flow with context, got a density")
        self.data, self.like = data, like
        self.entropy = getattr(data, "entropy", None)
        self._seeds = torch.Generator().manual_seed(seed)
        self.held_out = self._draw(_HELD_OUT), None
        check_event(self.held_out[0], flow.data_shape, "data")
        check_finite(self.held_out[0], "data")
        self._pool, self._next = self.held_out[0][:0], 0

    def _draw(self, n: int) -> Tensor:
        seed = int(torch.randint(2**31 - 1, (), generator=self._seeds))
        return self.data.sample(n, seed=seed).to(self.like)

    def warm_up(self) -> Batch:
        return self._draw(1024), None

    def batch(self, size: int) -> Batch:
        if self._next + size > len(self._pool):
            self._pool, self._next = self._draw(size * max(1, _POOL // size)), 0
        self._next += size
        return self._pool[self._next - size : self._next], None


def _checked_context(context: Tensor | None, x: Tensor, flow) -> Tensor | None:
    """The context as x's dtype, one row a point; a flow without context wants none."""
    size = flow.chain.context_size
    if not size and context is not None:
        raise ValueError("data: got a context, but no layer of the flow takes one")
    if not size:
        return None
    if isinstance(context, Tensor):
        context = context.to(x)
        if context.dim() != 2 or len(context) != len(x):
            raise ValueError(
                f"data: expected a context ({len(x)}, {size}), got {tuple(context.shape)}"
            )
    check_context(context, size, x, flow.data_shape, "data")
    return context


class _Points(Source):
    """Shuffled epochs over a tensor (N, *shape); the last tenth of a shuffle is held out."""

    def __init__(self, x: Tensor, context: Tensor | None, flow, like: Tensor, seed: int) -> None:
        check_event(x, flow.data_shape, "data")
        if x.dim() != 1 + len(flow.data_shape) or len(x) < 2:
            raise ValueError(f"data: expected at least 2 points (N, ...), got {tuple(x.shape)}")
        check_finite(x, "data")
        x = x.to(like)
        context = _checked_context(context, x, flow)
        self._generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(x), generator=self._generator)
        self._x, self._context = x, context
        held = max(1, min(len(x) // 10, _HELD_OUT))
        self._train = order[held:]
        self.held_out = self._rows(order[:held])
        self._order, self._next = self._train[:0], 0

    def _rows(self, index: Tensor) -> Batch:
        index = index.to(self._x.device)
        return self._x[index], None if self._context is None else self._context[index]

    def warm_up(self) -> Batch:
        """All training points up to 4096 (with a held-out one if there would be a single one)."""
        index = self._train[:_HELD_OUT]
        return self._rows(index if len(index) > 1 else torch.arange(len(self._x)))

    def batch(self, size: int) -> Batch:
        if self._next + size > len(self._order):
            shuffle = torch.randperm(len(self._train), generator=self._generator)
            self._order, self._next = self._train[shuffle], 0
        size = min(size, len(self._order))
        self._next += size
        return self._rows(self._order[self._next - size : self._next])
