"""Training that leaves the finite numbers, or is interrupted: what is said, what is kept."""

from __future__ import annotations

import re

import pytest
import torch
from training import Fuse, normal, quick, small, weights

import flowviz as fv
from flowviz.layers import ActNorm, Affine, SignedPower


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


@pytest.mark.parametrize("number", [1, 2])
def test_a_layer_that_overflows_is_named_with_its_own_words(number):
    """A few steps at this rate make powers in the thousands."""
    flow = fv.Flow([*[ActNorm(2)] * (number - 1), SignedPower(2)])
    words = "expected numbers in the range of torch.float32"
    with pytest.raises(fv.Diverged, match=words) as caught:
        quick(flow, 9 * normal(), lr=100.0)
    assert caught.value.layer == f"layer {number} (signed power)"
    assert isinstance(caught.value.__cause__, OverflowError)
    assert torch.isfinite(weights(flow)).all()


def test_arithmetic_that_gives_up_in_the_gradient_is_divergence_too():
    class Stubborn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            raise ArithmeticError("no step can follow this field")

    flow = fv.Flow([Affine(2)])
    flow.base.log_prob = lambda z: Stubborn.apply(z).sum(-1)
    with pytest.raises(fv.Diverged, match="at step 0: no step can follow this field in the grad"):
        quick(flow, normal())


def test_an_interrupt_keeps_what_was_learned():
    flow = fv.Flow([ActNorm(2), Fuse(30, KeyboardInterrupt), Affine(2)])
    history = quick(flow, 3 * normal() + 1, steps=1000)
    assert history.interrupted and history.steps == 30 and "interrupted" in repr(history)
    assert history.evaluations[-1][0] == 30
    assert history.nll < history.evaluations[0][2] + 1e-3
    assert weights(flow)[4:6].abs().sum() > 0  # Fuse's own shift moved
