"""One spline for all numbers is the readable spline with its parameters repeated."""

from __future__ import annotations

import pytest
import torch

from flowviz.flow import seeded
from flowviz.layers import RationalQuadraticSpline, shared_spline, spline

BINS, BOUND = 5, 2.0
READABLE = {True: spline.rational_quadratic, False: spline.rational_quadratic_inverse}

both_sides = pytest.mark.parametrize("data_side", [True, False])


def numbers(size: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(v, params), float64, with room for gradients: inside, outside, at the ends and at 0."""
    with seeded(0):
        params = size * torch.randn(3 * BINS - 1, 1, 1, dtype=torch.float64)
    v = torch.linspace(-1.2 * BOUND, 1.2 * BOUND, 122, dtype=torch.float64).view(61, 2)
    v[0, 0], v[1, 0], v[2, 0] = BOUND, -BOUND, 0.0
    return v.requires_grad_(), params.requires_grad_()


def evaluated(form, v, params, graph: bool = False) -> tuple[torch.Tensor, ...]:
    """Image, log slope, and the gradients of a sum whose weights differ from number to number."""
    image, log_slope = form(v, params)
    weights = torch.linspace(0.5, 2, v.numel(), dtype=v.dtype).view_as(v)
    total = (weights * image).sum() + (weights.flip(0) * log_slope).sum()
    return image, log_slope, *torch.autograd.grad(total, (v, params), create_graph=graph)


@both_sides
@pytest.mark.parametrize("size", [1.0, 3.0])
def test_values_and_gradients_are_those_of_the_readable_form(data_side, size):
    v, params = numbers(size)
    fast = evaluated(lambda *a: shared_spline.evaluate(*a, BINS, BOUND, data_side), v, params)
    slow = evaluated(lambda *a: READABLE[data_side](*a, BINS, BOUND), v, params)
    for a, b in zip(fast, slow, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@both_sides
def test_gradients_of_gradients_are_those_of_the_readable_form(data_side):
    v, params = numbers(1.0)
    second = []
    for form in (
        lambda *a: shared_spline.evaluate(*a, BINS, BOUND, data_side),
        lambda *a: READABLE[data_side](*a, BINS, BOUND),
    ):
        *_, at_v, at_params = evaluated(form, v, params, graph=True)
        total = at_v.square().sum() + at_params.square().sum()
        second.append(torch.autograd.grad(total, (v, params)))
    for a, b in zip(*second, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_an_image_goes_through_one_spline():
    """29 numbers for 10 bins, whatever the size; each pixel as one pixel alone."""
    layer = RationalQuadraticSpline((3, 4, 5), 10, 2.0, shared=True)
    assert [p.numel() for p in layer.parameters()] == [29]
    with seeded(1):
        torch.nn.init.normal_(layer.params)
        x = torch.randn(7, 3, 4, 5)
    alone = RationalQuadraticSpline(1, 10, 2.0)
    alone.params.data.copy_(layer.params.detach().reshape(29, 1))
    z, terms = layer(x)
    each, row = alone(x.reshape(-1, 1))
    torch.testing.assert_close(z, each.reshape(x.shape))
    torch.testing.assert_close(terms.volume, row.volume.reshape(7, -1).sum(1), rtol=0, atol=1e-4)
