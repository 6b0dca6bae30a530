"""Whether numbers may be looked at, to refuse those that no formula is meant for.

Looking costs nothing on a CPU, but a GPU must first finish all that it was given to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import torch
from torch import Tensor

_silent: ContextVar[bool] = ContextVar("flowviz_unasked", default=False)


def may_ask(v: Tensor) -> bool:
    """False inside `unasked`, torch.compile and torch.func."""
    return not (
        torch.compiler.is_compiling()  # first: nothing below can be traced
        or torch._C._functorch.is_functorch_wrapped_tensor(v)
        or _silent.get()
    )


@contextlib.contextmanager
def unasked() -> Iterator[None]:
    """Within, layers do not ask whether data lie where they should, nor wait for any device.

    Numbers outside a layer's domain then become NaN or infinite, and what stands outside must
    look for those: a training loop that names the layer once a loss is not finite.
    """
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)
