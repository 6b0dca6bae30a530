"""Bases are normalised on their support, draw what they say, and refuse what lies outside."""

from __future__ import annotations

import math

import pytest
import torch

import flowviz as fv
from flowviz.base import HalfNormal, SortedNormal, StandardNormal, Uniform, UniformIntegers
from flowviz.flow import seeded

PLANAR = {
    "standard normal": StandardNormal(2),
    "half-normal": HalfNormal(2),
    "uniform": Uniform(2),
    "sorted normal": SortedNormal(2),
}


@pytest.mark.parametrize("name", PLANAR)
def test_mass_is_one_and_lies_on_the_support(name):
    base = PLANAR[name]
    axis = -8 + 16 * (torch.arange(1600).double() + 0.5) / 1600
    z = torch.cartesian_prod(axis, axis)
    p = base.log_prob(z).exp()
    diagonal = 0.5 * float(p[z[:, 0] == z[:, 1]].sum()) if name == "sorted normal" else 0.0
    assert (float(p.sum()) - diagonal) * 1e-4 == pytest.approx(1, abs=1e-5)
    assert not p[~base.support.contains(z).all(-1)].any()


@pytest.mark.parametrize("name", PLANAR)
def test_draws_lie_on_the_support_and_pay_the_entropy(name):
    base = PLANAR[name]
    with seeded(0):
        z = base.sample(20_000)
    assert base.support.contains(z).all()
    normal = math.log(2 * math.pi * math.e)
    entropy = {
        "standard normal": normal,
        "half-normal": normal - 2 * math.log(2),
        "uniform": 0.0,
        "sorted normal": normal - math.log(2),
    }
    paid = -base.log_prob(z)
    error = 4 * float(paid.std()) / len(z) ** 0.5
    assert float(paid.mean()) == pytest.approx(entropy[name], abs=error + 1e-9)


@pytest.mark.parametrize("name", ["standard normal", "half-normal", "uniform"])
def test_quantiles_invert_the_distribution_of_draws(name):
    base = PLANAR[name]
    with seeded(0):
        z = base.sample(20_000).flatten()
    for p in (0.1, 0.5, 0.9):
        share = (z <= base.icdf(torch.tensor(p))).float().mean()
        assert float(share) == pytest.approx(p, abs=4 * 0.5 / len(z) ** 0.5)


def test_integers_have_even_odds():
    base = UniformIntegers(3, 5)
    with seeded(0):
        z = base.sample(5000)
    assert torch.bincount(z.flatten().long(), minlength=5).min() > 2700
    assert base.log_prob(z)[0] == pytest.approx(-3 * math.log(5))
    assert (
        base.log_prob(torch.tensor([[0.0, 1.5, 2.0], [0.0, 1.0, 5.0]])).tolist() == [-math.inf] * 2
    )
    assert base.icdf(torch.tensor([0.0, 0.2, 0.21, 1.0])).tolist() == [0, 0, 1, 4]


def test_rows_are_sorted_each_by_itself():
    base = SortedNormal((2, 3))
    z = torch.tensor([[[0.0, 1.0, 2.0], [-5.0, 0.0, 1.0]], [[0.0, 1.0, 2.0], [0.0, -1.0, 1.0]]])
    good, bad = base.log_prob(z)
    assert float(good) == pytest.approx(
        float(StandardNormal((2, 3)).log_prob(z[0])) + 2 * math.log(6)
    )
    assert bad == -math.inf


def test_temperatures_and_quantiles_that_do_not_exist_raise():
    with pytest.raises(ValueError, match="expected a temperature <= 1 in the cube, got 1.5"):
        Uniform(2).sample(3, 1.5)
    with pytest.raises(ValueError, match="expected temperature 1, got 0.5"):
        UniformIntegers(2, 3).sample(3, 0.5)
    with pytest.raises(NotImplementedError, match="not independent"):
        SortedNormal(2).icdf(torch.tensor(0.5))


def test_bases_are_public_and_follow_the_dtype():
    for name in ("HalfNormal", "Uniform", "SortedNormal"):
        base = getattr(fv, name)(3).double()
        assert base.sample(4).dtype == torch.float64 and base.sample(4).shape == (4, 3)
        assert repr(base) == f"{name}(3)"
    assert repr(fv.HalfNormal(2, [0])) == "HalfNormal(2, folded=[0])"
