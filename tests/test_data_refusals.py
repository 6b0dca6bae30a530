"""What the planar densities refuse, and in which words."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from flowviz import data

BAD_CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: data.TwoMoons().sample(0), "n to be a positive integer, got 0"),
    (lambda: data.TwoMoons().sample(-3), "n to be a positive integer, got -3"),
    (lambda: data.TwoMoons().sample(2.5), "n to be a positive integer, got 2.5"),
    (lambda: data.TwoMoons().sample(5, seed="a"), "seed to be a 64-bit integer or None, got 'a'"),
    (lambda: data.TwoMoons().sample(5, seed=2**70), "seed to be a 64-bit integer"),
    (lambda: data.TwoMoons().log_prob(torch.zeros(3)), r"\(\.\.\., 2\), got \(3,\)"),
    (lambda: data.TwoMoons().log_prob(torch.tensor(1.0)), r"\(\.\.\., 2\), got \(\)"),
    (lambda: data.TwoMoons().log_prob(torch.zeros(2, dtype=torch.int64)), "got torch.int64"),
    (lambda: data.TwoMoons().log_prob(torch.full((2,), math.nan)), "finite points, got NaN"),
    (lambda: data.TwoMoons(noise=-0.1), "noise to be a finite number > 0, got -0.1"),
    (lambda: data.TwoMoons(noise=math.nan), "noise to be a finite number > 0, got nan"),
    (lambda: data.Circles(factor=1.5), "factor below 1, got 1.5"),
    (lambda: data.Rings(radii=()), "at least one radius, got none"),
    (lambda: data.Rings(radii=(1.0, 0.0)), "radius to be a finite number > 0, got 0.0"),
    (lambda: data.TwoSpirals(turns=0), "turns to be a finite number > 0, got 0"),
    (lambda: data.Pinwheel(arms=0), "arms to be a positive integer, got 0"),
    (lambda: data.Pinwheel(0.1, 0.3), "tangential_std <= radial_std, got 0.3 > 0.1"),
    (lambda: data.EightGaussians(std=0.0), "std to be a finite number > 0, got 0.0"),
    (lambda: data.Checkerboard(cells=0), "cells to be a positive integer, got 0"),
    (lambda: data.GaussianMixture([0.0, 1.0]), r"means of shape \(K, 2\), got \(2,\)"),
    (lambda: data.GaussianMixture([[0.0, math.inf]]), "finite means"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], -1.0), "standard deviations > 0, got -1.0"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [1.0, 2.0]), r"\(1, 2, 2\).*got \(2,\)"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [[[1, 2], [2, 1]]]), "positive definite"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [[[1, 0.5], [0, 1]]]), "symmetric"),
    (
        lambda: data.GaussianMixture([[0, 0], [1, 1]], 1.0, [0.5, 0.6]),
        r"sum to 1, got \[0.5, 0.6\]",
    ),
    (lambda: data.GaussianMixture([[0, 0], [1, 1]], 1.0, [1.5, -0.5]), "weights > 0"),
    (lambda: data.GaussianMixture([[0, 0]], 1.0, [0.5, 0.5]), r"1 weights, got shape \(2,\)"),
    (lambda: data.ImageDensity(torch.ones(2, 2, 3)), r"2-D picture.*got shape \(2, 2, 3\)"),
    (lambda: data.ImageDensity([[0.0, 7.0]]), r"pixels in \[0, 1\].*got \[0.0, 7.0\]"),
    (lambda: data.ImageDensity([[0.0, math.nan]]), r"pixels in \[0, 1\]"),
    (lambda: data.ImageDensity([[0, 300]]), r"pixels in \[0, 255\]"),
    (lambda: data.ImageDensity(torch.zeros(2, 3), ink="light"), "light ink, got none in 2 x 3"),
    (lambda: data.ImageDensity(torch.ones(2, 3)), "dark ink, got none in 2 x 3"),
    (lambda: data.ImageDensity(torch.zeros(2, 3), ink="red"), "'dark' or 'light', got 'red'"),
    (lambda: data.ImageDensity("nowhere.png"), "readable picture at 'nowhere.png'"),
    (lambda: data.ImageDensity(__file__), "readable picture at .*test_data_refusals.py"),
    (lambda: data.Heart(half_width=0.0), "half_width to be a finite number > 0, got 0.0"),
    (lambda: data.Letter("fg"), "one printable ASCII character, got 'fg'"),
    (lambda: data.Letter(" "), "one printable ASCII character, got ' '"),
    (lambda: data.Airports(jitter=-1.0), "jitter to be a finite number >= 0, got -1.0"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected .*{message}"):
        call()


def test_points_must_be_a_tensor() -> None:
    with pytest.raises(TypeError, match="expected a tensor of points .*, got list"):
        data.TwoMoons().log_prob([[0.0, 0.0]])
