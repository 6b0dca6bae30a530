"""Masked autoregressive flow over all pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...flow import Flow
from ...layers import ActNorm, Flatten, MaskedAutoregressive
from ...layers.univariate import Affine as AffineMap
from .pixels import from_pixels


def maf(
    shape: Sequence[int],
    layers: int = 5,
    hidden: Sequence[int] = (1024,),
    alpha: float = 1e-6,
    dequantization: str = "uniform",
) -> Flow:
    """A logit, then masked autoregressive layers, their order of pixels turned round each time.

    ActNorm, one scale a pixel, for batch norm. One pass gives log p; a sample takes one step for
    every pixel and layer. Papamakarios et al. 2017, "Masked Autoregressive Flow".
    """
    size = math.prod(shape)
    parts = [*from_pixels(shape, dequantization, alpha), Flatten(tuple(shape)), ActNorm(size)]
    for i in range(layers):
        order = "backward" if i % 2 else "forward"
        parts += [MaskedAutoregressive(size, AffineMap(3.0), hidden, order=order), ActNorm(size)]
    return Flow(parts)
