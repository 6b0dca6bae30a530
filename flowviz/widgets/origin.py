"""Where a player's picture comes from, in few words: enough to make it again, and to know it."""

from __future__ import annotations

from typing import Any

from .. import data as densities
from ..flow import Flow
from ..trace import Trace


def origin_of(flow: Flow, data: object, trace: Trace, seed: int) -> dict[str, Any]:
    """{"flow": name of a shipped flow or None, "data": name of a density or None, "particles",
    "cells", "seed", "title", "print": [mean log p(x), mean x1, x2, mean z1, z2]}"""
    shown = trace.sets["data"]
    figures = [shown.log_prob.mean(), *shown.points[0].mean(0), *shown.points[-1].mean(0)]
    name = type(data).__name__
    return {
        "flow": getattr(flow, "shipped", None),
        "data": name if getattr(densities, name, None) is type(data) else None,
        "particles": len(shown.base),
        "cells": len(trace.mesh.mass),
        "seed": seed,
        "title": trace.title,
        "print": [round(float(one), 4) for one in figures],
    }
