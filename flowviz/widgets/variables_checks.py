"""What a map of ChangeOfVariables may be, and how a kind starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import traitlets

from .monotone import KINDS

# name -> least and largest value; a slope may have either sign
_BOUNDS = {
    "slope": (-1e3, 1e3),
    "shift": (-1e3, 1e3),
    "power": (0.05, 20.0),
    "soft": (0.0, 10.0),
    "steep": (1e-3, 1e3),
    "centre": (-1e3, 1e3),
}
_TAKES = {
    "affine": ("slope", "shift"),
    "power": ("power", "soft"),
    "sigmoid": ("steep", "centre"),
    "logit": ("steep", "centre"),
}
_FRESH: dict[str, dict[str, Any]] = {
    "affine": {"slope": 1.5, "shift": 0.5},
    "power": {"power": 1.6, "soft": 0.3},
    "sigmoid": {"steep": 1.5, "centre": 0.0},
    "logit": {"steep": 1.0, "centre": 0.0},
    "spline": {
        "at": [-2.2, -1.1, -0.3, 0.7, 1.7],
        "to": [-2.2, -1.8, -1.0, 1.25, 2.0],
        "slopes": [0.0] * 5,
    },
}


def fresh(kind: str) -> dict[str, Any]:
    """A map of a kind as it starts."""
    if kind not in _FRESH:
        raise traitlets.TraitError(f"maps: expected {', '.join(_FRESH)}, got {kind!r}")
    return {"kind": kind, **_FRESH[kind]}


def checked(spec: dict[str, Any]) -> dict[str, Any]:
    """The map itself. Raises TraitError saying what was expected and what was given."""
    kind = spec.get("kind") if isinstance(spec, dict) else spec
    if kind not in KINDS:
        raise traitlets.TraitError(f"maps: expected a kind of {', '.join(KINDS)}, got {kind!r}")
    if kind in _TAKES:
        _check_names(spec, kind, _TAKES[kind])
        for name in _TAKES[kind]:
            _check_number(spec, kind, name)
    else:
        _check_names(spec, kind, ("at", "to", "slopes"))
        _check_knots(spec, kind)
    return spec


def _check_names(spec: dict[str, Any], kind: str, names: Sequence[str]) -> None:
    known = {"kind", "inverse", "title", *names}
    if unknown := set(spec) - known:
        expected = ", ".join(names)
        raise traitlets.TraitError(f"{kind}: expected {expected}, got {sorted(unknown)}")


def _check_number(spec: dict[str, Any], kind: str, name: str) -> None:
    if name not in spec:
        return
    value, (low, high) = spec[name], _BOUNDS[name]
    if not isinstance(value, int | float) or not low <= value <= high:
        raise traitlets.TraitError(
            f"{kind} {name}: expected a number from {low:g} to {high:g}, got {value!r}"
        )
    if name == "slope" and abs(value) < 1e-3:
        raise traitlets.TraitError(f"{kind} slope: a map with slope {value:g} is not one to one")


def _check_knots(spec: dict[str, Any], kind: str) -> None:
    at, to = spec.get("at", []), spec.get("to", [])
    slopes = spec.get("slopes", [0.0] * len(at))
    if not 2 <= len(at) == len(to) == len(slopes):
        sizes = len(at), len(to), len(slopes)
        raise traitlets.TraitError(f"{kind}: expected as many at, to, slopes, 2 or more: {sizes}")
    for name, knots in (("at", at), ("to", to)):
        if not all(a < b for a, b in zip(knots, knots[1:], strict=False)):
            raise traitlets.TraitError(f"{kind} {name}: expected increasing numbers, got {knots}")
    if not all(math.isfinite(value) for value in [*at, *to]) or not all(s >= 0 for s in slopes):
        raise traitlets.TraitError(f"{kind}: expected finite knots and slopes of at least 0")
