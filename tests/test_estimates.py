"""Volumes that are estimated: those that claim to be unbiased are, in value and in gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from case import Case
from registry import every
from torch import Tensor

import flowviz as fv
from flowviz.flow import seeded

DRAWS = 3000


def t_values(draws: Tensor, expected: Tensor) -> Tensor:
    """How many standard errors the mean of the draws (DRAWS, ...) is away."""
    error = draws.std(0) / math.sqrt(len(draws))
    return (draws.mean(0) - expected).abs() / (error + 1e-12 * (1 + expected.abs()))


def volume_and_gradient(
    step: Callable, v: Tensor, context: Tensor | None, mode: str
) -> tuple[Tensor, Tensor]:
    """The volume at every row of v, and its gradient there (rows do not know each other)."""
    v = v.detach().requires_grad_()
    volume = step(v, context, mode)[1].volume
    return volume.detach(), torch.autograd.grad(volume.sum(), v)[0]


def assert_unbiased(case: Case, step: Callable, v: Tensor) -> None:
    for point in v:
        context = case.contexts(point[None])
        rows = point.expand(DRAWS, *point.shape)
        many = None if context is None else context.expand(DRAWS, -1)
        right = volume_and_gradient(step, point[None], context, "mean")
        with seeded(0):
            drawn = volume_and_gradient(step, rows, many, "sample")
        assert drawn[0].std() > 1e-3  # it is an estimate
        for found, expected in zip(drawn, right, strict=True):
            assert t_values(found, expected[0]).max() < 4.5


@every(estimated="unbiased")
def test_the_estimate_is_unbiased_in_value_and_gradient(case):
    assert_unbiased(case, case.build(), case.points(2)[:2])


@every(estimated="unbiased")
def test_the_estimate_of_the_inverse_is_unbiased_in_value_and_gradient(case):
    assert_unbiased(case, case.build().inverse, case.latents(2))


@every(estimated=bool)
def test_a_flow_of_it_says_so(case):
    flow, x = fv.Flow([case.build()]), case.points(4)
    assert flow.likelihood == "estimate" and "estimate" in repr(flow)
    assert "≈" in repr(flow.ledger(x, case.contexts(x)))


@every(estimated=bool)
def test_the_report_for_homework_passes(case):
    x = case.points(4)
    report = fv.check(case.build(), x, context=case.contexts(x))
    assert report.ok, report
