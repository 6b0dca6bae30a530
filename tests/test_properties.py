"""Elementwise maps, splines and couplings under shapes, sizes and numbers that hypothesis picks."""

from __future__ import annotations

import math

import torch
from case import lively
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import close, log_volumes

from flowviz import Layer
from flowviz.layers import Coupling, Elementwise
from flowviz.layers.univariate import (
    Additive,
    Affine,
    LinearSpline,
    QuadraticSpline,
    RationalQuadratic,
    Univariate,
)

bounded = settings(max_examples=40, deadline=None, derandomize=True, database=None)

bounds = st.floats(0.3, 6.0)
smooth = st.one_of(
    st.builds(RationalQuadratic, st.integers(2, 12), bounds),
    st.builds(QuadraticSpline, st.integers(3, 12), bounds),
)
splines = st.one_of(smooth, st.builds(LinearSpline, st.integers(2, 12), bounds))
univariates = st.one_of(st.builds(Additive), st.builds(Affine, st.floats(0.5, 4.0)), splines)
numbers = st.floats(-1e3, 1e3, width=32)


@st.composite
def couplings(draw) -> Layer:
    dim = draw(st.integers(2, 6))
    kept = draw(st.lists(st.integers(0, dim - 1), min_size=1, max_size=dim - 1, unique=True))
    hidden = draw(st.lists(st.integers(1, 8), max_size=2))
    context = draw(st.integers(0, 2))
    return Coupling(dim, draw(univariates), kept, hidden, context)


@st.composite
def layers(draw) -> Layer:
    """A lively layer: elementwise on any shape, or a coupling of any coordinates."""
    shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)
    layer = draw(st.one_of(couplings(), st.builds(Elementwise, shapes, univariates)))
    return lively(layer, draw(st.floats(0, 2)), seed=draw(st.integers(0, 99))).double()


@st.composite
def layers_with_points(draw):
    """(layer, x, context) with a batch of any shape; the values reach from 1e-3 to 1e3."""
    layer = draw(layers())
    batch = draw(st.lists(st.integers(1, 3), max_size=3))
    scale = draw(st.sampled_from([1e-3, 1.0, 3.0, 1e3]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    shape = *batch, *layer.data_shape
    x = scale * torch.randn(shape, generator=generator, dtype=torch.float64)
    size = layer.context_size
    context = torch.randn(*batch, size, generator=generator, dtype=torch.float64) if size else None
    return layer, x, context


@given(layers_with_points())
@bounded
def test_there_and_back(drawn):
    layer, x, context = drawn
    z, there = layer(x, context)
    again, back = layer.inverse(z, context)
    close(again, x, 1e-6)
    close(back.volume, there.volume, 1e-6)
    assert there.volume.shape == x.shape[: x.dim() - len(layer.data_shape)]


@given(layers_with_points())
@bounded
def test_the_volume_is_that_of_autograd(drawn):
    layer, x, context = drawn
    x = x.reshape(-1, *layer.data_shape)
    context = None if context is None else context.reshape(-1, layer.context_size)
    close(layer(x, context)[1].volume, log_volumes(lambda x: layer(x, context)[0], x), 1e-8)


@given(univariates, st.lists(numbers, min_size=2, max_size=20, unique=True), st.integers(0, 99))
@bounded
def test_every_univariate_map_is_increasing(univariate: Univariate, values, seed):
    x = torch.tensor(sorted(values), dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    params = 2 * torch.randn(univariate.count, 1, generator=generator, dtype=torch.float64)
    z, log_slope = univariate.map(x, params)
    assert (z.diff() >= 0).all() and torch.isfinite(log_slope).all()
    apart = x.diff() > 1e-3
    assert (z.diff()[apart] > 0).all()


@given(smooth, st.integers(0, 99))
@bounded
def test_a_spline_joins_its_tails(spline, seed):
    """At ±bound value and slope are those of the identity, from both sides: no jump, no kink."""
    generator = torch.Generator().manual_seed(seed)
    params = 2 * torch.randn(spline.count, 1, generator=generator, dtype=torch.float64)
    ends = torch.tensor([-spline.bound, spline.bound], dtype=torch.float64)
    for x in (ends, ends * (1 - 1e-15), ends * (1 + 1e-15)):
        z, log_slope = spline.map(x, params)
        close(z, x, 1e-11)
        assert (log_slope.abs() < 1e-7).all()
        close(spline.unmap(z, params)[0], x, 1e-11)


@given(splines, st.integers(0, 99))
@bounded
def test_far_beyond_its_bound_a_spline_is_the_identity_with_gradient_1(spline, seed):
    """Where squares overflow too: no NaN of the branch not taken leaks into a gradient."""
    generator = torch.Generator().manual_seed(seed)
    params = torch.randn(spline.count, 1, generator=generator).requires_grad_()
    for step in (spline.map, spline.unmap):
        x = torch.tensor([-1e30, -1e3, 1e3, 1e30], requires_grad=True)
        z, log_slope = step(x, params)
        assert torch.equal(z, x) and not log_slope.any()
        by_x, by_params = torch.autograd.grad(z.sum() + log_slope.sum(), (x, params))
        assert torch.equal(by_x, torch.ones(4)) and not by_params.any()


@given(splines)
@bounded
def test_at_its_identity_parameters_a_map_is_the_identity(spline):
    x = torch.linspace(-2 * spline.bound, 2 * spline.bound, 41)
    z, log_slope = spline.map(x, spline.identity().unsqueeze(-1))
    close(z, x, 1e-5)
    close(log_slope, torch.zeros(41), 1e-5)


@given(st.integers(-5, 2000), st.floats())
@bounded
def test_only_sensible_splines_are_built(bins, bound):
    sensible = 2 <= bins < 1000 and 0 < bound < math.inf
    try:
        RationalQuadratic(bins, bound)
    except ValueError as error:
        assert not sensible and "expected" in str(error) and "got" in str(error)
    else:
        assert sensible
