"""A faster rational-quadratic spline: the function of `spline.py`, with its gradient by hand.

`spline.py` defines the map; this file computes the same numbers with fewer passes over memory,
and its gradient from the formulas below instead of from a recorded graph. With xi, s, t = xi (1 -
xi), d = d1 + d0 - 2s, q = s + d t, n = s xi^2 + d0 t and p = d1 xi^2 + 2 s t + d0 (1 - xi)^2,

    z = y_k + h n / q,    L = log dz/dx = 2 log s + log p - 2 log q

          of z                             of L
    xi    h s p / q^2                      2 (d1 xi + s (1 - 2 xi) - d0 (1 - xi)) / p
                                             - 2 d (1 - 2 xi) / q
    s     h (xi^2 q - n (1 - 2t)) / q^2    2/s + 2t/p - 2 (1 - 2t) / q
    d0    h t (q - n) / q^2                (1 - xi)^2 / p - 2t/q
    d1    -h t n / q^2                     xi^2 / p - 2t/q

and from there to bin edges, sizes and slopes by the chain rule. The inverse x(z) has the gradient
of the implicit function: dx = (dz - (df/dtheta) dtheta) / (df/dx).

Only for parameters of their own for every number. Under torch.compile, torch.func, forward-mode
differentiation, and for gradients of gradients, `spline.py` is used.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn.functional import softplus

from . import spline
from .fast import eager, learning, readable_gradients
from .spline import MIN_BIN, MIN_SLOPE


def applies(v: Tensor, params: Tensor) -> bool:
    """True where the fast form may stand in for the readable one."""
    return params.shape[1:] == v.shape and eager(v, params)


def evaluate(
    v: Tensor, params: Tensor, bins: int, bound: float, data_side: bool
) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of x on the data side; else x and log dz/dx of z."""
    if learning(v, params):
        return _Spline.apply(v, params, bins, bound, data_side)
    return _evaluate(v, params, bins, bound, data_side)[:2]


class _Spline(torch.autograd.Function):
    """v, params -> image, log dz/dx, with the gradient of the module's docstring."""

    @staticmethod
    def forward(ctx, v, params, bins, bound, data_side):
        image, log_slope, saved = _evaluate(v, params, bins, bound, data_side)
        ctx.save_for_backward(v, params, log_slope, *saved)
        ctx.settings = bins, bound, data_side
        return image, log_slope

    @staticmethod
    def backward(ctx, grad, grad_log_slope):
        v, params, log_slope, *saved = ctx.saved_tensors
        if torch.is_grad_enabled():
            bins, bound, data_side = ctx.settings
            defined = spline.rational_quadratic if data_side else spline.rational_quadratic_inverse
            form = functools.partial(defined, bins=bins, bound=bound)
            found = readable_gradients(form, [v, params], (grad, grad_log_slope))
            return *found, None, None, None
        grads = _gradients(grad, grad_log_slope, log_slope, saved, *ctx.settings)
        return *grads, None, None, None


def _evaluate(v, params, bins, bound, data_side):
    """The image, log dz/dx, and what the gradient needs."""
    inside = v.abs() < bound
    safe = torch.where(inside, v, 0.0)
    shares = params[: 2 * bins].unflatten(0, (2, bins)).softmax(1)
    sizes = shares.mul(2 * bound * (1 - MIN_BIN * bins)).add_(2 * bound * MIN_BIN)
    knots = sizes.new_empty(2, bins, *v.shape)
    knots[:, 0] = 0.0
    torch.cumsum(sizes[:, :-1], 1, out=knots[:, 1:])
    knots -= bound
    k = (safe >= knots[0 if data_side else 1, 1:]).sum(0, keepdim=True)
    both = k.expand(2, *k.shape)
    (left, low), (w, h) = knots.gather(1, both).squeeze(1), sizes.gather(1, both).squeeze(1)
    ends = params.new_zeros(1, *v.shape)
    raw = torch.cat([ends, params[2 * bins :], ends]).gather(0, torch.cat([k, k + 1]))
    slopes = softplus(raw.add_(spline.SLOPE_SHIFT)).add_(MIN_SLOPE)
    image, log_slope, parts = in_bin(safe, left, low, w, h, *slopes.unbind(0), data_side)
    image, log_slope = torch.where(inside, image, v), torch.where(inside, log_slope, 0.0)
    return image, log_slope, (inside, shares, k, slopes, w, h, *parts)


