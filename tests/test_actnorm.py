"""ActNorm starts from data: what it hands on has mean 0 and variance 1."""

from __future__ import annotations

import pytest
import torch
from case import lively
from training import HIDDEN, normal, weights

import flowviz as fv
from flowviz.layers import ActNorm, Affine, AffineCoupling, Sequential


def test_data_arrive_with_mean_0_and_variance_1():
    x = 7 * normal(1000) + torch.tensor([3.0, -40.0])
    flow = fv.Flow([lively(AffineCoupling(2, hidden=HIDDEN)), ActNorm(2)])
    flow.initialize(x)
    z = flow(x)[0].detach()
    torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(z.std(0), torch.ones(2), atol=1e-5, rtol=0)


def test_also_inside_a_chain():
    layer = Sequential([Affine(2), Sequential([ActNorm(2)])])
    flow, x = fv.Flow([layer]), 5 * normal(500) + 3
    flow.initialize(x)
    torch.testing.assert_close(flow(x)[0].std(0).detach(), torch.ones(2), atol=1e-5, rtol=0)


def test_only_once():
    flow = fv.Flow([ActNorm(2)])
    flow.initialize(normal())
    before = weights(flow)
    flow.initialize(100 * normal() + 1)
    assert torch.equal(before, weights(flow))
    flow.initialize(normal(1))  # nor is anything asked of the data then


def test_images_have_one_mean_for_each_number():
    x = torch.rand(50, 2, 3, 3) * 9
    layer = ActNorm((2, 3, 3))
    layer.initialize(x)
    torch.testing.assert_close(
        layer(x)[0].mean(0).detach(), torch.zeros(2, 3, 3), atol=1e-5, rtol=0
    )


def test_one_point_or_a_constant_coordinate_raises():
    with pytest.raises(ValueError, match="at least 2 points to start from, got 1"):
        ActNorm(2).initialize(normal(1))
    x = normal(5)
    x[:, 1] = 3
    with pytest.raises(ValueError, match="vary in every coordinate, got 1 constant"):
        ActNorm(2).initialize(x)
