"""Stochastic layers against closed forms: bounds below, tightening, and unbiased."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from flowviz import Flow, Uniform
from flowviz.flow import seeded
from flowviz.layers import (
    Affine,
    Augment,
    Logit,
    LULinear,
    StochasticPermutation,
    UniformDequantization,
    VAELayer,
    VariationalDequantization,
)


def estimates(flow: Flow, x: torch.Tensor, repeats: int, draws: int = 1) -> torch.Tensor:
    """Bounds of log p(x) at one point, (repeats,)."""
    with seeded(0), torch.no_grad():
        return flow.log_prob(x.expand(repeats, *x.shape), draws=draws)


def assert_unbiased(bounds: torch.Tensor, log_p: float) -> None:
    """exp(bound) has mean p(x): a t-test at 4 sigma."""
    ratio = (bounds.double() - log_p).exp()
    error = 4 * float(ratio.std()) / len(ratio) ** 0.5
    assert error < 0.05 and float(ratio.mean()) == pytest.approx(1, abs=error)


def test_dequantization_bounds_the_mass_of_a_cell():
    """P(k) is the mass of [k/4, (k+1)/4) under the model of z: here a logistic Gaussian."""
    flow = Flow([UniformDequantization(1, levels=4), Logit(1)]).double()
    ends = torch.special.ndtr(torch.logit(torch.arange(5).double() / 4))
    for k, p in enumerate(ends.diff().tolist()):
        bounds = estimates(flow, torch.tensor([float(k)]).double(), 20_000)
        assert_unbiased(bounds, math.log(p))
        assert float(bounds.mean()) < math.log(p)


def test_variational_dequantization_can_close_the_gap():
    """With q(u | x) the very density of z in its cell, each draw is exact; here z is uniform."""
    flow = Flow([UniformDequantization(3, levels=8)], Uniform(3))
    assert estimates(flow, torch.tensor([0.0, 3.0, 7.0]), 5).tolist() == pytest.approx(
        [-3 * math.log(8)] * 5
    )
    guess = VariationalDequantization(1, levels=4, hidden=(4,))
    torch.nn.init.constant_(guess.encoder.logit.net.linears[-1].bias, 0.5)  # spread e^0.5
    learned = Flow([guess, Logit(1)]).double()
    p = float(torch.special.ndtr(torch.logit(torch.tensor(0.5).double())))
    p -= float(torch.special.ndtr(torch.logit(torch.tensor(0.25).double())))
    assert_unbiased(estimates(learned, torch.tensor([1.0]).double(), 20_000), math.log(p))


@pytest.mark.parametrize("levels", [256, 65536])
@pytest.mark.parametrize("mean, spread", [(50.0, 0.0), (-50.0, 0.0), (0.0, 30.0), (9.0, 1.0)])
def test_no_weights_make_the_bound_lie_above_the_truth(mean, spread, levels):
    """Noise that crowds at a cell's edge rounds onto it, and must still pay its own price."""
    layer = VariationalDequantization(1, levels, hidden=())
    with torch.no_grad():
        layer.encoder.logit.net.linears[-1].bias.copy_(torch.tensor([mean, spread]))
    for x in (0.0, levels - 56.0, levels - 1.0):
        bounds = estimates(Flow([layer], Uniform(1)), torch.tensor([x]), 20_000).double()
        assert float(bounds.logsumexp(0)) - math.log(20_000) < -math.log(levels) + 0.1
        assert float(bounds.mean()) <= -math.log(levels)


@pytest.mark.parametrize("levels", [5, 256, 1000])
def test_rounding_never_carries_a_draw_into_the_next_cell(levels):
    layer = UniformDequantization(1, levels=levels)
    x = torch.arange(levels).float().repeat(400)[:, None]
    with seeded(0):
        z, _ = layer(x)
    assert ((z > 0) & (z < 1)).all() and torch.equal(layer.inverse(z)[0], x)


def test_codes_beyond_the_cube_belong_to_the_nearest_cell_and_to_no_pair():
    x, terms = UniformDequantization(1, levels=4).inverse(torch.tensor([[-0.01], [0.3], [1.02]]))
    assert x.flatten().tolist() == [0, 1, 3]
    assert terms.encoder.tolist() == pytest.approx([math.inf, -math.log(4), math.inf])


@pytest.mark.parametrize("bad", [-1.0, 0.5, 4.0])
def test_what_is_not_a_level_raises(bad):
    with pytest.raises(ValueError, match=f"whole numbers from 0 to 3, got {bad:g}"):
        UniformDequantization(1, levels=4)(torch.tensor([[bad]]))


