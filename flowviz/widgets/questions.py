"""Questions that a widget asks before it shows, and the sheet of what was answered."""

from __future__ import annotations

import math
from typing import Any

KINDS = ("choice", "sign", "number", "factor", "point", "sketch")


def question(prompt: str, kind: str, id: str, **of: Any) -> dict[str, Any]:
    """A question as the browser reads it; what is None is left out.

    Raises ValueError for an unknown kind, a choice without options, a truth that is none of the
    options, and numbers that no answer could match.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    given = {name: value for name, value in of.items() if value is not None}
    _check_choice(kind, given)
    _check_numbers(kind, given)
    return {"id": id, "kind": kind, "prompt": prompt, **given}


def _check_choice(kind: str, given: dict[str, Any]) -> None:
    if kind != "choice":
        return
    options = given.get("options") or []
    if len(options) < 2 or not all(isinstance(option, str) for option in options):
        raise ValueError(f"options: expected two or more texts, got {options!r}")
    if "truth" in given and given["truth"] not in options:
        raise ValueError(f"truth: expected one of {options!r}, got {given['truth']!r}")


def _check_numbers(kind: str, given: dict[str, Any]) -> None:
    truth = given.get("truth")
    if truth is not None and kind in ("number", "factor") and not _finite(truth):
        raise ValueError(f"truth: expected a finite number, got {truth!r}")
    if kind == "factor" and truth is not None and truth <= 0:
        raise ValueError(f"truth: expected a factor above 0, got {truth!r}")
    tolerance = given.get("tolerance")
    if tolerance is not None and not (_finite(tolerance) and tolerance >= 0):
        raise ValueError(f"tolerance: expected a number >= 0, got {tolerance!r}")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
