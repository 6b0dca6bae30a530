"""RealNVP that ranks by contribution: what is decided, from what, that it is kept, and exact."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from laws import jacobians

import flowviz as fv
from flowviz.flow import Flow, seeded
from flowviz.layers import ConvFunnel, Split
from flowviz.studies.models import build
from flowviz.studies.models.contribution import ChannelRanking, ContributionScale
from flowviz.studies.pixels import pixel_bits
from flowviz.studies.weights import read_weights, write_weights

SHAPE = (1, 8, 8)


def thin(columns: slice) -> torch.Tensor:
    """(8, 8) bool: in every 2x2 block the pixels that hardly vary; others inside `columns`."""
    upper = (torch.arange(8) % 2 == 0)[:, None].expand(8, 8).clone()
    upper[:, columns] = ~upper[:, columns]
    return upper


def images(n: int, columns: slice = slice(4, 8)) -> torch.Tensor:
    """Whole numbers around 128 whose spread is 4 in the thin pixels and 40 elsewhere."""
    noise = torch.randn(n, *SHAPE, generator=torch.Generator().manual_seed(5))
    return (128 + torch.where(thin(columns), 4.0, 40.0) * noise).round().clamp(0, 255)


def model(pretrain: int = 20, **options) -> Flow:
    return build("realnvp-contribution", SHAPE, width=4, blocks=1, pretrain=pretrain, **options)


def scale_of(flow: Flow) -> ContributionScale:
    (found,) = (k for k in flow.layers if isinstance(k, ContributionScale))
    return found


def kept(ranking: ChannelRanking) -> torch.Tensor:
    """(8, 8) bool: the pixels that go on, of an image that was squeezed once."""
    order = ranking.order[:2]
    stays = torch.zeros(4, 4, 4).scatter_(0, order, 1.0).bool()
    return torch.nn.functional.pixel_shuffle(stays.float(), 2)[0].bool()


@pytest.mark.parametrize("columns", [slice(4, 8), slice(0, 2)])
@pytest.mark.parametrize("fold", [False, True])
def test_numbers_that_hardly_vary_go_on_in_every_pixel_its_own(columns, fold):
    flow, x = model(fold=fold), images(300, columns)
    assert torch.equal(scale_of(flow).ranking.order[:, 0, 0], torch.arange(4))
    flow.initialize(x)
    assert torch.equal(kept(scale_of(flow).ranking), thin(columns))


def test_the_trained_copy_decides():
    flow, x = model(pretrain=15), images(200)
    with seeded(1):
        flow.initialize(x)
    *layers, ranking, _ = scale_of(flow).steps.layers
    with seeded(1):
        v = flow.layers[0](x)[0]
    means = []
    for steps in (0, 15):
        again = Flow(copy.deepcopy(layers))
        if steps:
            fv.fit(again, v, steps=steps, batch=128, lr=1e-3, clip=1e3, progress=False)
        means.append(fv.contributions(again, v).mean(0))
    untrained, trained = (mean.argsort(dim=0, descending=True) for mean in means)
    assert torch.equal(ranking.order, trained) and not torch.equal(ranking.order, untrained)


def test_training_beforehand_leaves_no_trace_but_the_order():
    flows = [model(pretrain=steps) for steps in (0, 15)]
    for flow in flows:
        with seeded(2):
            flow.initialize(images(200))
    a, b = (scale_of(flow).state_dict() for flow in flows)
    (order,) = (k for k in a if k.endswith("order"))
    assert all(torch.equal(a[k], b[k]) for k in a if k != order)
    assert not torch.equal(a[order], b[order])


def test_a_loaded_model_has_the_order_and_keeps_it(tmp_path):
    flow, x = model(), images(200)
    flow.initialize(x)
    order = scale_of(flow).ranking.order.clone()
    assert not torch.equal(order, scale_of(model()).ranking.order)
    for half in (False, True):
        path = write_weights(flow, tmp_path / "weights", {}, half)
        other = model()
        read_weights(other, path)
        assert torch.equal(scale_of(other).ranking.order, order)
        other.initialize(images(200, slice(0, 0)))
        assert torch.equal(scale_of(other).ranking.order, order)
    read_weights(other := model(), write_weights(flow, tmp_path / "weights", {}))
    with seeded(3):
        expected = flow.log_prob(x[:5])
    with seeded(3):
        torch.testing.assert_close(other.log_prob(x[:5]), expected, rtol=0, atol=0)


def test_the_scale_is_exact():
    """log p = log |det| of all numbers, those set aside too, + log p(rest | z), by autograd."""
    flow = model(pretrain=0).double()
    scale = scale_of(flow)
    with seeded(4), torch.no_grad():
        for p in scale.parameters():
            p.add_(0.2 * torch.randn_like(p))
        scale.ranking.rank(torch.rand(4, 4, 4))
        x = 0.1 + 0.8 * torch.rand(2, *SHAPE).double()
    *bijections, split = scale.steps.layers
    whole = Flow(bijections).chain
    jacobian = jacobians(lambda u: whole(u)[0], x)
    v, (z, terms) = whole(x)[0], scale(x)
    torch.testing.assert_close(terms.volume, torch.linalg.slogdet(jacobian).logabsdet)
    mean, log_sigma = split.prior.moments(z)
    rest = torch.distributions.Normal(mean, log_sigma.exp()).log_prob(v[:, 2:])
    torch.testing.assert_close(terms.decoder, rest.sum((1, 2, 3)))
    torch.testing.assert_close(z, v[:, :2])
    torch.testing.assert_close(whole.inverse(v)[0], x)
    assert scale.exact and isinstance(split, Split)


def test_the_bits_of_a_pixel_are_found_through_the_ranking():
    flow, x = model(pretrain=0), images(6)
    flow.initialize(images(100))
    found = pixel_bits(flow, x.byte(), seed=0)
    with seeded(0):
        total = -flow.log_prob(x).double() / math.log(2)
    torch.testing.assert_close(found.values.sum((1, 2, 3)), total, rtol=1e-4, atol=1e-2)


def test_what_cannot_be_ranked_raises():
    with pytest.raises(ValueError, match="expected bijections before the split, got"):
        ContributionScale([ConvFunnel((2, 4, 4), 2, 4)], Split((2, 2, 2)))
    with pytest.raises(ValueError, match="expected pretrain >= 0 steps, got -1"):
        model(pretrain=-1)
