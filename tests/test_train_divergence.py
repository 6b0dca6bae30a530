"""Training that leaves the finite numbers, or is interrupted: what is said, what is kept."""

from __future__ import annotations

import re

import pytest
import torch
from training import Fuse, normal, quick, small, weights

import flowviz as fv
from flowviz.layers import ActNorm, Affine


def test_divergence_names_step_and_layer():
    flow = fv.Flow([ActNorm(2), Fuse(7), Affine(2)])
    with pytest.raises(fv.Diverged) as caught:
        quick(flow, normal())
    assert caught.value.step == 7 and caught.value.layer == "layer 2 (Fuse)"
    words = r"training diverged at step 7: the loss is nan in layer 2 \(Fuse\); try a smaller"
    assert re.match(words, str(caught.value))


def test_after_divergence_the_flow_is_sound():
    flow = small()
    with pytest.raises(fv.Diverged, match=r"diverged at step \d+: .* in "):
        quick(flow, fv.data.TwoMoons(), lr=1e30)
    assert torch.isfinite(weights(flow)).all()
    assert torch.isfinite(flow.log_prob(normal())).all()


def test_the_last_step_is_watched_too():
    """One step at an absurd rate: no later loss shows it, the held-out NLL does."""
    flow = fv.Flow([Affine(2)])
    with pytest.raises(fv.Diverged, match="the held-out NLL is") as caught:
        quick(flow, normal() + 9, steps=1, lr=1e30)
    assert caught.value.step == 1 and torch.isfinite(weights(flow)).all()


def test_an_interrupt_keeps_what_was_learned():
    flow = fv.Flow([ActNorm(2), Fuse(30, KeyboardInterrupt), Affine(2)])
    history = quick(flow, 3 * normal() + 1, steps=1000)
    assert history.interrupted and history.steps == 30 and "interrupted" in repr(history)
    assert history.evaluations[-1][0] == 30
    assert history.nll < history.evaluations[0][2] + 1e-3
    assert weights(flow)[4:6].abs().sum() > 0  # Fuse's own shift moved
