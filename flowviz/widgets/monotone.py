"""Monotone maps of one number, by kind and parameters: the arithmetic of ChangeOfVariables.

Each map goes from u to v, a step on the way from z to x. The browser computes the same numbers
(frontend/src/variables/maps.ts); a fixture made from flowviz's layers holds both to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


_SWEEPS, _MOST = 60, 3.0  # over free slopes; times the slopes beside them


class Curve(NamedTuple):
    """A strictly monotone map: value and log |dv/du| of each u, and the way back."""

    f: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    back: Callable[[Array], Array]


def curve(spec: dict[str, Any]) -> Curve:
    """The map of {"kind": ..., parameters}; NaN where a map has no value."""
    made = _MAKERS[spec["kind"]](spec)
    return _turned(made) if spec.get("inverse") else made


def _affine(spec: dict[str, Any]) -> Curve:
    slope, shift = spec.get("slope", 1.0), spec.get("shift", 0.0)
    return Curve(
        lambda u: slope * u + shift,
        lambda u: np.full_like(u, np.log(abs(slope))),
        lambda v: (v - shift) / slope,
    )


def _power(spec: dict[str, Any]) -> Curve:
    power, soft = spec.get("power", 1.0), spec.get("soft", 0.0)
    if not soft:
        return Curve(
            lambda u: np.sign(u) * np.abs(u) ** power,
            lambda u: np.log(power) + _times(power - 1, np.log(np.abs(u))),
            lambda v: np.sign(v) * np.abs(v) ** (1 / power),
        )
    return Curve(
        lambda u: np.sign(u) * soft**power * np.expm1(power * np.log1p(np.abs(u) / soft)),
        lambda u: np.log(power) + (power - 1) * np.log(soft + np.abs(u)),
        lambda v: np.sign(v) * soft * np.expm1(np.log1p(np.abs(v) / soft**power) / power),
    )


def _times(factor: float, value: Array) -> Array:
    return factor * value if factor else np.zeros_like(value)


def _sigmoid(spec: dict[str, Any]) -> Curve:
    steep, centre = spec.get("steep", 1.0), spec.get("centre", 0.0)

    def log_slope(u: Array) -> Array:
        t = np.abs(steep * (u - centre))
        return np.log(steep) - t - 2 * np.log1p(np.exp(-t))

    return Curve(
        lambda u: 1 / (1 + np.exp(-steep * (u - centre))),
        log_slope,
        lambda v: centre + (np.log(v) - np.log1p(-v)) / steep,
    )


def _knotted(spec: dict[str, Any]) -> Curve:
    at, to = (np.asarray(spec[name], dtype=float) for name in ("at", "to"))
    d = full_slopes(at, to, np.asarray(spec.get("slopes", np.zeros_like(at)), dtype=float))

    def ends(u: Array, knots: Array) -> tuple[Array, Array]:
        return np.clip(u, knots[0], knots[-1]), np.where(u < knots[0], 0, len(at) - 1)

    def parts(inside: Array) -> tuple[Array, ...]:
        k = np.clip(np.searchsorted(at, inside, side="right") - 1, 0, len(at) - 2)
        w, h = at[k + 1] - at[k], to[k + 1] - to[k]
        return k, h, h / w, (inside - at[k]) / w

    def f(u: Array) -> Array:
        inside, end = ends(u, at)
        k, h, s, xi = parts(inside)
        q = s + (d[k + 1] + d[k] - 2 * s) * xi * (1 - xi)
        return to[k] + h * (s * xi**2 + d[k] * xi * (1 - xi)) / q + d[end] * (u - inside)

    def log_slope(u: Array) -> Array:
        inside, _ = ends(u, at)
        k, _, s, xi = parts(inside)
        q = s + (d[k + 1] + d[k] - 2 * s) * xi * (1 - xi)
        top = d[k + 1] * xi**2 + 2 * s * xi * (1 - xi) + d[k] * (1 - xi) ** 2
        return 2 * np.log(s) + np.log(top) - 2 * np.log(q)

    def back(v: Array) -> Array:
        inside, end = ends(v, to)
        k = np.clip(np.searchsorted(to, inside, side="right") - 1, 0, len(at) - 2)
        w, h = at[k + 1] - at[k], to[k + 1] - to[k]
        xi = _root(inside - to[k], h, h / w, d[k], d[k + 1])
        return at[k] + w * xi + (v - inside) / d[end]

    return Curve(f, log_slope, back)


def _root(rise: Array, h: Array, s: Array, d0: Array, d1: Array) -> Array:
    """xi in [0, 1] at which the spline has risen by `rise`, without near-equal differences."""
    b = h * d0 - rise * (d1 + d0 - 2 * s)
    a, c = h * s - b, -s * rise
    q = np.abs(b) + np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    return np.where(b > 0, -2 * c / q, q / np.where(b > 0, 1, 2 * a))


def full_slopes(at: Array, to: Array, slopes: Array) -> Array:
    """The slopes, every 0 chosen so that the log of the slope has no kink at its knot.

    In a bin of width w and mean slope s, between slopes d and d', it changes beside d at the rate
    2 (s / d + 1 - (d + d') / s) / w. The rates of both sides must cancel: a quadratic equation in
    d, solved knot after knot until all have settled (Delbourgo and Gregory 1983). Where a kink is
    the lesser evil, d stays within three times the mean slopes beside it.
    """
    w, s = np.diff(at), np.diff(to) / np.diff(at)
    d = np.where(slopes > 0, slopes, np.r_[s, s[-1]])
    free = np.flatnonzero(slopes == 0)
    for _ in range(_SWEEPS if len(free) else 0):
        for k in free:
            sides = [(j, other) for j, other in ((k - 1, k - 1), (k, k + 1)) if 0 <= j < len(s)]
            a = sum(s[j] / w[j] for j, _ in sides)
            b = sum((1 - d[other] / s[j]) / w[j] for j, other in sides)
            c = sum(1 / (w[j] * s[j]) for j, _ in sides)
            beside = [s[j] for j, _ in sides]
            best = (b + np.sqrt(b**2 + 4 * a * c)) / (2 * c)
            d[k] = np.clip(best, min(beside) / _MOST, max(beside) * _MOST)
    return d


def _turned(made: Curve) -> Curve:
    return Curve(made.back, lambda v: -made.log_slope(made.back(v)), made.f)


_MAKERS: dict[str, Callable[[dict[str, Any]], Curve]] = {
    "affine": _affine,
    "power": _power,
    "sigmoid": _sigmoid,
    "logit": lambda spec: _turned(_sigmoid(spec)),
    "spline": _knotted,
    "learned": _knotted,
}
KINDS = tuple(_MAKERS)
