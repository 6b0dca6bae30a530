"""Decoders and encoders are normalised, their draws follow them, and their spread is bounded."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from flowviz import nets
from flowviz.flow import seeded
from flowviz.nets.conditional import given_with
from flowviz.nets.spread import LOG_SIGMA, bounded_log_sigma, raw_log_sigma

CONTINUOUS = {
    "Gaussian": (lambda: nets.ConditionalGaussian(2, 2, (8,)), (-20.0, 20.0)),
    "standard Gaussian": (lambda: nets.StandardGaussian(2), (-9.0, 9.0)),
    "uniform": (lambda: nets.CenteredUniform(2), (-1.0, 1.0)),
    "half-normal": (lambda: nets.ConditionalHalfNormal(2, 2, (8,)), (0.0, 20.0)),
    "logit-normal": (lambda: nets.ConditionalLogitNormal(2, 2, (8,)), (0.0, 1.0)),
}
GIVEN = torch.tensor([0.7, -1.2], dtype=torch.float64)


def built(make) -> nn.Module:
    with seeded(3):
        module = make().double()
        for p in module.parameters():
            nn.init.normal_(p, std=0.25)
    return module


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_density_integrates_to_1(name):
    make, (low, high) = CONTINUOUS[name]
    side = 1000
    axis = low + (high - low) * (torch.arange(side).double() + 0.5) / side
    grid = torch.cartesian_prod(axis, axis)
    density = built(make).log_prob(grid, GIVEN.expand(len(grid), 2)).exp().detach()
    assert float(density.sum()) * ((high - low) / side) ** 2 == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_follow_the_density(name):
    """E f(v) over draws against quadrature, within 4 sigma."""
    make, (low, high) = CONTINUOUS[name]
    module = built(make)
    with seeded(0):
        draws = module.sample(GIVEN.expand(20_000, 2)).detach()
    axis = low + (high - low) * (torch.arange(1000).double() + 0.5) / 1000
    grid = torch.cartesian_prod(axis, axis)
    weight = module.log_prob(grid, GIVEN.expand(len(grid), 2)).exp().detach()
    for f in (lambda v: v[:, 0], lambda v: v[:, 0] * v[:, 1], lambda v: v[:, 1].square()):
        error = 4 * float(f(draws).std()) / len(draws) ** 0.5
        assert float(f(draws).mean()) == pytest.approx(
            float((f(grid) * weight).sum() / weight.sum()), abs=error
        )


def test_discrete_ones_are_normalised_and_drawn_at_their_odds():
    bits = torch.cartesian_prod(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])).double()
    coin, dice = (
        built(lambda: nets.ConditionalBernoulli(2, 2, (8,))),
        built(lambda: nets.ConditionalCategorical(2, 4, (8,))),
    )
    p = coin.log_prob(bits, GIVEN.expand(4, 2)).exp().detach()
    q = dice.log_prob(torch.arange(4), GIVEN.expand(4, 2)).exp().detach()
    with seeded(0):
        heads = (coin.sample(GIVEN.expand(20_000, 2)) @ torch.tensor([2.0, 1.0]).double()).long()
        faces = dice.sample(GIVEN.expand(20_000, 2))
    for chance, drawn in ((p, heads), (q, faces)):
        assert float(chance.sum()) == pytest.approx(1, abs=1e-12)
        seen = torch.bincount(drawn, minlength=4) / 20_000
        assert (seen - chance).abs().max() < 4 * 0.5 / 20_000**0.5
    assert coin.mean(GIVEN).tolist() == bits[p.argmax()].tolist()
    assert int(dice.mean(GIVEN)) == int(q.argmax())


def test_log_sigma_is_bounded_and_its_gradient_finite_and_1_at_zero():
    raw = torch.tensor([-1e9, -1.0, 0.0, 1.0, 1e9], requires_grad=True)
    bounded = bounded_log_sigma(raw)
    assert bounded.min() == LOG_SIGMA[0] and bounded.max() == LOG_SIGMA[1]
    (grad,) = torch.autograd.grad(bounded.sum(), raw)
    assert torch.isfinite(grad).all() and grad[2] == 1


@pytest.mark.parametrize("log_sigma", [-6.9, -1.0, 0.0, 2.9])
def test_the_bound_can_be_undone(log_sigma):
    raw = torch.tensor(raw_log_sigma(log_sigma), dtype=torch.float64)
    assert float(bounded_log_sigma(raw)) == pytest.approx(log_sigma)
    with pytest.raises(ValueError, match="between -7.0 and 3.0, got 4"):
        raw_log_sigma(4)


def test_far_values_keep_finite_gradients():
    for make, _ in CONTINUOUS.values():
        value = torch.full((1, 2), 1e3, requires_grad=True)
        log_prob = make().log_prob(value, torch.zeros(1, 2))
        if log_prob.requires_grad:
            (grad,) = torch.autograd.grad(log_prob.sum(), value)
            assert torch.isfinite(grad).all()


def test_a_start_is_standard():
    gaussian = nets.ConditionalGaussian(3, 2)
    expected = -0.5 * 5 - math.log(2 * math.pi)
    given = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    value = torch.tensor([1.0, 2.0]).expand(4, 2)
    assert gaussian.log_prob(value, given).tolist() == pytest.approx([expected] * 4)


def student() -> tuple[nets.ConditionalStudentT, torch.distributions.StudentT]:
    """The decoder, and torch's distribution with the same numbers, for GIVEN."""
    own = built(lambda: nets.ConditionalStudentT(2, 2, (8,)))
    with torch.no_grad():
        own.tail.copy_(torch.tensor([0.2, 2.5], dtype=torch.float64))
        mean, raw = own.net(GIVEN).chunk(2)
    freedom = 1 + torch.tensor([0.2, 2.5], dtype=torch.float64).exp()
    return own, torch.distributions.StudentT(freedom, mean, bounded_log_sigma(raw).exp())


