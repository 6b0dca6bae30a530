"""What a run tells of itself: evaluations, snapshots, words."""

from __future__ import annotations

import math
import re

import pytest
import torch
from training import HIDDEN, normal, quick, small, weights

import flowviz as fv


def test_evaluations_and_snapshots_go_together_and_forward():
    for steps in (1, 2, 24, 100):
        history = quick(small(), normal(), steps=steps)
        taken = [step for step, *_ in history.evaluations]
        assert taken == sorted(set(taken)) and taken[0] == 0 and taken[-1] == steps
        assert [step for step, _ in history.snapshots] == taken
        assert len(taken) <= 27 and len(history.losses) == steps == history.steps


def test_snapshots_restore_the_flow_of_then():
    data, flow = fv.data.TwoMoons(), small()
    history = quick(flow, data, steps=100)
    final, x = weights(flow), data.sample(4096, seed=5)
    assert history.restore(flow, 0) == 0
    early = -flow.log_prob(x).mean().item()
    assert early == pytest.approx(history.evaluations[0][2], abs=0.1)
    assert history.restore(flow, -1) == 100
    torch.testing.assert_close(weights(flow), final, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match=r"expected a flow of \d+ parameters, got one of \d+"):
        history.restore(fv.zoo.nice(), 0)


def test_its_words():
    history = quick(small(), fv.data.TwoMoons(), steps=3)
    pattern = r"History: 3 steps, held-out NLL \d\.\d\d nats \(entropy of the data \d\.\d\d\)"
    assert re.fullmatch(pattern, repr(history))


def test_held_out_points_are_not_trained_on():
    """Ten points, nine of them seen: a flow that memorises is not fooled by its own loss."""
    history = quick(fv.zoo.nsf(hidden=HIDDEN), normal(10), steps=150)
    assert history.nll > history.losses[-1] + 1


def test_two_points_are_enough():
    assert math.isfinite(quick(small(), normal(2), steps=3).nll)
