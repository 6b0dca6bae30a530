"""Budgets, recipes, data and flows that fit refuses, and the words it finds for them."""

from __future__ import annotations

import math

import pytest
import torch
from training import normal, quick, small, weights

import flowviz as fv
from flowviz.layers import Rotation


def test_budgets():
    history = fv.fit(small(), normal(), seconds=0.3, progress=False)
    assert history.steps > 0 and 0.2 < history.seconds < 3
    assert quick(small(), normal(), steps=7).steps == 7
    with pytest.raises(ValueError, match="expected seconds or steps, got both"):
        fv.fit(small(), normal(), seconds=1, steps=1)
    for wrong in (
        {"steps": 0},
        {"seconds": -1.0},
        {"seconds": math.nan},
        {"seconds": math.inf},
    ):
        with pytest.raises(ValueError, match="expected a finite budget above 0, got"):
            fv.fit(small(), normal(), progress=False, **wrong)
    with pytest.raises(TypeError):
        fv.fit(small(), normal(), steps=2.5)


@pytest.mark.parametrize(
    "recipe",
    [
        {"batch": 0},
        {"lr": 0.0},
        {"lr": math.nan},
        {"clip": 0.0},
        {"average": 1.0},
        {"beta": -1.0},
        {"beta": math.inf},
    ],
)
def test_unfit_recipes(recipe):
    with pytest.raises(ValueError, match=f"got .*{next(iter(recipe))}="):
        quick(small(), normal(), **recipe)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (normal(0), ValueError, r"at least 2 points \(N, \.\.\.\), got \(0, 2\)"),
        (normal(1), ValueError, r"at least 2 points \(N, \.\.\.\), got \(1, 2\)"),
        (normal(9, 3), ValueError, r"expected shape \(\.\.\., 2\), got \(9, 3\)"),
        (normal(8).reshape(2, 4, 2), ValueError, r"\(N, \.\.\.\), got \(2, 4, 2\)"),
        (torch.full((9, 2), torch.nan), ValueError, "expected finite numbers, got 18 NaN"),
        ([[1.0, 2.0]], TypeError, "expected a torch.Tensor, got list"),
        (normal(9).numpy(), TypeError, "expected a torch.Tensor, got ndarray"),
        ((normal(9), normal(9)), ValueError, "got a context, but no layer"),
        ((normal(9), normal(9), 3), ValueError, r"expected a pair \(x, context\), got 3"),
        (torch.ones(9, 2), ValueError, "expected data that vary in every coordinate, got 2"),
    ],
    ids=[
        "empty",
        "one",
        "wide",
        "batches",
        "NaN",
        "list",
        "numpy",
        "context",
        "triple",
        "same",
    ],
)
def test_unfit_data(data, error, words):
    flow = small()
    before = weights(flow)
    with pytest.raises(error, match=words):
        quick(flow, data)
    assert torch.equal(before, weights(flow))


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (None, r"expected a context of shape \(\.\.\., 3\), got none"),
        (normal(9, 2), r"expected shape \(\.\.\., 3\), got \(9, 2\)"),
        (normal(8, 3), r"expected a context \(9, 3\), got \(8, 3\)"),
        (torch.zeros(3), r"expected a context \(9, 3\), got \(3,\)"),
        (torch.full((9, 3), torch.nan), "context: expected finite numbers, got 27 NaN"),
    ],
)
def test_unfit_context(context, words):
    with pytest.raises(ValueError, match=words):
        quick(small(context=3), (normal(9), context))


def test_a_density_cannot_train_a_conditional_flow():
    with pytest.raises(ValueError, match=r"expected a pair \(x, context\).*got a density"):
        quick(small(context=2), fv.data.TwoMoons())


def test_a_density_of_another_dimension():
    with pytest.raises(ValueError, match=r"data: expected shape \(\.\.\., 3\), got \(\d+, 2\)"):
        quick(fv.zoo.nice(dim=3), fv.data.TwoMoons())


def test_nothing_to_learn():
    with pytest.raises(ValueError, match="expected a flow with parameters to learn, got none"):
        quick(fv.Flow([Rotation(2, angle=1.0, learn=False)]), normal())
    with pytest.raises(ValueError, match="expected a flow with parameters to learn, got none"):
        quick(fv.Flow([fv.layers.Permutation([1, 0])]), normal())
