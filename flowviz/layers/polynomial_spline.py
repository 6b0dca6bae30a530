"""The linear and the quadratic spline as functions (Müller et al. 2019, sections 4.1 and 4.2).

Both are cumulative distribution functions stretched from [0, 1] to [-B, B], identity outside. The
slope is a histogram for the linear spline and a chain of straight lines for the quadratic one. In
bin k, with xi = (x - x_k) / w_k and slopes d0, d1 at its ends:

    linear      z = y_k + h_k xi                                dz/dx = h_k / w_k
    quadratic   z = y_k + w_k (d0 xi + (d1 - d0) xi^2 / 2)      dz/dx = d0 + (d1 - d0) xi

    backwards, r = z - y_k:  xi = r / h_k;   xi = 2 r / (w d0 + sqrt((w d0)^2 + 2 w (d1 - d0) r))

Linear: K bins of equal width, (K, ..., D) heights. Quadratic: (2K - 1, ..., D) = K widths and
K - 1 inner slopes, up to the factor that makes the whole rise 2B with outer slopes 1. (nflows,
too, means the outer slopes to be 1, but its code halves the outer widths twice.) All zeros is the
identity; points outside are replaced before any arithmetic, as in `spline.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .spline import Bin, bins_of, gather_bin, pad_first, slopes_of, spread_over


def linear(x: Tensor, params: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of x (..., D) under params (bins, ..., D)."""
    inside, safe = _inside(x, bound)
    b = _linear_bin(safe, params, bound, data_side=True)
    z = b.y + b.h * ((safe - b.x) / b.w)
    return torch.where(inside, z, x), torch.where(inside, (b.h / b.w).log(), 0.0)


def linear_inverse(z: Tensor, params: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """x and log dz/dx at that x, for z (..., D)."""
    inside, safe = _inside(z, bound)
    b = _linear_bin(safe, params, bound, data_side=False)
    x = b.x + b.w * ((safe - b.y) / b.h)
    return torch.where(inside, x, z), torch.where(inside, (b.h / b.w).log(), 0.0)


def quadratic(x: Tensor, params: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of x (..., D) under params (2 bins - 1, ..., D)."""
    inside, safe = _inside(x, bound)
    b = _quadratic_bin(safe, params, bound, data_side=True)
    xi = ((safe - b.x) / b.w).clamp(0, 1)
    z = b.y + b.w * xi * (b.d0 + (b.d1 - b.d0) * xi / 2)
    return torch.where(inside, z, x), torch.where(inside, _log_slope(xi, b), 0.0)


def quadratic_inverse(z: Tensor, params: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """x and log dz/dx at that x, for z (..., D)."""
    inside, safe = _inside(z, bound)
    b = _quadratic_bin(safe, params, bound, data_side=False)
    rise, start = safe - b.y, b.w * b.d0
    # (w slope)^2 at the root: positive but for rounding, above 0 for a finite gradient
    discriminant = start**2 + 2 * b.w * (b.d1 - b.d0) * rise
    root = discriminant.clamp(min=torch.finfo(z.dtype).tiny).sqrt()
    xi = (2 * rise / (start + root)).clamp(0, 1)
    return torch.where(inside, b.x + b.w * xi, z), torch.where(inside, _log_slope(xi, b), 0.0)


def _inside(v: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    inside = v.abs() < bound
    return inside, torch.where(inside, v, 0.0)


def _log_slope(xi: Tensor, b: Bin) -> Tensor:
    return torch.lerp(b.d0, b.d1, xi).log()


def _linear_bin(v: Tensor, params: Tensor, bound: float, data_side: bool) -> Bin:
    params = spread_over(v, params)
    ys, hs = bins_of(params, bound)
    xs, ws = bins_of(torch.zeros_like(params), bound)
    slopes = hs / ws
    return gather_bin(v, (xs, ws, ys, hs), torch.cat([slopes, slopes[-1:]]), data_side)


def _quadratic_bin(v: Tensor, params: Tensor, bound: float, data_side: bool) -> Bin:
    params = spread_over(v, params)
    bins = (len(params) + 1) // 2
    xs, ws = bins_of(params[:bins], bound)
    slopes = _unit_mass(slopes_of(params[bins:]), ws / (2 * bound))
    hs = ws * (slopes[:-1] + slopes[1:]) / 2
    ys = pad_first(hs.cumsum(0)[:-1]) - bound
    return gather_bin(v, (xs, ws, ys, hs), slopes, data_side)


def _unit_mass(inner: Tensor, widths: Tensor) -> Tensor:
    """Slopes (K + 1, ...) at the knots: 1 at both ends, mean 1 over widths (K, ...) that sum to 1.

    With outer slopes c the mass is c (w_1 + w_K) / 2 + m, m the rest; dividing all by c makes the
    outer ones 1, and the mass 1 if c = m / (1 - (w_1 + w_K) / 2).
    """
    outer = (widths[:1] + widths[-1:]) / 2
    shared = (widths[:-1] + widths[1:]) / 2  # each inner knot weighs half of both its bins
    ends = (inner * shared).sum(0, keepdim=True) / (1 - outer)
    one = torch.ones_like(ends)
    return torch.cat([one, inner / ends, one])