def test_augmentation_by_the_base_itself_is_exact():
    flow = Flow([Augment(2, 3)])
    x = torch.tensor([0.3, -1.0])
    expected = float(-0.5 * x.square().sum() - math.log(2 * math.pi))
    assert estimates(flow, x, 9).tolist() == pytest.approx([expected] * 9, abs=1e-5)


PADDING = {0.3: (-3.17, -3.17), 1.0: (-2.00, -2.00), 3.0: (-1.24, -1.19)}


@pytest.mark.parametrize("w", PADDING)
def test_uniform_padding_stays_below_the_truth_for_ever(w):
    """1 -> 2 at x = 0.5 with the padded axis scaled by w: one draw, and infinitely many."""
    elbo, limit = PADDING[w]
    scale = LULinear.from_matrix(torch.diag(torch.tensor([1.0, w])))
    flow = Flow([Augment(1, 1, "uniform"), scale])
    bounds = estimates(flow, torch.tensor([0.5]), 40_000)
    many = float(bounds.double().logsumexp(0)) - math.log(40_000)
    assert float(bounds.mean()) == pytest.approx(elbo, abs=0.006)
    assert many == pytest.approx(limit, abs=0.006)
    exact = -0.5 * 0.25 - 0.5 * math.log(2 * math.pi)
    assert exact == pytest.approx(-1.0439, abs=1e-4) and many < exact - 0.1
    inside = math.erf(0.5 * w / math.sqrt(2))  # the share of the padded axis that noise reaches
    assert many == pytest.approx(exact + math.log(inside), abs=0.006)


@pytest.mark.parametrize("w", [0.8, 1.0, 3.0])
def test_gaussian_padding_reaches_the_truth(w):
    scale = LULinear.from_matrix(torch.diag(torch.tensor([1.0, w])))
    flow = Flow([Augment(1, 1, "standard_normal"), scale]).double()
    bounds = estimates(flow, torch.tensor([0.5]).double(), 100_000)
    many = float(bounds.logsumexp(0)) - math.log(len(bounds))
    assert many == pytest.approx(-1.0439, abs=0.005)
    assert float(bounds.mean()) < -1.0439 + 1e-3


def test_shuffling_makes_a_mixture_over_all_orders():
    scale = LULinear.from_matrix(torch.tensor([[1.5, 0.0, 0.0], [0.4, 1.0, 0.0], [0.0, 0.7, 0.6]]))
    x = torch.tensor([0.5, -1.0, 2.0]).double()
    flow = Flow([StochasticPermutation(3), scale]).double()
    orders = torch.stack([x[list(p)] for p in itertools.permutations(range(3))])
    exact = float(flow[1:].log_prob(orders).detach().logsumexp(0)) - math.log(6)
    bounds = estimates(flow, x, 20_000)
    assert_unbiased(bounds, exact)
    assert float(bounds.mean()) < exact


def test_a_linear_vae_is_a_gaussian():
    """x = a z + b + s n: p(x) = N(b, a a' + s^2), and the encoder need not know."""
    layer = VAELayer(2, 1, hidden=()).double()
    with torch.no_grad():
        layer.decoder.net.linears[0].weight.copy_(torch.tensor([[0.9], [-0.5], [0.0], [0.0]]))
    a = torch.tensor([[0.9], [-0.5]], dtype=torch.float64)
    model = MultivariateNormal(torch.zeros(2).double(), a @ a.mT + torch.eye(2).double())
    x = torch.tensor([1.0, -0.4]).double()
    exact, flow = float(model.log_prob(x)), Flow([layer])
    few, more = (estimates(flow, x, 4000, draws) for draws in (1, 16))
    assert_unbiased(few, exact)
    assert few.mean() < more.mean() < exact
    rows = flow.ledger(x.expand(5, 2)).rows[0]
    assert rows.volume is None and rows.decoder.shape == rows.encoder.shape == (5,)


def test_importance_weights_need_no_gradient_tricks():
    """A bound can be trained: its gradient reaches every parameter of a deep stack."""
    flow = Flow([Augment(2, 1, "conditional", (8,)), Affine(3), VAELayer(3, 1, (8,))])
    with torch.no_grad():
        for p in flow.parameters():
            p.add_(0.1 * torch.ones_like(p))
    flow.log_prob(torch.ones(16, 2), draws=3).mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in flow.parameters())
