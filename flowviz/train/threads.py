"""How many torch threads train: many only get in the way of a small flow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from ..flow import Flow

_SMALL = 1_000_000  # parameters below which one thread is faster than many


def choose_threads(flow: Flow, threads: int | None) -> int:
    if threads is not None:
        return threads
    size = sum(p.numel() for p in flow.parameters())
    on_cpu = all(p.device.type == "cpu" for p in flow.parameters())
    return 1 if size < _SMALL and on_cpu else torch.get_num_threads()


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Train with `count` torch threads, then put the number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
