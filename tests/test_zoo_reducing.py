"""Ready-made flows that fold, funnel, flowify or flatten."""

from __future__ import annotations

import pytest
import torch
from case import lively
from torch import nn

import flowviz as fv
from flowviz.flow import seeded


def test_which_coordinates_are_dropped_is_part_of_the_state():
    """They are drawn; a flow drawn otherwise takes them on with the weights."""
    make = lambda seed: fv.zoo.funnel_mlp(dim=4, latent=2, hidden=(), seed=seed)  # noqa: E731
    flow, x = make(0), torch.randn(5, 4)
    lively(flow)
    orders = lambda f: [m.order.tolist() for m in f.modules() if hasattr(m, "order")]  # noqa: E731
    other = next(f for f in map(make, range(1, 20)) if orders(f) != orders(flow))
    other.load_state_dict(flow.state_dict())
    torch.testing.assert_close(other.log_prob(x), flow.log_prob(x))


PLANAR = {
    "absflow": lambda: fv.zoo.absflow(couplings=2, hidden=(8,)),
    "absflow, learned signs": lambda: fv.zoo.absflow(couplings=1, hidden=(8,), sign="learned"),
    "funnel_nsf": lambda: fv.zoo.funnel_nsf(hidden=(8,), bins=4),
    "funnel_mlp": lambda: fv.zoo.funnel_mlp(decoder=(8,)),
    "flowified_mlp": lambda: fv.zoo.flowified_mlp(latent=1, hidden=(2, 2)),
    "flowified_mlp, a bound": lambda: fv.zoo.flowified_mlp(hidden=(3,), activation="leaky"),
}


@torch.no_grad()
@pytest.mark.parametrize("name", PLANAR)
def test_the_density_integrates_to_1(name):
    """A bound's exp is unbiased: a grid full of single draws gives the mass, too."""
    flow = lively(PLANAR[name](), 0.3).double()
    x = flow.sample(4000, seed=0)
    low, high = x.amin(0) - 1, x.amax(0) + 1
    axes = [
        a + (b - a) * (torch.arange(700).double() + 0.5) / 700
        for a, b in zip(low, high, strict=True)
    ]
    cell = float(((high - low) / 700).prod())
    with seeded(0):
        log_p = flow.log_prob(torch.cartesian_prod(*axes))
    mass = float(log_p.exp().sum()) * cell
    assert mass == pytest.approx(1, abs=0.01 if flow.exact else 0.05)


ALL = [
    fv.zoo.absflow, fv.zoo.funnel_nsf, fv.zoo.funnel_mlp, fv.zoo.flowified_mlp, fv.zoo.rectangular
]  # fmt: skip


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_a_seed_gives_the_same_weights_and_leaves_the_generator_alone(make):
    state = torch.get_rng_state()
    a, b = make(), make(seed=0)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
    other = make(seed=1).parameters()
    assert not all(torch.equal(p, q) for p, q in zip(a.parameters(), other, strict=True))


@pytest.mark.parametrize("make", [m for m in ALL if m is not fv.zoo.flowified_mlp])
def test_context_is_heard(make):
    flow = make(dim=3, context=2)
    for p in flow.parameters():
        nn.init.normal_(p, std=0.2, generator=torch.Generator().manual_seed(0))
    flow.eval()
    x, c = torch.ones(4, 3), torch.eye(2).repeat(2, 1)
    assert not torch.allclose(flow.log_prob(x, c), flow.log_prob(x, -c))


def test_folding_helps_where_the_data_are_symmetric():
    """Four corners: as many steps, and the abs flow is closer to the entropy."""
    data = fv.data.Corners()
    folded, plain = fv.zoo.absflow(), fv.zoo.realnvp(couplings=4)
    nll = [fv.fit(f, data, steps=250, progress=False).nll for f in (folded, plain)]
    assert data.entropy - 0.05 < nll[0] < nll[1] - 0.1


def test_a_funnel_pays_no_more_than_it_must():
    """One latent number for a plane of data, exact: near the entropy all the same."""
    data = fv.data.EightGaussians()
    history = fv.fit(fv.zoo.funnel_nsf(), data, steps=200, progress=False)
    assert data.entropy - 0.05 < history.nll < data.entropy + 0.6


def test_rectangular_starts_from_data():
    flow = fv.zoo.rectangular()
    x = torch.randn(256, 2, generator=torch.Generator().manual_seed(0)) * 5 + 3
    flow.initialize(x)
    first = flow[0].bijection.layers[0](x)[0]
    assert torch.allclose(first.mean(0), torch.zeros(2), atol=1e-5)


def test_unfit_settings_raise():
    with pytest.raises(ValueError, match="expected sizes that do not grow, got 2 before 3"):
        fv.zoo.funnel_mlp(hidden=(3,))
    with pytest.raises(ValueError, match="activation=.*got 'relu'"):
        fv.zoo.flowified_mlp(activation="relu")