def in_bin(at, left, low, w, h, d0, d1, data_side):
    """The image of points in their bins, log dz/dx, and (xi, q, p, n) for the gradient."""
    s = h / w
    xi = (at - left) / w if data_side else spline.root(at - low, h, s, d0, d1)
    xi = xi.clamp_(0, 1)
    rest = 1 - xi
    t = xi * rest
    q = torch.addcmul(s, d0 + d1 - 2 * s, t)
    p = d1 * xi * xi + d0 * rest * rest + 2 * s * t
    n = s * xi * xi + d0 * t
    image = torch.addcmul(low, h, n / q) if data_side else torch.addcmul(left, w, xi)
    ratio = s / q
    log_slope = (ratio.mul_(ratio) * p).log_()
    return image, log_slope, (xi, q, p, n)


def _gradients(grad, grad_l, log_slope, saved, bins, bound, data_side) -> tuple[Tensor, Tensor]:
    """The gradients for v and params."""
    inside, shares, k, slopes, w, h, xi, q, p, n = saved
    gz, gl = torch.where(inside, grad, 0.0), torch.where(inside, grad_l, 0.0)
    d0, d1 = slopes.unbind(0)
    at_v, g_left, g_low, g_w, g_h, g_d0, g_d1 = in_bin_gradients(
        gz, gl, log_slope, w, h, d0, d1, xi, q, p, n, data_side
    )

    out = torch.empty(3 * bins - 1, *xi.shape, dtype=xi.dtype, device=xi.device)
    before = torch.arange(bins, device=k.device).view(-1, *[1] * xi.dim()) < k
    ends, widths = torch.stack([g_left, g_low]).unsqueeze(1), torch.stack([g_w, g_h]).unsqueeze(1)
    g_sizes = torch.where(before, ends, 0.0).scatter_(1, k.expand(2, *k.shape), widths)
    g_sizes -= (g_sizes * shares).sum(1, keepdim=True)
    factor = 2 * bound * (1 - MIN_BIN * bins)
    torch.mul(g_sizes, shares, out=out[: 2 * bins].unflatten(0, (2, bins))).mul_(factor)
    g_raw = torch.stack([g_d0, g_d1]).mul_(-torch.expm1(MIN_SLOPE - slopes))
    padded = g_raw.new_zeros(bins + 1, *xi.shape).scatter_(0, torch.cat([k, k + 1]), g_raw)
    out[2 * bins :] = padded[1:-1]
    return torch.where(inside, at_v, grad), out


def in_bin_gradients(gz, gl, log_slope, w, h, d0, d1, xi, q, p, n, data_side):
    """The gradients for the point and for its bin: left, low, w, h, d0, d1."""
    s, rest = h / w, 1 - xi
    t, tilt = xi * rest, rest - xi
    p_inv, q_inv = gl / p, 1 / q
    t2, gl_q = 2 * t, 2 * gl * q_inv

    l_xi = 2 * p_inv * (d1 * xi - d0 * rest + s * tilt) - gl_q * tilt * (d0 + d1 - 2 * s)
    if not data_side:  # by the implicit function; the log slope is taken at x, which moves too
        at_v = (gz + l_xi / w) * (-log_slope).exp()
        gz = -at_v
    scale = gz * h * q_inv * q_inv
    g_xi, along = scale * s * p + l_xi, scale * t
    g_s = scale * (xi * xi * q - n * (1 - t2)) + 2 * gl / s + t2 * p_inv - gl_q * (1 - t2)
    g_d0 = along * (q - n) + rest * rest * p_inv - gl_q * t
    g_d1 = xi * xi * p_inv - gl_q * t - along * n
    g_left = -g_xi / w
    g_w = g_left * xi - g_s * s / w
    g_h = gz * n * q_inv + g_s / w
    return g_xi / w if data_side else at_v, g_left, gz, g_w, g_h, g_d0, g_d1
