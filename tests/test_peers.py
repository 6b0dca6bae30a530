"""The same numbers as an independent library gives for the same spline: zuko (Rozet et al.)."""

from __future__ import annotations

import pytest
import torch
from laws import close

from flowviz.layers.univariate import RationalQuadratic

transforms = pytest.importorskip("zuko.transforms")

N, BINS, BOUND = 300, 5, 2.0
SHIFT = torch.log(torch.expm1(torch.tensor(1 - 1e-3, dtype=torch.float64)))


@pytest.fixture(autouse=True)
def validation():
    """Importing zuko switches off the argument checks of torch.distributions; put them back."""
    yield
    torch.distributions.Distribution.set_default_validate_args(True)


def test_rational_quadratic_is_that_of_zuko():
    """zuko squashes parameters in its own way; so it gets the knots, by the paper's formulas."""
    generator = torch.Generator().manual_seed(0)
    params = 2 * torch.randn(3 * BINS - 1, N, 1, generator=generator, dtype=torch.float64)
    x = torch.linspace(-1.3 * BOUND, 1.3 * BOUND, N, dtype=torch.float64).unsqueeze(-1)

    theirs = transforms.MonotonicRQSTransform(*torch.zeros(3, N, 1, 1, dtype=torch.float64))
    theirs.horizontal = _knots(params[:BINS])
    theirs.vertical = _knots(params[BINS : 2 * BINS])
    inner = torch.log1p(torch.exp(params[2 * BINS :] + SHIFT)) + 1e-3
    theirs.derivatives = torch.nn.functional.pad(inner.movedim(0, -1), (1, 1), value=1.0)

    z, log_slope = RationalQuadratic(BINS, BOUND).map(x, params)
    expected, expected_slope = theirs.call_and_ladj(x)
    close(z, expected, 1e-12)
    close(log_slope, expected_slope, 1e-10)

    back, back_slope = RationalQuadratic(BINS, BOUND).unmap(x, params)
    close(back, theirs.inv(x), 1e-9)
    close(back_slope, theirs.call_and_ladj(theirs.inv(x))[1], 1e-8)


def _knots(raw: torch.Tensor) -> torch.Tensor:
    """(K, ...) raw sizes -> (..., K + 1) knots from -BOUND to BOUND, no bin under 1e-3 of it."""
    share = 1e-3 + (1 - 1e-3 * len(raw)) * torch.exp(raw) / torch.exp(raw).sum(0)
    ends = torch.cat([torch.zeros_like(share[:1]), share.cumsum(0)])
    return (2 * BOUND * ends - BOUND).movedim(0, -1)
