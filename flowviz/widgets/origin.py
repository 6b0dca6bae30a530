"""Where a picture comes from, in few words: enough to make it again, and to know it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import data as densities
from ..flow import Flow
from ..trace import Trace


def origin_of(flow: Flow, data: object, trace: Trace, seed: int) -> dict[str, Any]:
    """A player's: {"flow": name of a shipped flow or None, "data": name of a density or None,
    "particles", "cells", "seed", "title", "print": [mean log p(x), mean x1, x2, mean z1, z2]}"""
    shown = trace.sets["data"]
    figures = [shown.log_prob.mean(), *shown.points[0].mean(0), *shown.points[-1].mean(0)]
    return {
        "flow": getattr(flow, "shipped", None),
        "data": _name_of(data),
        "particles": len(shown.base),
        "cells": len(trace.mesh.mass),
        "seed": seed,
        "title": trace.title,
        "print": _print(figures),
    }


def points_origin(data: object, points: Tensor, seed: int) -> dict[str, Any]:
    """That of points (N, 2) behind a layer: {"data": name of a density or None, "points": N,
    "seed", "print": [mean x1, x2, standard deviation of x1, x2]}"""
    figures = [*points.mean(0), *points.std(0, unbiased=False)]
    return {"data": _name_of(data), "points": len(points), "seed": seed, "print": _print(figures)}


def _name_of(data: object) -> str | None:
    name = type(data).__name__
    return name if getattr(densities, name, None) is type(data) else None


def _print(figures: list[Any]) -> list[float]:
    return [round(float(one), 4) for one in figures]