@torch.no_grad()
def test_heavy_tails_are_those_of_student_s_t():
    own, theirs = student()
    value = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double() * 30
    expected = theirs.log_prob(value).sum(-1)
    found = own.log_prob(value, GIVEN.expand(50, 2))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert own.mean(GIVEN).tolist() == pytest.approx(theirs.loc.tolist())


def test_heavy_tailed_draws_follow_the_density():
    """How many fall within 0.3 to 30 sigma, against quadrature of the density."""
    own, theirs = student()
    with seeded(0):
        draws = own.sample(GIVEN.expand(40_000, 2)).detach()
    off = ((draws - theirs.loc) / theirs.scale).abs()
    for reach in (0.3, 1.0, 3.0, 30.0):
        inside = torch.linspace(-reach, reach, 20_001, dtype=torch.float64)[:, None] * theirs.scale
        density = theirs.log_prob(theirs.loc + inside).exp()
        share = torch.trapezoid(density, inside, dim=0)
        assert ((off < reach).double().mean(0) - share).abs().max() < 4 * 0.5 / 40_000**0.5


@torch.no_grad()
def test_heavy_tails_forgive_what_a_gaussian_does_not():
    """k sigma away: (n + 1) log k, not k^2 / 2."""
    forgiving, strict = nets.ConditionalStudentT(2, 1), nets.ConditionalGaussian(2, 1)
    nothing = torch.zeros(2, 2)
    near, far = torch.tensor([[0.0], [1e2]]), torch.tensor([[1e2], [1e4]])
    costs = forgiving.log_prob(near, nothing)[1] - forgiving.log_prob(far, nothing)[1]
    assert float(costs) == pytest.approx(11 * math.log(100), rel=1e-3)
    assert float(strict.log_prob(far, nothing)[0]) == pytest.approx(-5000, rel=1e-3)
    forgiving.start_at(torch.tensor([2.0]), torch.tensor([-1.5]))
    assert float(forgiving.mean(nothing)[0]) == 2
    assert float(forgiving._moments(nothing)[1][0]) == pytest.approx(-1.5)


def test_context_joins_what_is_known():
    known, one = torch.zeros(5, 2), torch.ones(3)
    assert given_with(known, one).shape == (5, 5)
    assert given_with(known, None) is known
