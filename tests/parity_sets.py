"""The parameter sets that the parity sheet covers: starts, both ends of all handles, others."""

from __future__ import annotations

import torch

from flowviz.widgets.kinds import card, defaults


def sets(kind: str) -> list[dict]:
    """Parameters of one kind: its start, and what is wanted beyond."""
    return [defaults(kind), *(_OTHERS[kind]() if kind in _OTHERS else _ends(kind))]


def _ends(kind: str) -> list[dict]:
    """All handles at one end, at the other, and anywhere."""
    handles = card(kind)["handles"]
    if not handles:
        return []
    generator = torch.Generator().manual_seed(len(kind))
    ends = [{h[0]: _held(h, h[3]) for h in handles}, {h[0]: _held(h, h[4]) for h in handles}]
    return [*ends, {h[0]: _anywhere(h, generator) for h in handles}]


def _held(handle: list, end: float) -> float | list[float]:
    """The end, and in a list the ends in turn."""
    if not isinstance(handle[6], list):
        return end
    return [(end, handle[3] + handle[4] - end)[i % 2] for i in range(len(handle[6]))]


def _anywhere(handle: list, generator: torch.Generator) -> float | list[float]:
    _, _, _, low, high, step, start, *_ = handle
    count = len(start) if isinstance(start, list) else 1
    share = torch.rand(count, generator=generator, dtype=torch.float64)
    values = [round(low + round(float(s) * (high - low) / step) * step, 6) for s in share]
    return values if isinstance(start, list) else values[0]


def _spline() -> list[dict]:
    """The identity; knots crowded to the least gap, with slopes at both ends; other bins."""
    inner = [-2.1, -0.7, 0.7, 2.1]
    flat = {"x1": inner, "y1": inner, "d1": [1.0] * 4, "x2": inner, "y2": inner, "d2": [1.0] * 4}
    crowded = {
        "x1": [-3.49, -3.48, 0.0, 0.01, 3.4],
        "y1": [-3.0, 3.0, 3.1, 3.2, 3.48],
        "d1": [8.0, 0.01, 8.0, 0.01, 1.0],
        "x2": [-1.0, 0.0, 1.0, 1.5, 3.49],
        "y2": [-3.49, -3.48, -3.47, 0.0, 0.008],
        "d2": [0.01, 0.01, 8.0, 0.3, 8.0],
    }
    two = {name: [0.5] for name in ("x1", "y1", "d1", "x2", "y2", "d2")}
    return [flat, crowded, two | {"bound": 2.5}]


def _residual() -> list[dict]:
    return [{"coefficient": 0.05}, {"coefficient": 0.98}, _deep("residual", 2.0)]


def _ode() -> list[dict]:
    one_step = [{"method": m, "steps": 1, "strength": 1.5, "time": 0.7} for m in range(3)]
    back = {"strength": -2.0, "time": 2.0, "steps": 9}
    return [*one_step, back, _deep("ode", 1.0) | {"method": 1, "steps": 3}]


def _deep(kind: str, scale: float) -> dict:
    """A net with two hidden layers; behind its weights, sharpnesses or paces."""
    sizes = [2, 5, 4, 2]
    weights = sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))
    extra = {"residual": 2, "ode": 5}[kind]
    generator = torch.Generator().manual_seed(3)
    net = scale * torch.randn(weights + extra, generator=generator, dtype=torch.float64)
    return {"sizes": sizes, "net": [round(v, 3) for v in net.tolist()]}


def folded() -> tuple[dict, float]:
    """Parameters of a residual layer, and a Lipschitz constant at which it folds."""
    return _deep("residual", 2.0), 1.6


def _householder() -> list[dict]:
    """Mirrors at an obtuse angle: the second one turns into place the other way round."""
    return [*_ends("householder"), {"u1": 1.0, "u2": 0.2, "v1": -0.9, "v2": 0.6}]


def _flowified12() -> list[dict]:
    return [*_ends("flowified12"), *({"noise": k, "w2": w} for k in (0, 1) for w in (-1.2, 1.1))]


_OTHERS = {
    "spline": _spline,
    "residual": _residual,
    "ode": _ode,
    "flowified12": _flowified12,
    "householder": _householder,
}
