"""The splines against an independent implementation, and what their papers promise."""

from __future__ import annotations

import pytest
import torch
from laws import close
from nflows.transforms import splines as peer

from flowviz.layers import univariate as maps
from flowviz.layers.polynomial_spline import _unit_mass
from flowviz.layers.spline import MIN_BIN, MIN_SLOPE, bins_of, slopes_of

BOUND, BINS, N = 2.5, 6, 400
X = torch.linspace(-BOUND + 1e-3, BOUND - 1e-3, N, dtype=torch.float64).unsqueeze(-1)
BOX = {"left": -BOUND, "right": BOUND, "bottom": -BOUND, "top": BOUND}


def numbers(univariate: maps.Univariate, seed: int = 0) -> torch.Tensor:
    """Parameters (P, N, 1), others for every point."""
    generator = torch.Generator().manual_seed(seed)
    return 1.5 * torch.randn(univariate.count, N, 1, dtype=torch.float64, generator=generator)


def last(raw: torch.Tensor) -> torch.Tensor:
    """(K, N, 1) -> (N, 1, K), the peer's order of dimensions."""
    return raw.movedim(0, -1)


@pytest.mark.parametrize("inverse", [False, True])
def test_rational_quadratic_is_that_of_nflows(inverse):
    ours = maps.RationalQuadratic(BINS, BOUND)
    p = numbers(ours)
    slopes = slopes_of(p[2 * BINS :]) - 1e-3  # back through the peer's softplus + 1e-3
    theirs, log_slope = peer.unconstrained_rational_quadratic_spline(
        X,
        last(p[:BINS]),
        last(p[BINS : 2 * BINS]),
        last(torch.log(torch.expm1(slopes))),
        inverse=inverse,
        tail_bound=BOUND,
        tails="linear",
    )
    value, volume = (ours.unmap if inverse else ours.map)(X, p)
    close(value, theirs, 1e-9)
    close(-volume if inverse else volume, log_slope, 1e-8)


@pytest.fixture
def double_by_default():
    """The peer's linear spline makes its knots in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("inverse", [False, True])
def test_linear_is_that_of_nflows(inverse, double_by_default):
    ours = maps.LinearSpline(BINS, BOUND)
    p = numbers(ours)
    share = bins_of(p, BOUND)[1] / (2 * BOUND)  # with our least bin; the peer has none
    theirs, log_slope = peer.linear_spline(X, last(share.log()), inverse=inverse, **BOX)
    value, volume = (ours.unmap if inverse else ours.map)(X, p)
    # the peer's search moves the top knot by 1e-6, in place, which tilts its last bin
    same = X < BOUND - 2 * BOUND * share[-1] if inverse else torch.full_like(X, True).bool()
    assert same.double().mean() > 0.6
    close(value[same], theirs[same], 1e-9)
    close((-volume if inverse else volume)[same], log_slope[same], 1e-8)


@pytest.mark.parametrize("inverse", [False, True])
def test_quadratic_is_that_of_nflows(inverse):
    """Given all K + 1 slopes: the peer, given K - 1, does not make the outer ones 1."""
    ours = maps.QuadraticSpline(BINS, BOUND)
    p = numbers(ours)
    widths = bins_of(p[:BINS], BOUND)[1]
    slopes = _unit_mass(slopes_of(p[BINS:]), widths / (2 * BOUND))
    raw = torch.log(torch.expm1(100 * slopes - 1e-3))  # a common factor drops out
    theirs, log_slope = peer.quadratic_spline(
        X, last(p[:BINS]), last(raw), inverse=inverse, min_bin_height=0.0, **BOX
    )
    value, volume = (ours.unmap if inverse else ours.map)(X, p)
    close(value, theirs, 1e-9)
    close(-volume if inverse else volume, log_slope, 1e-8)


@pytest.mark.parametrize("kind", [maps.QuadraticSpline, maps.RationalQuadratic])
def test_the_slope_is_1_at_both_ends(kind):
    univariate = kind(BINS, BOUND)
    p = numbers(univariate)[:, :1]
    ends = torch.tensor([[-BOUND], [BOUND]], dtype=torch.float64) * (1 - 1e-14)
    close(univariate.map(ends, p)[1], torch.zeros(2, 1, dtype=torch.float64), 1e-9)


@pytest.mark.parametrize("kind", [maps.LinearSpline, maps.QuadraticSpline, maps.RationalQuadratic])
def test_zeros_are_the_identity_and_the_slope_integrates_to_the_whole_rise(kind):
    univariate = kind(BINS, BOUND)
    zero = univariate.identity().double().reshape(-1, 1, 1)
    z, log_slope = univariate.map(X, zero)
    close(z, X, 1e-12)
    close(log_slope, torch.zeros_like(X), 1e-12)
    grid = torch.linspace(-BOUND, BOUND, 200_001, dtype=torch.float64).unsqueeze(-1)
    slope = univariate.map(grid, numbers(univariate)[:, :1])[1].exp().squeeze(-1)
    assert abs(torch.trapezoid(slope, grid.squeeze(-1)).item() - 2 * BOUND) < 1e-3


@pytest.mark.parametrize("kind", [maps.LinearSpline, maps.QuadraticSpline, maps.RationalQuadratic])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_extreme_parameters_stay_monotone_and_finite(kind, dtype):
    """Least bins beside wide ones, slopes near 0 beside large ones: no NaN, and still 1 to 1."""
    univariate = kind(BINS, BOUND)
    p = (20 * numbers(univariate)[:, :1]).to(dtype).requires_grad_()
    x = torch.linspace(-1.1 * BOUND, 1.1 * BOUND, 5001, dtype=dtype).unsqueeze(-1).requires_grad_()
    z, log_slope = univariate.map(x, p)
    back, log_slope_back = univariate.unmap(z, p)
    assert (z.diff(dim=0) >= 0).all()
    for value in (z, log_slope, back, log_slope_back):
        assert torch.isfinite(value).all()
        for grad in torch.autograd.grad(value.sum(), [x, p], retain_graph=True, allow_unused=True):
            assert grad is None or torch.isfinite(grad).all()


def test_a_discriminant_below_zero_by_rounding_does_no_harm():
    """nflows issue 87: float32, steep slopes beside flat ones, z at the very knots."""
    univariate = maps.RationalQuadratic(8, 3.0)
    generator = torch.Generator().manual_seed(1)
    p = 12 * torch.randn(univariate.count, 2000, 1, generator=generator)
    knots = bins_of(p[8:16], 3.0)[0]
    for v in (*knots, *torch.nextafter(knots, torch.tensor(-9.0))):
        for out, volume in (univariate.unmap(v, p), univariate.map(v, p)):
            assert torch.isfinite(out).all() and torch.isfinite(volume).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: maps.QuadraticSpline(2), "3 to 999 bins, got 2"),
        (lambda: maps.LinearSpline(1), "2 to 999 bins, got 1"),
        (lambda: maps.RationalQuadratic(1000), "got 1000"),
        (lambda: maps.LinearSpline(4, 0.0), "finite bound > 0, got 0.0"),
    ],
)
def test_unfit_splines_raise(make, words):
    with pytest.raises(ValueError, match=f"expected .*{words}"):
        make()


def test_the_least_bin_and_slope_are_those_of_the_paper():
    assert (MIN_BIN, MIN_SLOPE) == (1e-3, 1e-3)
