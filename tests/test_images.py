"""Layers on images: the orders, masks, volumes and priors that RealNVP and Glow write down."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close, jacobians

from flowviz import Flow
from flowviz.layers import (
    ActNorm,
    Conv1x1,
    ConvCoupling,
    Flatten,
    Reshape,
    Sequential,
    Split,
    Squeeze,
)
from flowviz.layers.univariate import Additive, Affine
from flowviz.nets import ConvNet, ResidualConvNet


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_squeeze_puts_the_four_pixels_of_a_block_in_the_order_of_realnvp():
    x = torch.arange(16.0).reshape(1, 4, 4)
    z = Squeeze((1, 4, 4))(x)[0]
    assert z[:, 0, 0].tolist() == [0, 1, 4, 5] and z[:, 1, 1].tolist() == [10, 11, 14, 15]


@pytest.mark.parametrize("factor", [2, 3])
def test_squeeze_is_pixel_unshuffle(factor):
    x = images(5, 3, 6, 12)
    expected = torch.nn.functional.pixel_unshuffle(x, factor)
    assert torch.equal(Squeeze((3, 6, 12), factor)(x)[0], expected)


def test_flatten_reads_row_by_row():
    x = images(4, 2, 3, 2)
    assert torch.equal(Flatten((2, 3, 2))(x)[0], x.flatten(1))


def test_conv1x1_is_torchs_convolution_and_counts_every_pixel():
    layer, x = lively(Conv1x1((3, 4, 5))).double(), images(6, 3, 4, 5)
    weight, bias = layer.matrix(), layer.lu.bias
    z, terms = layer(x)
    close(z, torch.nn.functional.conv2d(x, weight[:, :, None, None], bias), 1e-12)
    close(terms.volume, (20 * torch.linalg.slogdet(weight).logabsdet).expand(6), 1e-11)


def test_conv1x1_starts_as_a_random_rotation():
    first, second = Conv1x1((4, 1, 1)).double().matrix(), Conv1x1((4, 1, 1)).double().matrix()
    close(first @ first.mT, torch.eye(4, dtype=torch.float64), 1e-12)
    assert torch.linalg.det(first) > 0 and (first - second).abs().max() > 0.1


def test_channel_actnorm_normalizes_every_channel_over_all_pixels():
    x = 3 * images(50, 2, 4, 3) + torch.tensor([5.0, -1.0])[:, None, None]
    layer = ActNorm((2, 4, 3), channels=True).double()
    layer.initialize(x)
    z, terms = layer(x)
    close(z.mean((0, 2, 3)), torch.zeros(2, dtype=torch.float64), 1e-6)
    close(z.std((0, 2, 3)), torch.ones(2, dtype=torch.float64), 1e-6)
    close(terms.volume, (-12 * x.std((0, 2, 3)).log().sum()).expand(50), 1e-5)
    layer.initialize(2 * x)  # once only
    assert torch.equal(layer(x)[0], z)


def test_one_image_is_enough_for_channel_statistics():
    layer = ActNorm((2, 4, 3), channels=True).double()
    layer.initialize(images(1, 2, 4, 3))
    assert layer.initialized


@pytest.mark.parametrize("keep", ["first", "second"])
@pytest.mark.parametrize("mask", ["channels", "checkerboard", "half"])
def test_what_stays_decides_and_what_moves_moves_by_itself(mask, keep):
    """dz/dx is the identity on what stays and diagonal on what moves; stays -> moves is open."""
    layer = lively(ConvCoupling((2, 3, 3), Affine(2.0), mask, keep, (5, 5))).double()
    x = images(3, 2, 3, 3)
    rows = jacobians(lambda x: layer(x)[0], x)
    stays = layer.stays.expand(2, 3, 3).flatten()
    assert 0 < stays.sum() < 18
    eye = torch.eye(18, dtype=torch.float64).expand_as(rows)
    assert torch.equal(rows[:, stays], eye[:, stays])
    moving = rows[:, ~stays][:, :, ~stays]
    assert torch.equal(moving, torch.diag_embed(moving.diagonal(dim1=1, dim2=2)))
    assert rows[:, ~stays][:, :, stays].abs().max() > 1e-3


def test_masks_are_those_of_realnvp():
    board = ConvCoupling((1, 3, 4), Additive(), "checkerboard").stays[0].int().tolist()
    assert board == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    half = ConvCoupling((1, 3, 2), Additive(), "half", "second").stays[0].int().tolist()
    assert half == [[0, 0], [0, 0], [1, 1]]
    channels = ConvCoupling((3, 1, 1), Additive()).stays.flatten().int().tolist()
    assert channels == [1, 1, 0]


def test_a_masked_pixel_is_not_taken_for_a_black_one():
    """The net sees the mask beside the image: over zeros its weights alone tell them apart."""
    layer = ConvCoupling((1, 4, 4), Additive(), "checkerboard")
    seen = layer._seen(torch.zeros(2, 1, 4, 4))
    assert seen.shape == (2, 2, 4, 4) and torch.equal(seen[0, 1].bool(), layer.stays[0])


def test_couplings_start_at_the_identity():
    x = images(2, 4, 3, 3).float()
    for mask in ("channels", "checkerboard", "half"):
        z, terms = ConvCoupling((4, 3, 3), Affine(2.0), mask, norm=True)(x)
        close(z, x, 1e-7)
        close(terms.volume, torch.zeros(2), 1e-7)


def test_norms_inside_the_net_start_from_what_arrives_there():
    layer = ConvCoupling((4, 5, 5), Affine(2.0), hidden=(7, 7), norm=True, context=2).double()
    x, context = 5 + 3 * images(40, 4, 5, 5), images(40, 2, seed=1)
    Sequential([layer]).initialize(x, context)
    given = []
    layer.net.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    layer(x, context)
    h = given[0]
    with torch.no_grad():
        for conv, norm in zip(layer.net.convs, layer.net.norms, strict=False):
            h = (conv(h) - norm.mean) * norm.log_scale.exp()
            close(h.mean((0, 2, 3)), torch.zeros(7, dtype=torch.float64), 1e-6)
            close(h.std((0, 2, 3)), torch.ones(7, dtype=torch.float64), 1e-6)
            h = h.relu()
        layer.net.convs[-1].weight.normal_()
        close(layer.net(given[0]), layer.net.convs[-1](h), 1e-9)


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_residual_net_is_what_it_says(blocks):
    """Norms are computed inside convolutions; here they are written out."""
    net = ResidualConvNet(3, 8, blocks, torch.zeros(5)).double()
    x = images(20, 3, 6, 4)
    net.initialize(x)
    with torch.no_grad():
        for own in net.parameters():
            own.add_(0.3 * torch.randn_like(own))
        h = net.first(x)
        for block in net.blocks:
            change = h
            for norm, conv in zip(block.norms, block.convs, strict=True):
                change = conv(((change - norm.mean) * norm.log_scale.exp()).relu())
            h = h + change
        close(net(x), net.last(h.relu()), 1e-9)
        assert net(x).is_contiguous()


def test_a_split_starts_as_a_standard_normal_prior():
    """Whatever is set aside, log p(x) is then that of N(0, I) on the whole image."""
    x = images(6, 4, 3, 2).float()
    flow = Flow([Split((4, 3, 2))])
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum((1, 2, 3))
    close(flow.log_prob(x), expected, 1e-5)


def test_a_split_prices_the_rest_by_its_prior_and_draws_from_it():
    layer = lively(Split((2, 1, 1), width=4), 1.0).double()
    z = torch.full((4000, 1, 1, 1), 0.7, dtype=torch.float64)
    mean, log_sigma = (m[0, 0, 0, 0] for m in layer.prior.moments(z))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x, terms = layer.inverse(z)
    rest = x[:, 1, 0, 0]
    prior = torch.distributions.Normal(mean, log_sigma.exp())
    close(terms.decoder, prior.log_prob(rest), 1e-12)
    standard = ((rest - mean) / log_sigma.exp()).detach()
    assert abs(standard.mean()) < 4 / 4000**0.5 and abs(standard.var() - 1) < 4 * (2 / 4000) ** 0.5
    assert torch.equal(layer.inverse(z, mode="mean")[0][:, 1, 0, 0], mean.expand(4000))


def test_a_split_integrates_to_one():
    flow = Flow([lively(Split((2, 1, 1), width=4), 1.0)]).double()
    axis = torch.linspace(-30, 30, 601, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis).reshape(-1, 2, 1, 1)
    mass = flow.log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** 2
    assert abs(mass.item() - 1) < 1e-6


def test_the_rest_shrinks_on_the_path_of_a_split():
    x = images(3, 4, 2, 2).float()
    halfway = Split((4, 2, 2)).path(x, 0.5)
    close(halfway, torch.cat([x[:, :2], x[:, 2:] / 2], 1), 1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Squeeze((1, 7, 8)), "divides 7 and 8, got 2"),
        (lambda: Squeeze((1, 4, 4), 2.0), "integer factor >= 2.*got 2.0"),
        (lambda: Squeeze((4, 4)), r"image shape \(C, H, W\), got \(4, 4\)"),
        (lambda: Split((1, 2, 2)), "at least 2 channels, got 1"),
        (lambda: Reshape(6, (2, 2)), r"as many numbers as in \(6,\), got \(2, 2\)"),
        (lambda: Conv1x1((3,)), "image shape"),
        (lambda: ConvCoupling((1, 2, 2), Additive()), "nothing of .* would move"),
        (lambda: ConvCoupling((2, 2, 2), Additive(), "stripes"), "got mask='stripes'"),
        (lambda: ConvCoupling((2, 2, 2), Additive(), keep="third"), "keep='third'"),
        (lambda: ConvNet(0, (4,), torch.zeros(2)), "positive sizes, got inputs=0"),
    ],
)
def test_unfit_shapes_raise(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_the_prior_of_a_split_is_as_wide_as_it_says() -> None:
    """Whatever the width of the image."""
    assert Split((4, 8, 7), width=5).prior.look.weight.shape == (5, 2, 3, 3)
