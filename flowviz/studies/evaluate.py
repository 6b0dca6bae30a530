"""Bits per dimension, said so that the number can be compared and reproduced.

    bits/dim = -log2 P(x) / D

of images x of whole numbers, P the model's probability of x. With dequantization z = (x + u) / 256
that is -(E log p(z)) / (D log 2) + 8, an upper bound, which K importance weights tighten:

    log P(x) >= E log 1/K sum_k p(x, u_k) / q(u_k | x)        (IWBO-K; K = 1: the ELBO)

Theis et al. 2015, "A note on the evaluation of generative models"; Burda et al. 2015.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..flow import Flow, seeded
from ..layer import size_name
from ..layers.dequantization import Dequantization
from ..spaces import INTEGERS
from .bits import Bits
from .data import ImageSet


def bits_per_dim(
    flow: Flow,
    images: ImageSet | Tensor,
    draws: int = 1,
    importance: int | None = None,
    *,
    batch: int = 256,
    dim: int | None = None,
    seed: int | None = 0,
) -> Bits:
    """-log2 P(x) / D of images of whole numbers, (N, *flow.data_shape), or of an `ImageSet`.

    draws       independent evaluations of every image, each with new noise; their spread is
                reported. An exact flow draws nothing, and is evaluated once.
    importance  K of IWBO-K, in every draw; None: 1, the ELBO
    batch       images (with importance: times copies) in one pass. Seed and batch fix the noise.
    dim         D; None: the numbers in an image, those of an `ImageSet` before it was padded

    Log densities are float32 or what the flow is in; everything is added up in float64. The flow
    runs in evaluation mode without gradients, on its own device.
    Raises ValueError for a flow that is no model of whole numbers (no dequantization), images of
    another shape, a log P that is NaN or +inf (naming the image), and importance weights of an
    estimate, where the logarithm of a mean would be biased upwards.
    """
    x, data, size = unpacked(images, dim)
    check_images(flow, x)
    draws, weights = _counts(flow, draws, importance)
    sums = torch.zeros(draws, dtype=torch.float64)
    per_image = []
    with quiet(flow), seeded(seed):
        for start, part in batches(flow, x, batch):
            rows = torch.stack([_log_prob(flow, part, weights, batch) for _ in range(draws)])
            _check(rows, start)
            sums += rows.sum(1)
            per_image.append(rows.mean(0))
    scale = -1 / (size * math.log(2))
    return Bits(
        per_image=scale * torch.cat(per_image),
        per_draw=scale * sums / len(x),
        dim=size,
        importance=weights,
        likelihood=flow.likelihood,
        dequantization=dequantization_of(flow),
        data=data,
        batch=batch,
        seed=seed,
    )


def check_images(flow: Flow, x: Tensor) -> None:
    """Raise ValueError unless the flow is a model of whole numbers of this shape."""
    if flow.chain.data_space != INTEGERS:
        raise ValueError(
            f"bits per dimension: expected a flow of {INTEGERS}, whose first layer is a "
            f"dequantization, got one of {flow.chain.data_space} ({flow.layers[0].title})"
        )
    if tuple(x.shape[1:]) != flow.data_shape or not len(x):
        raise ValueError(
            f"expected images (N, {size_name(flow.data_shape)}), got {tuple(x.shape)}; "
            "ImageSet.padded(margin) frames them"
        )


def dequantization_of(flow: Flow) -> str:
    """The flow's dequantization in words: how many levels, and how they are filled."""
    found = next((m for m in flow.modules() if isinstance(m, Dequantization)), None)
    return "whole numbers" if found is None else f"{found.title}, {found.levels} levels"


def batches(flow: Flow, x: Tensor, size: int) -> Iterator[tuple[int, Tensor]]:
    """(index of the first image, images of the flow's dtype on its device), `size` at a time."""
    if size < 1:
        raise ValueError(f"expected batch >= 1, got {size}")
    for start in range(0, len(x), size):
        yield start, x[start : start + size].to(flow.base.anchor)


@contextlib.contextmanager
def quiet(flow: Flow) -> Iterator[None]:
    """Evaluation mode without gradients; every module is afterwards in the mode it was in."""
    modes = {module: module.training for module in flow.modules()}
    flow.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training


def unpacked(images: ImageSet | Tensor, dim: int | None) -> tuple[Tensor, str, int]:
    """The images of a set or tensor, words about them, and D."""
    if dim is not None and dim < 1:
        raise ValueError(f"expected dim >= 1, got {dim}")
    if isinstance(images, ImageSet):
        words = f"{images.name} {images.split}"
        return images.images, words, images.dimensions if dim is None else dim
    return images, "images", math.prod(images.shape[1:]) if dim is None else dim


def _counts(flow: Flow, draws: int, importance: int | None) -> tuple[int, int]:
    """How many draws and weights are worth their time."""
    weights = 1 if importance is None else importance
    if draws < 1 or weights < 1:
        raise ValueError(f"expected draws and importance >= 1, got {draws} and {weights}")
    if flow.exact:
        return 1, 1
    if weights > 1 and flow.likelihood == "estimate":
        raise ValueError(
            "expected importance=None for a flow whose volume is estimated, got "
            f"{weights}: the logarithm of a mean of estimates is biased; use draws={weights}"
        )
    return draws, weights


def _log_prob(flow: Flow, x: Tensor, weights: int, room: int) -> Tensor:
    """(N,) float64 on the CPU: log of the mean of `weights` importance weights."""
    total = torch.full((len(x),), -math.inf, dtype=torch.float64)
    done, copies = 0, max(1, room // len(x))
    while done < weights:
        count = min(copies, weights - done)
        values = flow.log_prob(x.repeat(count, *[1] * (x.dim() - 1)))
        values = values.cpu().double().reshape(count, len(x))
        total = torch.logaddexp(total, values.logsumexp(0))
        done += count
    return total - math.log(weights)


def _check(rows: Tensor, start: int) -> None:
    bad = (rows.isnan() | (rows == math.inf)).nonzero()
    if len(bad):
        draw, image = bad[0].tolist()
        value = float(rows[draw, image])
        raise ValueError(f"image {start + image}: expected a finite log P(x), got {value}")
