"""The rational-quadratic spline as a function (Durkan et al. 2019, equations 4 to 8).

In bin k, with xi = (x - x_k) / w_k, s = h_k / w_k and slopes d0, d1 at its ends:

    z     = y_k + h_k (s xi^2 + d0 xi (1 - xi)) / q,    q = s + (d1 + d0 - 2 s) xi (1 - xi)
    dz/dx = s^2 (d1 xi^2 + 2 s xi (1 - xi) + d0 (1 - xi)^2) / q^2

and backwards, with r = z - y_k, xi is the root in [0, 1] of a xi^2 + b xi + c = 0:

    b = h d0 - r (d1 + d0 - 2s),  a = h s - b,  c = -s r,  q = |b| + sqrt(b^2 - 4ac)
    xi = -2c / q where b > 0, else q / 2a        (neither subtracts near-equal numbers)

Parameters stand on the leading axis: (3K - 1, ..., D) = K widths, K heights, K - 1 inner slopes.
All zeros is the identity. Points outside [-B, B] are replaced by 0 before any arithmetic and put
back afterwards, so that no NaN leaks through `where` into a gradient.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softmax, softplus

MIN_BIN = 1e-3  # least width and height of a bin, as a share of 2B
MIN_SLOPE = 1e-3
SLOPE_SHIFT = math.log(math.expm1(1 - MIN_SLOPE))  # softplus(0 + shift) + MIN_SLOPE = 1


class Bin(NamedTuple):
    """The bin that each point falls into: left end, width, bottom, height, end slopes."""

    x: Tensor
    w: Tensor
    y: Tensor
    h: Tensor
    d0: Tensor
    d1: Tensor


def rational_quadratic(x: Tensor, params: Tensor, bins: int, bound: float) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of x (..., D) under params (3 bins - 1, ..., D)."""
    inside = x.abs() < bound
    safe = torch.where(inside, x, 0.0)
    b = _find_bin(safe, params, bins, bound, data_side=True)
    s = b.h / b.w
    xi = ((safe - b.x) / b.w).clamp(0, 1)  # beyond by rounding, slopes could turn negative
    z = b.y + b.h * (s * xi**2 + b.d0 * xi * (1 - xi)) / _denominator(xi, s, b)
    log_slope = _log_slope(xi, s, b)
    return torch.where(inside, z, x), torch.where(inside, log_slope, 0.0)


def rational_quadratic_inverse(
    z: Tensor, params: Tensor, bins: int, bound: float
) -> tuple[Tensor, Tensor]:
    """x and log dz/dx at that x, for z (..., D)."""
    inside = z.abs() < bound
    safe = torch.where(inside, z, 0.0)
    k = _find_bin(safe, params, bins, bound, data_side=False)
    s = k.h / k.w
    xi = root(safe - k.y, k.h, s, k.d0, k.d1).clamp(0, 1)
    x = k.x + k.w * xi
    return torch.where(inside, x, z), torch.where(inside, _log_slope(xi, s, k), 0.0)


def root(rise: Tensor, h: Tensor, s: Tensor, d0: Tensor, d1: Tensor) -> Tensor:
    """xi at which the spline has risen by `rise` above the bottom of its bin."""
    b = h * d0 - rise * (d1 + d0 - 2 * s)
    a, c = h * s - b, -s * rise
    # positive but for rounding (nflows issue 87); above 0, so that the root has a finite gradient
    discriminant = (b**2 - 4 * a * c).clamp(min=torch.finfo(b.dtype).tiny)
    q = b.abs() + discriminant.sqrt()
    return torch.where(b > 0, -2 * c / q, q / (2 * torch.where(b > 0, 1.0, a)))


def _denominator(xi: Tensor, s: Tensor, b: Bin) -> Tensor:
    return s + (b.d1 + b.d0 - 2 * s) * xi * (1 - xi)


def _log_slope(xi: Tensor, s: Tensor, b: Bin) -> Tensor:
    top = b.d1 * xi**2 + 2 * s * xi * (1 - xi) + b.d0 * (1 - xi) ** 2
    return 2 * s.log() + top.log() - 2 * _denominator(xi, s, b).log()


def _find_bin(v: Tensor, params: Tensor, bins: int, bound: float, data_side: bool) -> Bin:
    params = spread_over(v, params)
    xs, ws = bins_of(params[:bins], bound)
    ys, hs = bins_of(params[bins : 2 * bins], bound)
    slopes = slopes_of(params[2 * bins :])
    ends = torch.ones_like(slopes[:1])
    return gather_bin(v, (xs, ws, ys, hs), torch.cat([ends, slopes, ends]), data_side)


def gather_bin(v: Tensor, tables: tuple[Tensor, ...], slopes: Tensor, data_side: bool) -> Bin:
    """The bin of each v, out of tables of lefts, widths, bottoms, heights, each (K, ...).

    slopes are (K + 1, ...). The knots searched are the data side's or the latent side's.
    """
    knots = tables[0] if data_side else tables[2]
    k = (v >= knots[1:]).sum(0, keepdim=True)
    found = [table.gather(0, k)[0] for table in tables]
    return Bin(*found, slopes.gather(0, k)[0], slopes.gather(0, k + 1)[0])


def spread_over(v: Tensor, params: Tensor) -> Tensor:
    """The parameters (P, ...) expanded to one set for each number of v."""
    return params.expand(len(params), *torch.broadcast_shapes(v.shape, params.shape[1:]))


def slopes_of(raw: Tensor) -> Tensor:
    """Positive slopes; 1 where raw is 0."""
    return softplus(raw + SLOPE_SHIFT) + MIN_SLOPE


def raw_slopes(slopes: Tensor) -> Tensor:
    """The inverse of `slopes_of`, for slopes above MIN_SLOPE."""
    return torch.log(torch.expm1((slopes - MIN_SLOPE).clamp(min=MIN_SLOPE))) - SLOPE_SHIFT


def raw_bins(sizes: Tensor, bound: float) -> Tensor:
    """The inverse of `bins_of`, for sizes (K, ...) above MIN_BIN that fill [-bound, bound]."""
    return (sizes / (2 * bound) - MIN_BIN).log()


def bins_of(raw: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """Left ends (K, ...) and sizes (K, ...) of the bins of [-bound, bound]."""
    share = MIN_BIN + (1 - MIN_BIN * raw.shape[0]) * softmax(raw, 0)
    size = 2 * bound * share
    return pad_first(size.cumsum(0)[:-1]) - bound, size


def pad_first(t: Tensor) -> Tensor:
    """Prepend a zero along the leading axis."""
    return torch.cat([t.new_zeros(1, *t.shape[1:]), t])
