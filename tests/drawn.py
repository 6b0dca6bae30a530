"""A trace that is drawn, and the pictures that come of it."""

from __future__ import annotations

import functools
import io

from PIL import Image

import flowviz as fv
from flowviz.trace import Trace
from flowviz.tracing import trace_of


@functools.cache
def moons() -> Trace:
    return trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=500, cells=48)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
