"""Keeping data out of autocast: only what conditions may be rounded to half precision."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor


def precise(method: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method, out of autocast on the device of its first argument.

    Autocast computes matrix products in bfloat16, eight bits: data that went through one would be
    off by half a grey value, and by something else on the way back, while the volume knows nothing
    of it. A conditioner may be rounded: it is rounded alike both ways.
    """

    @functools.wraps(method)
    def exactly(self, v: Tensor, *rest):
        if not autocasting(v):
            return method(self, v, *rest)
        with torch.autocast(v.device.type, enabled=False):
            return method(self, v, *rest)

    return exactly


def autocasting(v: Tensor) -> bool:
    """True if autocast is on where v lies; there is none for tensors without numbers (meta)."""
    return v.device.type != "meta" and torch.is_autocast_enabled(v.device.type)
