"""One rational-quadratic spline for all numbers: its table is built once, not once a number.

The function of `spline.py` with parameters (3K - 1, 1, ..., 1), and its gradient by hand as in
`fast_spline.py`: every number adds its part to the gradient of the bin that it lies in, and only
the sums, one a bin, go on to the parameters.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from . import spline
from .fast import eager, learning, readable_gradients
from .fast_spline import in_bin, in_bin_gradients


def applies(v: Tensor, params: Tensor) -> bool:
    """True where one spline serves many numbers."""
    return params.numel() == len(params) and params.dim() == v.dim() + 1 and eager(v, params)


def evaluate(
    v: Tensor, params: Tensor, bins: int, bound: float, data_side: bool
) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of x on the data side; else x and log dz/dx of z."""
    v = v.contiguous()
    if learning(v, params):
        return _SharedSpline.apply(v, params, bins, bound, data_side)
    return _evaluate(v, _table(params, bins, bound), bound, data_side)[:2]


class _SharedSpline(torch.autograd.Function):
    """v, params -> image, log dz/dx."""

    @staticmethod
    def forward(ctx, v, params, bins, bound, data_side):
        table = _table(params, bins, bound)
        image, log_slope, saved = _evaluate(v, table, bound, data_side)
        ctx.save_for_backward(v, params, log_slope, table, *saved)
        ctx.settings = bins, bound, data_side
        return image, log_slope

    @staticmethod
    def backward(ctx, grad, grad_log_slope):
        v, params, log_slope, table, *saved = ctx.saved_tensors
        bins, bound, data_side = ctx.settings
        if torch.is_grad_enabled():
            defined = spline.rational_quadratic if data_side else spline.rational_quadratic_inverse
            form = functools.partial(defined, bins=bins, bound=bound)
            found = readable_gradients(form, [v, params], (grad, grad_log_slope))
            return *found, None, None, None
        at_v, at_table = _gradients(grad, grad_log_slope, log_slope, table, saved, data_side)
        with torch.enable_grad():
            numbers = params.detach().requires_grad_()
            built = _table(numbers, bins, bound)
        (at_params,) = torch.autograd.grad(built, numbers, at_table)
        return at_v, at_params, None, None, None


def _table(params: Tensor, bins: int, bound: float) -> Tensor:
    """Left, low, width, height and the slopes at both ends of every bin: (6, K)."""
    params = params.flatten()
    left, w = spline.bins_of(params[:bins], bound)
    low, h = spline.bins_of(params[bins : 2 * bins], bound)
    slopes = spline.slopes_of(params[2 * bins :])
    ends = torch.ones_like(slopes[:1])
    return torch.stack([left, low, w, h, torch.cat([ends, slopes]), torch.cat([slopes, ends])])


def _evaluate(v, table, bound, data_side):
    """The image, log dz/dx, and what the gradient needs."""
    inside = v.abs() < bound
    safe = torch.where(inside, v, 0.0)
    knots = table[0 if data_side else 1, 1:].contiguous()
    k = torch.bucketize(safe, knots, right=True, out_int32=True)
    image, log_slope, parts = in_bin(safe, *_looked_up(table, k), data_side)
    image, log_slope = torch.where(inside, image, v), torch.where(inside, log_slope, 0.0)
    return image, log_slope, (inside, k, *parts)


def _looked_up(table: Tensor, k: Tensor) -> list[Tensor]:
    flat = k.flatten()
    return [row.index_select(0, flat).view(k.shape) for row in table]


def _gradients(grad, grad_l, log_slope, table, saved, data_side) -> tuple[Tensor, Tensor]:
    """The gradients for v and for the table."""
    inside, k, *parts = saved
    gz, gl = torch.where(inside, grad, 0.0), torch.where(inside, grad_l, 0.0)
    of_bin = _looked_up(table[2:], k)
    at_v, *at_bins = in_bin_gradients(gz, gl, log_slope, *of_bin, *parts, data_side)
    bins = torch.arange(table.shape[1], dtype=k.dtype, device=k.device)
    member = (k.flatten() == bins.unsqueeze(-1)).to(grad.dtype)
    sums = torch.stack([g.flatten() for g in at_bins]) @ member.mT
    return torch.where(inside, at_v, grad), sums
