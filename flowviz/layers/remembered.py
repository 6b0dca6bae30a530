"""A result that is kept for as long as what it was computed from stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..asking import may_ask
from .fast import eager


class Remembered:
    """The last value of a function of one tensor, for runs in which the tensor does not learn.

    Whether the tensor changed is asked of its numbers, not of a version counter: there are ways
    to write to a parameter (`.data`, another tensor in its place) that no counter sees. Only
    inside `unasked` its place and its counter must do.
    """

    def __init__(self) -> None:
        self._source: Tensor | None = None
        self._value: Tensor | None = None
        self._mark: tuple = ()

    def get(self, source: Tensor, compute: Callable[[], Tensor]) -> Tensor:
        """compute(), or what it gave last time; computed anew where a gradient may be asked for."""
        if (source.requires_grad and torch.is_grad_enabled()) or not eager(source):
            return compute()
        if not self._is_current(source):
            with torch.inference_mode(False), torch.no_grad():
                self._source, self._value = source.detach().clone(), compute()
                self._mark = _mark(source)
        return self._value

    def _is_current(self, source: Tensor) -> bool:
        last = self._source
        same = last is not None and (last.dtype, last.device) == (source.dtype, source.device)
        if same and not may_ask(source):
            return self._mark == _mark(source)
        return same and torch.equal(last, source)

    def __getstate__(self) -> dict:
        """Nothing: copies and files carry the parameters alone."""
        return {"_source": None, "_value": None, "_mark": ()}


def _mark(source: Tensor) -> tuple[int, int]:
    """Where a tensor lies, and how often it was written to."""
    return source.data_ptr(), -1 if source.is_inference() else source._version
