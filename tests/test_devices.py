"""Where there is a GPU: `.to("cuda")` moves all of a layer, and the numbers stay."""

from __future__ import annotations

import pytest
import torch
from laws import close
from registry import one_of_each

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@one_of_each(kind="bijection")
def test_bijections_on_the_gpu(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    expected, row = layer(x, context)
    layer, x = layer.to("cuda"), x.to("cuda")
    context = None if context is None else context.to("cuda")
    z, terms = layer(x, context)
    back, _ = layer.inverse(z, context)
    assert {z.device.type, terms.total.device.type, back.device.type} == {"cuda"}
    close(z.cpu(), expected, 1e-9)
    close(terms.total.cpu(), row.total, 1e-9)
    close(back.cpu(), x.cpu(), max(case.tolerance, 1e-9))


@one_of_each(kind=lambda kind: kind != "bijection")
def test_other_layers_on_the_gpu(case):
    """They draw their noise there; the numbers are others, the place is not."""
    layer, x = case.build().to("cuda"), case.points().to("cuda")
    context = case.contexts(x)
    z, terms = layer(x, context)
    back, _ = layer.inverse(z, context)
    assert {z.device.type, terms.total.device.type, back.device.type} == {"cuda"}
