"""How a trace travels to a picture: a JSON head and a compressed body.

The body is zlib (RFC 1950) over the arrays of `head["arrays"]`, one after the other. An array of n
elements takes `bytes` byte planes of n bytes each, lowest byte first. Each element is an unsigned
integer q; if `delta`, every row along the first axis but the first holds the difference to the
row before, modulo 256^bytes, so that a coordinate that a layer leaves alone costs nothing.
value = lo[c] + step[c] q, with c the index on the last axis (or 0 if lo has one entry).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from .audit import Audit
from .trace import Step, Trace

VERSION = 1
_POINT_BITS = 14  # 1/16384 of the extent: a thirtieth of a pixel
_MESH_BITS = 20  # filaments are thin: their areas need more
_LEDGER_BITS = 19  # of a range of 50 nats: 1e-4
_AUDIT_BITS = 13  # of a range of 50 nats: 6e-3, and the errors of thousands of cells cancel
_LEVEL = 6


def encode(trace: Trace) -> tuple[dict[str, Any], bytes]:
    """The head (JSON-ready) and the body of a trace."""
    heads, body = pack(_arrays(trace))
    return {**_head(trace), "arrays": heads}, body


def pack(arrays: Iterable[tuple[str, np.ndarray, int, bool]]) -> tuple[list[dict], bytes]:
    """Heads and the one body of arrays (name, values, bits of an element, delta)."""
    heads, bodies = [], []
    for name, array, bits, delta in arrays:
        head, body = _pack(array, bits, delta)
        heads.append({"name": name, **head})
        bodies.append(body)
    return heads, zlib.compress(b"".join(bodies), _LEVEL)


def _arrays(trace: Trace):
    zoom = math.ceil(math.log2(trace.radius.max() / trace.radius.min()))
    for name, cloud in trace.sets.items():
        yield f"{name}/points", cloud.points, _POINT_BITS + zoom, True
        yield f"{name}/base", cloud.base, _LEDGER_BITS, False
        yield f"{name}/terms", cloud.terms, _LEDGER_BITS, False
    yield "mesh/corners", trace.mesh.corners, _MESH_BITS + zoom, True
    yield "mesh/mass", trace.mesh.mass.reshape(-1), _LEDGER_BITS, False
    for name, lines in trace.grids.items():
        yield f"grid/{name}", lines, _POINT_BITS + zoom, True
    if trace.audit:
        yield "audit/base", trace.audit.base, _AUDIT_BITS, True
        yield "audit/terms", trace.audit.terms, _AUDIT_BITS, True


def _head(trace: Trace) -> dict[str, Any]:
    return {
        "version": VERSION,
        "title": trace.title,
        "axes": {"data": ["x₁", "x₂"], "latent": ["z₁", "z₂"]},
        "layers": [_layer(step) for step in trace.steps],
        "frames": trace.frames,
        "view": {"center": trace.center.tolist(), "radius": trace.radius.tolist()},
        "top": trace.top(),
        "cells": len(trace.mesh.mass),
        "exact": trace.exact,
        "base": trace.base,
        "entropy": trace.entropy,
        "nll": trace.nll,
        "sets": list(trace.sets),
        "audit": _box(trace.audit),
    }


def _box(audit: Audit | None) -> dict[str, Any] | None:
    return audit and {"low": audit.low.tolist(), "high": audit.high.tolist()}


def _layer(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "action": step.action,
        "kind": step.kind,
        "columns": list(step.columns),
        "exact": step.exact,
        "frames": [step.first, step.last],
        "cut": step.cut,
    }


def _pack(array: np.ndarray, bits: int, delta: bool) -> tuple[dict[str, Any], bytes]:
    """One array's head and its byte planes."""
    top, size = 2**bits - 1, (bits + 7) // 8
    planar = array.ndim > 1 and array.shape[-1] == 2 and delta
    axes = tuple(range(array.ndim - 1)) if planar else None
    low, high = np.atleast_1d(array.min(axes)), np.atleast_1d(array.max(axes))
    step = np.where(high > low, (high - low) / top, 1.0)
    q = np.rint((array - low) / step).astype(np.int64)
    if delta:
        q = np.diff(q, axis=0, prepend=0) % 256**size
    octets = q.astype("<u4").reshape(-1, 1).view(np.uint8)
    head = {
        "shape": list(array.shape),
        "bytes": size,
        "lo": low.tolist(),
        "step": step.tolist(),
        "delta": delta,
    }
    return head, octets[:, :size].T.tobytes()
