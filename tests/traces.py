"""Traces that several tests look at, and the reader of their wire format."""

from __future__ import annotations

import functools
import math
import zlib

import numpy as np
import torch

import flowviz as fv
from flowviz.layers import (
    Affine,
    AffineCoupling,
    LULinear,
    Permutation,
    Rotation,
    SplineCoupling,
)
from flowviz.tracing import trace_of

HALF_WIDTH = 264  # pixels from the middle of the player's canvas to its edge


@functools.cache
def moons_trace():
    return trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=1000)


@functools.cache
def deep():
    """A trained flow of nine layers, whose volumes twist a straight-sided cell most."""
    flow = fv.zoo.realnvp(dim=2, couplings=8)
    fv.fit(flow, fv.data.TwoMoons(), steps=250, progress=False)
    return flow, trace_of(flow, fv.data.TwoMoons())


def mixed_flow() -> fv.Flow:
    """One layer of every kind of path: straight, turning, along parameters, cut."""
    torch.manual_seed(0)
    lu = LULinear(2)
    for parameter in lu.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    layers = [
        Affine(2),
        Rotation(2, angle=2.2),
        SplineCoupling(2, "first", (16,), 0, 8, 3.0),
        Permutation([1, 0]),
        lu,
        AffineCoupling(2, "second", (16,)),
    ]
    flow = fv.Flow(layers)
    for parameter in flow.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return flow


# Wire


def decode(head: dict, body: bytes) -> dict[str, np.ndarray]:
    """The arrays, read by the words of flowviz.wire's docstring and nothing else."""
    raw, arrays, at = zlib.decompress(body), {}, 0
    for entry in head["arrays"]:
        shape, size = entry["shape"], entry["bytes"]
        count = math.prod(shape)
        planes = [raw[at + k * count : at + (k + 1) * count] for k in range(size)]
        at += size * count
        q = [sum(plane[i] << (8 * k) for k, plane in enumerate(planes)) for i in range(count)]
        q = np.array(q, dtype=np.int64).reshape(shape)
        if entry["delta"]:
            q = np.cumsum(q, axis=0) % 256**size
        arrays[entry["name"]] = np.array(entry["lo"]) + np.array(entry["step"]) * q
    assert at == len(raw)
    return arrays
