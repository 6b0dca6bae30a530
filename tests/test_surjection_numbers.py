"""Surjections against closed forms, and the errors that they catch."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from flowviz import Flow, HalfNormal, SortedNormal, StandardNormal, UniformIntegers
from flowviz.flow import seeded
from flowviz.layers import Abs, Max, MaxPool, Rounding, Slice, Sort
from flowviz.nets.spread import raw_log_sigma
from flowviz.spaces import HALF_LINE, half_space


def normal_points(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


FOLDS = {
    "abs": (Abs(3), HalfNormal(3)),
    "abs of one": (Abs(3, (1,)), HalfNormal(3, (1,))),
    "sort": (Sort(3), SortedNormal(3)),
    "sort of rows": (Sort((2, 3)), SortedNormal((2, 3))),
}


@pytest.mark.parametrize("name", FOLDS)
def test_folding_a_gaussian_onto_its_own_base_changes_nothing(name):
    layer, base = FOLDS[name]
    x = normal_points(50, *layer.data_shape)
    expected = StandardNormal(layer.data_shape).log_prob(x)
    torch.testing.assert_close(Flow([layer], base).log_prob(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "z"),
    [
        (Abs(2), [-1.0, 1.0]),
        (Abs(2, (1,)), [1.0, -1.0]),
        (Sort(2), [2.0, 1.0]),
        (Rounding(2), [1.0, 0.5]),
    ],
)
def test_what_no_x_leads_to_has_no_way_back(layer, z):
    with pytest.raises(ValueError, match=f"latent side: expected {layer.latent_space}, got "):
        layer.inverse(torch.tensor(z))


@pytest.mark.parametrize(("layer", "mass"), [(Abs(2), 1 / 4), (Sort(2), 1 / 2)])
def test_a_fold_on_a_gaussian_is_refused_since_mass_would_be_lost(layer, mass):
    with pytest.raises(ValueError, match=f"base on {layer.latent_space}.*would not integrate to 1"):
        Flow([layer])
    axis = -8 + 16 * (torch.arange(800).double() + 0.5) / 800
    z, terms = layer(torch.cartesian_prod(axis, axis))
    lost = float((StandardNormal(2).log_prob(z) + terms.total).exp().sum()) * 0.02**2
    assert lost == pytest.approx(mass, abs=1e-6)


def test_a_base_on_another_half_space_is_refused():
    with pytest.raises(ValueError, match="half-space x1 >= 0 of 2.*got half-normal on the half-sp"):
        Flow([Abs(2, (0,))], HalfNormal(2, (1,)))
    assert half_space(2, (1, 0)) == HALF_LINE


def test_a_linear_gaussian_slice_is_a_gaussian():
    """z ~ N(0, 1), x2 | z ~ N(a z + b, s^2): mean (0, b), covariance [[1, a], [a, a^2 + s^2]]."""
    layer, (a, b, s) = Slice(2, 1, hidden=()).double(), (0.8, -0.3, 0.6)
    with torch.no_grad():
        layer.decoder.net.linears[0].weight.copy_(torch.tensor([[a], [0.0]]))
        raw = raw_log_sigma(math.log(s))
        layer.decoder.net.linears[0].bias.copy_(torch.tensor([b, raw]))
    covariance = torch.tensor([[1.0, a], [a, a**2 + s**2]], dtype=torch.float64)
    model = MultivariateNormal(torch.tensor([0.0, b], dtype=torch.float64), covariance)
    x = 2 * normal_points(50, 2)
    torch.testing.assert_close(Flow([layer]).log_prob(x), model.log_prob(x), rtol=1e-6, atol=1e-6)
    assert layer.inverse(torch.ones(1, dtype=torch.float64), mode="mean")[0][
        1
    ].item() == pytest.approx(a + b, abs=1e-6)


def test_the_maximum_of_a_known_pair():
    """At the start: a fair place and a half-normal difference, so log p = log N(z) + log N(d)."""
    x = torch.tensor([[0.3, -0.5], [-1.0, 2.0], [1.0, 1.0]])
    z, terms = Max(2)(x)
    assert z[:, 0].tolist() == pytest.approx([0.3, 2.0, 1.0])
    d = torch.tensor([0.8, 3.0, 0.0])
    expected = -0.5 * d.square() - 0.5 * math.log(2 * math.pi) + math.log(2) - math.log(2)
    torch.testing.assert_close(terms.decoder, expected)


def test_max_pooling_takes_what_torch_takes_and_has_mass_1():
    layer = MaxPool((2, 4, 6))
    x = normal_points(5, 2, 4, 6).float()
    assert torch.equal(layer(x)[0], torch.nn.functional.max_pool2d(x, 2))
    flow = Flow([MaxPool((1, 2, 2)).double()])
    wide = MultivariateNormal(torch.full((4,), -0.3).double(), 2.5 * torch.eye(4).double())
    with seeded(0):
        x = wide.sample((100_000,))
    weight = (flow.log_prob(x.reshape(-1, 1, 2, 2)) - wide.log_prob(x)).exp().detach()
    error = 4 * float(weight.std()) / len(x) ** 0.5
    assert error < 0.05 and float(weight.mean()) == pytest.approx(1, abs=error)


def test_every_place_of_a_block_is_drawn_alike():
    layer = MaxPool((1, 2, 2))
    with seeded(0):
        x = layer.inverse(torch.zeros(8000, 1, 1, 1))[0].flatten(1)
    share = torch.bincount(x.argmax(1), minlength=4) / 8000
    assert (share - 0.25).abs().max() < 4 * (0.25 * 0.75 / 8000) ** 0.5


def test_sort_draws_every_order_alike():
    with seeded(0):
        x = Sort(3).inverse(torch.tensor([0.0, 1.0, 2.0]).expand(6000, 3))[0]
    seen = torch.bincount((x @ torch.tensor([9.0, 3.0, 1.0])).long(), minlength=27)
    counts = seen[seen > 0]
    assert len(counts) == 6 and (counts - 1000).abs().max() < 4 * 1000**0.5


def test_rounding_onto_whole_numbers_is_a_histogram():
    flow = Flow([Rounding(2)], UniformIntegers(2, 5))
    x = torch.tensor([[0.0, 4.99], [2.5, 2.5], [5.0, 1.0], [-0.1, 1.0]])
    even = -2 * math.log(5)
    assert flow.log_prob(x).tolist() == pytest.approx([even, even, -math.inf, -math.inf])


def test_draws_in_a_cell_never_round_into_the_next():
    z = torch.full((200_000, 1), 123_456.0)
    for layer in (Rounding(1), Rounding(1, "conditional", (4,))):
        with seeded(0):
            x, _ = layer.inverse(z)
        assert torch.equal(x.floor(), z)


def test_sorting_a_slice_keeps_its_order_in_the_state():
    layer, other = Slice(4, (1, 3)), Slice(4, (0, 2))
    other.load_state_dict(layer.state_dict())
    x = normal_points(3, 4).float()
    assert torch.equal(other(x)[0], x[:, [1, 3]])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Abs(2, (2,)), r"indices of a vector of shape \(2,\), got \[2\]"),
        (lambda: Abs((2, 2), (0,)), r"indices of a vector of shape \(2, 2\), got \[0\]"),
        (lambda: Abs(2, ()), r"indices of a vector of shape \(2,\), got \[\]"),
        (lambda: Abs(2, sign="odd"), "sign=\"fair\" without context.*got sign='odd'"),
        (lambda: Abs(2, context=3), "got sign='fair', context=3"),
        (lambda: Max(1), "dim >= 2, got 1"),
        (lambda: MaxPool((1, 3, 4)), r"even H and W, got \(1, 3, 4\)"),
        (lambda: Slice(2, 2), "some but not all of 2 coordinates to stay, got keep=2"),
        (lambda: Slice(2, 0), "got keep=0"),
        (lambda: Slice(3, (0, 3)), r"got keep=\(0, 3\)"),
        (lambda: Slice(3, 1, decoder="flat"), "got 'flat'"),
        (lambda: Rounding(2, "half"), "got decoder='half'"),
    ],
)
def test_bad_settings_are_named(make, words):
    with pytest.raises(ValueError, match=f"expected .*{words}"):
        make()
