"""Funnels: the volume of the kept part, closed forms, and an ordinary convolution."""

from __future__ import annotations

import math

import pytest
import torch
from case import lively
from cases.funnel import CASES
from laws import close, jacobians, log_volumes
from torch.distributions import MultivariateNormal

from flowviz import Flow, Uniform
from flowviz.flow import seeded
from flowviz.layers import (
    Abs,
    AffineCoupling,
    AutoregressiveFunnel,
    ConvFunnel,
    CouplingFunnel,
    Funnel,
    LinearFunnel,
    ResidualMLP,
    Sequential,
    Sigmoid,
)
from flowviz.nets import CenteredUniform
from flowviz.nets.spread import raw_log_sigma


@pytest.mark.parametrize("name", [k for k in CASES if "convolutional" not in k])
def test_volume_is_that_of_the_kept_part_at_fixed_dropped(name):
    layer, x = CASES[name].build(), CASES[name].points(12)
    context, kept = CASES[name].contexts(x), layer.order[: layer.latent_shape[0]]

    def moved(part):
        return layer(x.index_copy(-1, kept, part), context)[0]

    expected = log_volumes(moved, x[:, kept])
    close(layer(x, context)[1].volume, expected, 1e-8)


@pytest.mark.parametrize(
    ("funnel", "sees"), [(CouplingFunnel, "none"), (AutoregressiveFunnel, "before")]
)
def test_which_kept_coordinates_a_kept_one_sees(funnel, sees):
    """dz_i / dx+_j is 0 for all others, or for those behind i; what is dropped all of them see."""
    layer = lively(funnel(5, 3, hidden=(8,))).double()
    x = torch.randn(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    seen = (jacobians(lambda x: layer(x)[0], x) != 0).any(0)  # a unit may rest at some points
    kept = torch.eye(3) if sees == "none" else torch.ones(3, 3).tril()
    assert torch.equal(seen, torch.cat([kept, torch.ones(3, 2)], -1).bool())


def test_a_linear_gaussian_funnel_is_a_gaussian():
    """z ~ N(0, 1), x2 | z ~ N(a z, s^2), x1 = (z - v x2 - b) / f: a joint Gaussian."""
    f, v, b, a, s = 1.7, 0.6, -0.4, 0.5, 0.8
    layer = LinearFunnel(2, 1, hidden=()).double()
    with torch.no_grad():
        layer.bijection.linear.log_diagonal.fill_(math.log(f))
        layer.bijection.linear.bias.fill_(b)
        layer.bijection.shift.fill_(v)
        layer.decoder.net.linears[0].weight.copy_(torch.tensor([[a], [0.0]]))
        layer.decoder.net.linears[0].bias[1] = raw_log_sigma(math.log(s))
    mix = torch.tensor([[(1 - v * a) / f, -v * s / f], [a, s]], dtype=torch.float64)
    model = MultivariateNormal(torch.tensor([-b / f, 0.0]).double(), mix @ mix.mT)
    x = 2 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0)).double()
    close(Flow([layer]).log_prob(x), model.log_prob(x), 1e-7)


def test_fibres_bend_and_carry_one_latent_each():
    """Along a fibre {x : f(x+; x-) = z} only the decoder's term and the volume change."""
    with seeded(1):
        layer = CouplingFunnel(2, 1, hidden=(8,))
        torch.nn.init.normal_(layer.bijection.net.linears[-1].weight)
        z = torch.full((50, 1), 0.3)
        x, _ = layer.inverse(z)
    assert torch.allclose(layer(x)[0], z, atol=1e-5)
    slope = (x[:, 0] - x[0, 0])[1:] / (x[:, 1] - x[0, 1])[1:]
    assert slope.std() > 0.05


@pytest.mark.parametrize("name", [k for k in CASES if "convolutional" in k])
def test_a_convolutional_funnel_is_a_convolution(name):
    layer, x = CASES[name].build(), CASES[name].points(5)
    bias, window = layer.mixing.linear.bias, layer.window
    expected = torch.nn.functional.conv2d(x, layer.kernel, bias, stride=window)
    context = CASES[name].contexts(x)
    if context is not None:  # another shift of all pixels
        expected += (context @ layer.mixing.shift[:, -layer.context_size :].mT)[..., None, None]
    z, terms = layer(x, context)
    close(z, expected, 1e-12)
    positions = math.prod(layer.latent_shape[1:])
    last = torch.linalg.slogdet(layer.kernel[..., -1, -1]).logabsdet
    close(terms.volume, (positions * last).expand(len(x)), 1e-12)


def test_a_convolutional_funnel_has_mass_1():
    with seeded(0):
        layer = ConvFunnel((1, 2, 2), width=4).double()
        torch.nn.init.normal_(layer.decoder.tell.weight, std=0.1)
        torch.nn.init.normal_(layer.mixing.shift, std=0.3)
        wide = MultivariateNormal(torch.zeros(4).double(), 2.5 * torch.eye(4).double())
        x = wide.sample((50_000,))
        with torch.no_grad():
            weight = (Flow([layer]).log_prob(x.reshape(-1, 1, 2, 2)) - wide.log_prob(x)).exp()
    error = 4 * float(weight.std()) / len(x) ** 0.5
    assert error < 0.05 and float(weight.mean()) == pytest.approx(1, abs=error)


def test_any_conditional_can_be_the_decoder():
    layer = CouplingFunnel(2, 1, decoder=CenteredUniform(1))
    assert layer(torch.tensor([[0.0, 0.4], [0.0, 0.6]]))[1].decoder.tolist() == [0.0, -math.inf]


def test_a_funnel_of_an_estimate_is_an_estimate_and_arrives_where_its_bijection_does():
    guess = Funnel(3, 2, ResidualMLP(2, (8,), context=1, volume="roulette"))
    assert Flow([guess]).likelihood == "estimate" and Flow([guess]).layers[0].estimated
    chain = Sequential([AffineCoupling(2, hidden=(8,), context=1), Sigmoid(2)])
    assert Flow([Funnel(3, 2, chain)], Uniform(2)).likelihood == "exact"


def test_what_is_no_bijection_of_the_reals_raises():
    with pytest.raises(ValueError, match="expected a bijection, got absolute value .surjection"):
        Funnel(3, 2, Abs(2, sign="learned", context=1))


def test_a_bijection_that_does_not_fit_raises():
    for bijection in (AffineCoupling(2), AffineCoupling(3, context=1)):
        with pytest.raises(ValueError, match="bijection of 2 coordinates with context 1, got one"):
            Funnel(3, 2, bijection)
    with pytest.raises(
        ValueError, match=r"window >= 2 that divides H and W, got \(1, 4, 5\) and 2"
    ):
        ConvFunnel((1, 4, 5))
    with pytest.raises(ValueError, match="some but not all of 2 coordinates to stay, got keep=2"):
        CouplingFunnel(2, 2)
