"""A flowified network is the network, and a density beside."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import flowviz as fv
from flowviz.flow import seeded

NETWORKS = {
    "the course's": ((2,), lambda: _dense(2, 16, 16, 2)),
    "reducing": ((10,), lambda: _dense(10, 7, 3, 1)),
    "square": ((5,), lambda: _dense(5, 5, 5)),
    "PReLU and a last sigmoid": (
        (4,), lambda: nn.Sequential(nn.Linear(4, 4), nn.PReLU(), nn.Linear(4, 2), nn.Sigmoid())
    ),
    "a last softplus": ((3,), lambda: nn.Sequential(nn.Linear(3, 2), nn.Softplus())),
    "one activation for all": ((2,), lambda: _shared(nn.Linear(2, 5), nn.Linear(5, 5))),
    "one weight, twice": ((3,), lambda: _shared(*[nn.Linear(3, 3)] * 2)),
    "nested": (
        (3,), lambda: nn.Sequential(nn.Sequential(nn.Identity(), nn.Linear(3, 4)), nn.Linear(4, 2))
    ),
    "convolutional": (
        (1, 6, 6),
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(6, 3),
        ),
    ),
    "from a vector to an image": (
        (4,), lambda: nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (2, 2, 2)), nn.Conv2d(2, 3, 2))
    ),
}  # fmt: skip


def _dense(*sizes: int) -> nn.Sequential:
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    layers = [m for a, b in pairs for m in (nn.Linear(a, b), nn.LeakyReLU())]
    return nn.Sequential(*layers[:-1])


def _shared(*linears: nn.Linear) -> nn.Sequential:
    """With the same LeakyReLU behind each."""
    bend = nn.LeakyReLU(0.3)
    return nn.Sequential(*(m for linear in linears for m in (linear, bend)))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_without_noise_it_is_the_network(name, seed):
    shape, make = NETWORKS[name]
    with seeded(seed):
        network = make()
        for p in network.parameters():
            if p.numel() > 1:  # weights of every size and sign; PReLU keeps its slope above 0
                nn.init.normal_(p, std=0.7)
        x = torch.randn(9, *shape)
    flow = fv.flowify(network, shape)
    with torch.no_grad():
        torch.testing.assert_close(flow(x, mode="mean")[0], network(x), rtol=1e-5, atol=1e-5)
        assert torch.isfinite(flow.log_prob(x)).all()
        assert flow.sample(4, seed=0).shape == (4, *shape)


HALF_TURNS = {
    "of the plane": -torch.eye(2),
    "of a plane in space": torch.diag(torch.tensor([1.0, -2.0, -3.0])),
    "and a reflection": -torch.diag(torch.tensor([1.0, 2.0, 3.0])),
    "before a drop": -torch.eye(2, 3),
    "and noise": -torch.eye(3, 2),
    "with equal scales": -torch.eye(4),
}


@pytest.mark.parametrize("weight", HALF_TURNS.values(), ids=HALF_TURNS)
def test_the_cayley_form_takes_weights_that_turn_by_180_degrees(weight):
    linear = nn.Linear(*weight.mT.shape)
    linear.weight.data.copy_(weight)
    flow, x = fv.flowify(linear, form="cayley"), torch.randn(5, weight.shape[1])
    torch.testing.assert_close(flow(x, mode="mean")[0], linear(x))
    there, terms = flow.layers[0](x, mode="mean")
    back, same = flow.layers[0].inverse(there, mode="mean")
    if weight.shape[0] == weight.shape[1]:
        torch.testing.assert_close(back, x)
        want = torch.linalg.slogdet(weight).logabsdet.expand(5)
        torch.testing.assert_close(terms.volume, want)
    torch.testing.assert_close(terms.volume, same.volume)


def test_a_network_that_only_reduces_is_exact_and_one_that_grows_is_a_bound():
    reducing, growing = _dense(6, 4, 2), _dense(2, 5, 2)
    assert fv.flowify(reducing).exact and not fv.flowify(growing).exact
    assert fv.flowify(growing, noise="gaussian").layers[0].encoder is not None


def test_a_plane_on_a_line_integrates_to_1():
    """2 -> 1 with a leaky ReLU and a square layer: exact, with a learned decoder."""
    with seeded(4):
        network = nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.5), nn.Linear(2, 1))
        nn.init.orthogonal_(network[0].weight)  # else one direction is 50 times wider
        flow = fv.flowify(network).double()
        nn.init.normal_(flow.layers[-1].decoder.net.linears[-1].weight, std=0.2)
    axis = -30 + 60 * (torch.arange(1200).double() + 0.5) / 1200
    with torch.no_grad():
        mass = float(flow.log_prob(torch.cartesian_prod(axis, axis)).exp().sum()) * 0.05**2
    assert mass == pytest.approx(1, abs=2e-4)


def test_the_flow_owns_its_weights_in_the_networks_dtype():
    network = _dense(3, 2).double()
    flow = fv.flowify(network)
    before = flow(torch.ones(3).double(), mode="mean")[0]
    nn.init.zeros_(network[0].weight)
    assert before.dtype == torch.float64
    assert torch.equal(flow(torch.ones(3).double(), mode="mean")[0], before)
    assert flow.sample(2).dtype == torch.float64


def test_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    network = _dense(3, 2)
    state = torch.get_rng_state()
    fv.flowify(network)
    assert torch.equal(state, torch.get_rng_state())


def test_a_flowified_network_learns():
    flow = fv.flowify(_seeded_dense(2, 4, 2), noise="gaussian")
    history = fv.fit(flow, fv.data.TwoMoons(), steps=150, progress=False)
    first, last = history.evaluations[0][2], history.evaluations[-1][2]
    assert last < first - 0.3


def _seeded_dense(*sizes: int) -> nn.Sequential:
    with seeded(0):
        return _dense(*sizes)


def _rank_one() -> nn.Sequential:
    network = _dense(3, 3)
    with torch.no_grad():
        network[0].weight.copy_(torch.ones(3, 3))
    return network


def _hooked() -> nn.Sequential:
    network = _dense(2, 2)
    network[0].register_forward_hook(lambda module, inputs, output: 2 * output)
    return network


class _Skipping(nn.Sequential):
    def forward(self, x):
        return super().forward(x) + x


def _with_a_bias(value: float) -> nn.Sequential:
    network = _dense(2, 2)
    network[0].bias.data.fill_(value)
    return network


REFUSED = [
    (_hooked, None, r"module 0 \(Linear.*a hook may change what it computes"),
    (lambda: _Skipping(nn.Linear(2, 2)), (2,), r"module itself \(_Skipping.*expected one of"),
    (lambda: nn.Sequential(_Skipping(nn.Linear(2, 2))), (2,), r"module 0 \(_Skipping"),
    (lambda: _with_a_bias(math.nan), None, r"module 0 \(Linear.*bias of finite numbers"),
    (lambda: nn.Sequential(), None, "got one without layers"),
    (lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()), None, r"module 1 \(ReLU.*use LeakyReLU"),
    (lambda: nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)), None, "module 1.*±1"),
    (
        lambda: nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2)), None,
        r"module 2 \(Linear.*arrives on the unit cube",
    ),
    (lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.GELU())), None, r"module 0.1 \(GELU"),
    (lambda: nn.LSTM(2, 2), (2,), r"module itself \(LSTM.*expected one of Conv2d, Flatten"),
    (_rank_one, None, r"module 0 \(Linear.*full rank 3, got rank 1"),
    (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, 2)), (1, 6, 6), r"module 0 \(Conv2d.*cover 6 pixels"),
    (lambda: nn.Sequential(nn.Conv2d(1, 2, 2, 3)), (1, 5, 5), "stride <= kernel"),
    (lambda: nn.Sequential(nn.Conv2d(1, 2, 2)), None, "shape=.*begins with Conv2d"),
    (lambda: nn.Sequential(nn.Linear(4, 2)), (1, 2, 2), r"module 0.*vectors \(4,\).*Flatten"),
    (lambda: nn.Sequential(nn.LeakyReLU(-0.1)), (2,), "module 0.*slope > 0"),
    (lambda: nn.Sequential(nn.PReLU(2)), (2,), "module 0.*one slope, got 2"),
    (lambda: nn.Sequential(nn.MaxPool2d(3)), (1, 6, 6), "module 0.*2 x 2"),
    (lambda: nn.Sequential(nn.BatchNorm1d(2)), (2,), "module 0.*batch mates"),
    (lambda: nn.Sequential(nn.Dropout()), (2,), "module 0.*at random"),
    (lambda: nn.Sequential(nn.Identity()), (2,), "expected at least one layer"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "words"), REFUSED)
def test_what_is_no_flow_is_named_with_the_reason(make, shape, words):
    with pytest.raises(ValueError, match=f"flowify: .*{words}"):
        fv.flowify(make(), shape)
