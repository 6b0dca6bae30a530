"""Wire: what the browser decodes is the trace, and it is small."""

from __future__ import annotations

import base64
import json

import numpy as np
import torch
from traces import HALF_WIDTH, decode, deep, mixed_flow, moons_trace

import flowviz as fv
from flowviz.tracing import trace_flow, trace_of
from flowviz.wire import encode


def original(trace, name: str) -> np.ndarray:
    kind, part = name.split("/")
    if kind == "mesh":
        return trace.mesh.corners if part == "corners" else trace.mesh.mass.reshape(-1)
    if kind == "audit":
        return getattr(trace.audit, part)
    return trace.grids[part] if kind == "grid" else getattr(trace.sets[kind], part)


def test_decoded_arrays_are_within_half_a_step() -> None:
    trace = trace_flow(mixed_flow(), torch.randn(60, 2), draws=30, cells=12)
    head, body = encode(trace)
    arrays = decode(json.loads(json.dumps(head)), body)
    steps = {entry["name"]: np.array(entry["step"]) for entry in head["arrays"]}
    for name, array in arrays.items():
        truth = original(trace, name)
        assert array.shape == truth.shape
        assert (np.abs(array - truth) <= 0.5001 * steps[name] + 1e-12).all(), name
    assert set(arrays) >= {"data/points", "model/terms", "mesh/corners", "grid/latent"}


def test_steps_are_far_below_a_pixel_and_a_ledgers_digits() -> None:
    flow, trace = deep()
    head, _ = encode(trace)
    pixel = trace.radius.min() / HALF_WIDTH
    for entry in head["arrays"]:
        if entry["name"].endswith("/points"):
            assert max(entry["step"]) < pixel / 4
        if entry["name"].startswith("audit/"):
            assert max(entry["step"]) < 1e-2  # thousands of cells are added up
        elif entry["name"].endswith(("/base", "/terms")):
            assert max(entry["step"]) < 2e-4


def test_decoded_ledger_sums_to_log_prob() -> None:
    trace = trace_of(fv.zoo.trained("pinwheel"), fv.data.Pinwheel(), particles=400, cells=8)
    arrays = decode(*encode(trace))
    total = arrays["data/base"] + arrays["data/terms"].sum(0)
    assert np.abs(total - trace.sets["data"].log_prob).max() < 1e-3


def test_head_is_json_and_says_what_the_picture_needs() -> None:
    trace = moons_trace()
    head, _ = encode(trace)
    assert json.loads(json.dumps(head)) == head
    assert head["frames"] == trace.frames == 4
    assert [layer["frames"] for layer in head["layers"]] == [[0, 1], [1, 2], [2, 3]]
    assert head["view"] == {"center": trace.center.tolist(), "radius": trace.radius.tolist()}
    assert head["top"] == trace.top()
    assert head["cells"] == 112 and head["sets"] == ["data", "model"]


def test_five_thousand_particles_through_eight_couplings_fit() -> None:
    _, body = encode(deep()[1])
    assert len(base64.b64encode(body)) <= 940_000
    page = fv.TransportPlayer(deep()[0], fv.data.TwoMoons()).to_html()
    assert len(page.encode()) <= 1_000_000
