"""The planar densities, each with a grid that sums it well, and points to try them at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor

from flowviz import data

MIXTURE = dict(
    means=[[0.0, 0.0], [2.0, 1.0]],
    covariances=[[[1.0, 0.5], [0.5, 1.0]], [[0.1, 0.0], [0.0, 0.05]]],
    weights=[0.3, 0.7],
)


SHADES = [[0.0, 0.25, 1.0, 0.5], [1.0, 0.75, 0.0, 0.5]]


# name -> (constructor, columns, rows of the test grid). Smooth densities need few; densities with
# edges get a multiple of their own cells, so that the grid sums them exactly.
CASES: dict[str, tuple[Callable[[], data.Density], int, int]] = {
    "Checkerboard": (data.Checkerboard, 640, 640),
    "Circles": (data.Circles, 160, 160),
    "Corners": (data.Corners, 640, 640),
    "EightGaussians": (data.EightGaussians, 160, 160),
    "GaussianMixture": (lambda: data.GaussianMixture(**MIXTURE), 160, 160),
    "Heart": (data.Heart, 512, 512),
    "ImageDensity": (lambda: data.ImageDensity(SHADES), 640, 640),
    "Letter": (lambda: data.Letter("f"), 592, 848),
    "Pinwheel": (data.Pinwheel, 160, 160),
    "Rings": (data.Rings, 160, 160),
    "TwoMoons": (data.TwoMoons, 160, 160),
    "TwoSpirals": (data.TwoSpirals, 160, 160),
}


WITH_EDGES = {"Checkerboard", "Corners", "Heart", "ImageDensity", "Letter"}


every = pytest.mark.parametrize("name", CASES)


everyone = pytest.mark.parametrize("name", [*CASES, "Airports"])


smooth = pytest.mark.parametrize("name", [name for name in CASES if name not in WITH_EDGES])


@cache
def density(name: str) -> data.Density:
    return data.Airports(0.5) if name == "Airports" else CASES[name][0]()


def cell_area(name: str) -> float:
    sides = zip(density(name).bounds, CASES[name][1:], strict=True)
    return math.prod((high - low) / cells for (low, high), cells in sides)


@cache
def cell_masses(name: str) -> Tensor:
    """Mass of each cell of a grid over the bounds, (columns, rows), by the midpoint rule."""
    subject, sides = density(name), CASES[name][1:]
    axes = [
        low + (high - low) * fine(n) for (low, high), n in zip(subject.bounds, sides, strict=True)
    ]
    return cell_area(name) * subject.log_prob(torch.cartesian_prod(*axes)).exp().reshape(sides)


def fine(n: int = 40_000) -> Tensor:
    """Midpoints of n equal cells of [0, 1]."""
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def anywhere(n: int = 400) -> Tensor:
    """Points in the plane at all scales, the origin and points on edges among them."""
    generator = torch.Generator().manual_seed(5)
    near = 8 * torch.rand(n, 2, generator=generator, dtype=torch.float64) - 4
    special = torch.tensor([[0.0, 0.0], [0.0, 2.0], [-4.0, -4.0], [4.0, 4.0], [1.0, 1.0]])
    return torch.cat([near, 10 * near, 1e4 * near, special.double()])
