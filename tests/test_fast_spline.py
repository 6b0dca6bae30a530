"""The fast spline is the readable one: values, gradients, gradients of gradients."""

from __future__ import annotations

import functools

import pytest
import torch

from flowviz.layers import fast_spline, spline

BINS, BOUND = 5, 2.0
READABLE = {True: spline.rational_quadratic, False: spline.rational_quadratic_inverse}
FAST = {side: functools.partial(fast_spline.evaluate, data_side=side) for side in (True, False)}

both_sides = pytest.mark.parametrize("data_side", [True, False])


def numbers(dtype: torch.dtype, size: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """(v, params) with room for gradients: inside, outside, at the ends and at 0."""
    generator = torch.Generator().manual_seed(0)
    params = size * torch.randn(3 * BINS - 1, 61, 2, generator=generator, dtype=torch.float64)
    v = torch.linspace(-1.2 * BOUND, 1.2 * BOUND, 122, dtype=torch.float64).view(61, 2)
    v[0, 0], v[1, 0], v[2, 0] = BOUND, -BOUND, 0.0
    return v.to(dtype).requires_grad_(), params.to(dtype).requires_grad_()


def evaluated(form, v, params, graph: bool = False) -> tuple[torch.Tensor, ...]:
    """Image, log slope, and the gradients of a sum whose weights differ from number to number."""
    image, log_slope = form(v, params, BINS, BOUND)
    weights = torch.linspace(0.5, 2, v.numel(), dtype=v.dtype).view_as(v)
    total = (weights * image).sum() + (weights.flip(0) * log_slope).sum()
    grads = torch.autograd.grad(total, (v, params), create_graph=graph)
    return image.detach(), log_slope.detach(), *grads


def worst(a: torch.Tensor, b: torch.Tensor) -> float:
    return ((a.double() - b).abs() / (1 + b.abs())).max().item()


@both_sides
@pytest.mark.parametrize("size", [1.0, 3.0])
def test_values_and_gradients_are_those_of_the_readable_form(data_side, size):
    pairs = zip(
        evaluated(FAST[data_side], *numbers(torch.float64, size)),
        evaluated(READABLE[data_side], *numbers(torch.float64, size)),
        strict=True,
    )
    assert max(worst(a, b) for a, b in pairs) < 1e-11


@both_sides
def test_in_float32_it_is_no_further_from_the_truth_than_the_readable_form(data_side):
    """In narrow bins rounding costs both of them digits, alike."""
    v, params = numbers(torch.float32)
    exact = (t.detach().double().requires_grad_() for t in (v, params))
    truth = evaluated(READABLE[data_side], *exact)
    slow, fast = (evaluated(f[data_side], v, params) for f in (READABLE, FAST))
    for a, b, c in zip(fast, slow, truth, strict=True):
        assert worst(a, c) < 1e-6 + 2 * worst(b, c)


@both_sides
def test_without_gradients_the_values_are_the_same(data_side):
    v, params = numbers(torch.float64)
    with_graph = FAST[data_side](v, params, BINS, BOUND)
    with torch.no_grad():
        without = FAST[data_side](v, params, BINS, BOUND)
    assert all(map(torch.equal, with_graph, without))


@both_sides
def test_gradients_of_gradients_agree(data_side):
    second = []
    for form in (READABLE[data_side], FAST[data_side]):
        v, params = numbers(torch.float64, 0.5)
        _, _, *first = evaluated(form, v, params, graph=True)
        total = sum(g.square().sum() for g in first)
        second.append(torch.autograd.grad(total, (v, params)))
    assert max(worst(a, b) for a, b in zip(*second, strict=True)) < 1e-9


@both_sides
def test_parameters_made_from_the_point_are_counted_once(data_side):
    found = []
    for graph in (False, True):
        v, params = numbers(torch.float64)
        made = params * v
        total = sum(t.sum() for t in FAST[data_side](v, made, BINS, BOUND))
        found.append(torch.autograd.grad(total, (v, params), create_graph=graph))
    assert max(worst(a, b) for a, b in zip(*found, strict=True)) < 1e-11


@both_sides
def test_one_side_alone_may_want_a_gradient(data_side):
    v, params = numbers(torch.float64)
    for alone in (0, 1):
        inputs = [v.detach(), params.detach()]
        inputs[alone].requires_grad_()
        image, log_slope = FAST[data_side](*inputs, BINS, BOUND)
        grad = torch.autograd.grad((image + log_slope).sum(), inputs[alone], create_graph=True)[0]
        assert torch.isfinite(grad).all() and grad.any()


def test_it_does_not_apply_where_the_readable_form_must_serve():
    v, params = (t.detach() for t in numbers(torch.float64))
    assert fast_spline.applies(v, params)
    assert not fast_spline.applies(v, params[:, :1])
    seen = []
    torch.func.vmap(lambda v: seen.append(fast_spline.applies(v, params[:, 0])) or v)(v)
    with torch.autograd.forward_ad.dual_level():
        seen.append(fast_spline.applies(v, params))
    assert seen == [False, False]
