"""The rate rises and falls, the average remembers, the gradient is clipped, as fit promises."""

from __future__ import annotations

import pytest
import torch
from training import normal, quick, small

from flowviz.train.recipe import Recipe


def recipe(lr: float = 0.8, average: float = 0.99) -> Recipe:
    return Recipe(batch=1, lr=lr, clip=1.0, average=average, beta=0.0)


def test_the_rate_warms_up_and_then_falls_as_a_cosine_to_zero():
    rates = [recipe().rate(step, 0.0) for step in range(30)]
    assert rates[:20] == pytest.approx([0.8 * k / 20 for k in range(1, 21)])
    assert rates[20:] == [0.8] * 10
    warm = [recipe().rate(100, done) for done in (0.0, 1 / 3, 0.5, 2 / 3, 1.0)]
    assert warm == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])


def test_the_average_forgets_where_it_began_and_then_keeps_its_decay():
    """Of steps of weights that are 1, begun at 0: near 1 long before 0.99^steps would have it."""
    mean, memories = 0.0, [recipe().memory(step) for step in range(2000)]
    for memory in memories[:100]:
        mean = memory * mean + (1 - memory)
    assert 1 - mean < 1e-9 < 0.99**100
    assert memories == sorted(memories) and memories[-1] == 0.99


def gradient_norm(clip: float) -> float:
    """Of the one step that a new flow takes."""
    flow = small()
    quick(flow, 9 * normal(), steps=1, clip=clip)
    return torch.cat([p.grad.flatten() for p in flow.parameters()]).norm().item()


def test_the_gradient_is_no_longer_than_the_clip():
    free = gradient_norm(1e9)
    assert gradient_norm(free / 10) == pytest.approx(free / 10, rel=1e-3)
    assert gradient_norm(2 * free) == free
