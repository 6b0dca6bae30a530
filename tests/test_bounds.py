"""A bound lies below the likelihood, and draws tighten it: on a flow whose answer is known.

z = (a x, u + b x) with u ~ N(0, 1) on a standard normal: p(x) = N(x; 0, 1/a^2), the posterior of
u is N(-b x, 1), and so one draw falls short by KL = (b x)^2 / 2 on average.
"""

from __future__ import annotations

import math

import pytest
import torch
from toys import Pad

import flowviz as fv
from flowviz.flow import seeded
from flowviz.layers import Continuous, Inverse, LULinear, ResidualMLP, Sequential

A, B = 1.5, 0.8
X = torch.tensor([[-1.0], [0.0], [0.5], [1.3]], dtype=torch.float64)


@pytest.fixture
def flow() -> fv.Flow:
    mix = LULinear.from_matrix(torch.tensor([[A, 0.0], [B, 1.0]]))
    return fv.Flow([Pad(), mix]).double()


def exact() -> torch.Tensor:
    return (-0.5 * (A * X) ** 2 - 0.5 * math.log(2 * math.pi) + math.log(A)).squeeze(-1)


def mean_bound(flow: fv.Flow, draws: int, repeats: int) -> torch.Tensor:
    with seeded(0), torch.no_grad():
        return flow.log_prob(X.expand(repeats, 4, 1), draws=draws).mean(0)


def test_one_draw_falls_short_by_the_divergence_of_encoder_and_posterior(flow):
    shortfall = exact() - mean_bound(flow, 1, 40_000)
    torch.testing.assert_close(shortfall, 0.5 * (B * X.squeeze(-1)) ** 2, rtol=0, atol=0.02)


def test_more_draws_tighten_the_bound_from_below(flow):
    bounds = [mean_bound(flow, draws, 4000) for draws in (1, 4, 64)]
    gaps = torch.stack([exact() - b for b in bounds])
    away = X.squeeze(-1) != 0  # at x = 0 encoder and posterior agree: no gap to close
    assert (gaps.diff(dim=0)[:, away] < 0).all()
    assert (gaps[:, away] > -0.003).all() and (gaps[-1] < 0.02).all()


def test_where_encoder_and_posterior_agree_every_draw_is_exact(flow):
    with torch.no_grad():
        values = flow.log_prob(torch.zeros(100, 1, dtype=torch.float64))
    assert torch.allclose(values, exact()[1].expand(100), atol=1e-12)


def test_draws_from_the_model_overestimate_on_average(flow):
    """So the two bracket log p: the lesson of `sample_and_log_prob` on a bound."""
    with torch.no_grad():
        x, over = flow.sample_and_log_prob(20_000, seed=1)
        under = flow.log_prob(x)
    truth = -0.5 * (A * x[:, 0]) ** 2 - 0.5 * math.log(2 * math.pi) + math.log(A)
    assert under.mean() < truth.mean() - 0.05 and over.mean() > truth.mean() + 0.05


def test_the_flow_says_that_it_is_a_bound(flow):
    assert not flow.exact and "lower bound" in repr(flow) and "stochastic, bound" in repr(flow)
    assert "log p(x) ≥" in repr(flow.ledger(X)) and not flow.ledger(X).exact
    assert flow.chain.columns == ("volume", "encoder") and flow.chain.kind == "stochastic"


def test_mean_mode_adds_no_noise(flow):
    z, _ = flow(X, mode="mean")
    torch.testing.assert_close(z, torch.cat([A * X, B * X], -1))


def test_what_is_not_a_bijection_does_not_turn_round(flow):
    for layer in (flow[0], Sequential(flow.layers)):
        with pytest.raises(ValueError, match="Inverse: expected a bijection, got .*stochastic"):
            Inverse(layer)


@pytest.mark.parametrize(
    "layer", [Continuous(2, divergence="hutchinson"), ResidualMLP(2, volume="roulette")]
)
def test_an_estimate_stays_one_when_turned_round(layer):
    assert fv.Flow([Inverse(layer)]).likelihood == fv.Flow([layer]).likelihood == "estimate"
    assert fv.Flow([Inverse(LULinear(2))]).likelihood == "exact"


def test_an_estimate_is_averaged_and_not_called_a_bound():
    """A log-mean-exp over draws of an unbiased volume would overestimate; their mean does not."""
    torch.manual_seed(0)
    flow = fv.zoo.ffjord(seed=1, divergence="hutchinson")
    with torch.no_grad():
        for p in flow.parameters():
            p.add_(0.5 * torch.randn_like(p))
    x = torch.randn(4, 2)
    with torch.no_grad():
        exact = flow.base.log_prob((pair := flow(x, mode="mean"))[0]) + pair[1].total
        draws = torch.stack([flow.log_prob(x, draws=2) for _ in range(400)])
    spread = draws.std(0) / 20
    assert (spread > 1e-4).all()
    assert ((draws.mean(0) - exact).abs() < 4 * spread).all()
    assert flow.likelihood == "estimate" and "estimate" in repr(flow)
    assert "log p(x) ≈" in repr(flow.ledger(x)) and "≥" not in repr(flow.ledger(x))
