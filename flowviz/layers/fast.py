"""When a kernel with its gradient written by hand may stand in for the form that defines it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .precise import autocasting


def eager(*tensors: Tensor) -> bool:
    """False under torch.compile, export, func, autocast and forward-mode differentiation.

    There the readable form is traced or transformed; it also serves gradients of gradients.
    """
    return not (
        torch.compiler.is_compiling()
        or forward_ad._current_level >= 0
        or autocasting(tensors[0])
        or any(map(torch._C._functorch.is_functorch_wrapped_tensor, tensors))
    )


def learning(*tensors: Tensor) -> bool:
    """True if a gradient will be asked for."""
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def readable_gradients(form, inputs: list[Tensor], grads: tuple[Tensor, ...]) -> list:
    """The gradients of form(*inputs) by autograd, so that further gradients flow through them.

    Views stand in for the inputs: one input may have been computed from another, and what that
    contributes is not this function's to count.
    """
    inputs = [t.view_as(t) for t in inputs]
    wanted = [t for t in inputs if t.requires_grad]
    found = iter(torch.autograd.grad(form(*inputs), wanted, grads, create_graph=True))
    return [next(found) if t.requires_grad else None for t in inputs]
