"""Flowified convolutions are the network's own; the tile formula holds against sampling."""

from __future__ import annotations

import math

import pytest
import torch
from case import lively
from torch import nn
from torch.distributions import MultivariateNormal

from flowviz import Flow, StandardNormal
from flowviz.flow import seeded
from flowviz.layers import FlowifiedConv2d, PadImage, Tile, TileLinear, TileReduction

CONVS = [
    # shape, channels, kernel, stride, padding
    ((1, 6, 6), 4, 2, 2, 0),
    ((2, 4, 6), 3, 2, 2, 0),
    ((1, 4, 4), 6, 2, 2, 0),
    ((1, 5, 7), 3, 3, 2, 0),
    ((2, 4, 4), 5, 3, 1, 1),
    ((1, 5, 4), 2, (3, 2), (2, 1), (1, 0)),
]


@pytest.mark.parametrize(("shape", "channels", "kernel", "stride", "padding"), CONVS)
@pytest.mark.parametrize("decoder", ["conditional", "standard_normal"])
def test_without_noise_it_is_the_convolution(shape, channels, kernel, stride, padding, decoder):
    with seeded(0):
        conv = nn.Conv2d(shape[0], channels, kernel, stride, padding)
        x = torch.randn(5, *shape)
        layer = FlowifiedConv2d.from_conv(conv, shape, decoder=decoder)
        torch.testing.assert_close(layer(x, mode="mean")[0], conv(x), rtol=0, atol=1e-5)
        z, terms = layer(x)
        back = layer.inverse(z)[0]
    assert torch.isfinite(terms.total).all() and layer.latent_shape == conv(x).shape[1:]
    torch.testing.assert_close(layer(back, mode="mean")[0].shape, z.shape)


def test_what_the_stride_leaves_over_is_padded_on_the_right_and_below():
    layer = FlowifiedConv2d((1, 6, 5), 2, 3, 2)
    frame = layer.steps.layers[0]
    assert frame.margins == (0, 0, 0, 1) and layer.latent_shape == (2, 3, 2)


@pytest.mark.parametrize(("size", "copies"), [((2, 1), 2), ((2, 2), 4)])
def test_the_tile_formula_by_importance_sampling(size, copies):
    """One shared pixel, `copies` times used: on a Gaussian for all copies, log p(mean) is known.

    The 3 pixels of a line under tiles of two (or the 3 x 3 under 2 x 2): x -> copies ~ N(m, C).
    Weighted draws of the noise must give the density of the pixels, the means of their copies.
    """
    kernel = size if copies == 2 else (2, 2)
    shape = (1, 3, 1) if copies == 2 else (1, 3, 3)
    tile = Tile(shape, kernel, 1).double()
    with torch.no_grad():
        tile.log_spread.fill_(math.log(0.7))
    count = math.prod(tile.latent_shape)
    mix = torch.randn(count, count, generator=torch.Generator().manual_seed(1)).double()
    model = MultivariateNormal(torch.full((count,), 0.2).double(), covariance(mix, count))
    mean_of = torch.zeros(math.prod(shape), count, dtype=torch.float64)
    for i in range(count):
        one = torch.eye(count, dtype=torch.float64)[i].reshape(tile.latent_shape)
        mean_of[:, i] = tile.inverse(one)[0].flatten().detach()
    assert tile.counts.max() == copies
    exact = MultivariateNormal(mean_of @ model.loc, mean_of @ model.covariance_matrix @ mean_of.mT)
    x = torch.linspace(-0.5, 0.8, math.prod(shape), dtype=torch.float64)
    with seeded(0), torch.no_grad():
        z, terms = tile(x.reshape(shape).expand(100_000, *shape))
    weight = (model.log_prob(z.flatten(1)) + terms.total - exact.log_prob(x)).exp()
    error = 4 * float(weight.std()) / len(weight) ** 0.5
    assert error < 0.05 and float(weight.mean()) == pytest.approx(1, abs=error)
    assert float((model.log_prob(z.flatten(1)) + terms.total).mean()) < float(exact.log_prob(x))


def covariance(mix: torch.Tensor, count: int) -> torch.Tensor:
    """About 0.49 I, so that noise of spread 0.7 sqrt(N) suits it, and correlated."""
    return torch.eye(count).double() + 0.05 * mix @ mix.mT / count


def test_the_terms_of_one_pixel_in_two_tiles():
    """N = 2, A = 0.1: volume = log 2, encoder = (1/2) log(2 pi A^2) + |u|^2 / (2 A^2)."""
    tile = Tile((1, 3, 1), (2, 1), 1)
    x = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    with seeded(0), torch.no_grad():
        z, terms = tile(x)
    u = (z[1, 0, 0] - 2) / math.sqrt(2)
    assert z[0, 1, 0].item() - 2 == pytest.approx(-math.sqrt(2) * u.item(), abs=1e-6)
    assert float(terms.volume) == pytest.approx(math.log(2))
    expected = 0.5 * math.log(2 * math.pi * 0.01) + 2 * float(u) ** 2 / 0.02
    assert float(terms.encoder) == pytest.approx(expected, rel=1e-5)


def test_copies_spread_evenly_over_the_zero_sum_plane():
    tile = Tile((1, 3, 3), 2, 1)
    with seeded(0), torch.no_grad():
        z, _ = tile(torch.zeros(20_000, 1, 3, 3))
    middle = torch.stack([z[:, 3, 0, 0], z[:, 2, 0, 1], z[:, 1, 1, 0], z[:, 0, 1, 1]], 1) / 2
    expected = 0.01 * (torch.eye(4) - 0.25)
    assert (middle.T.cov() - expected).abs().max() < 4 * 0.01 * (2 / 20_000) ** 0.5
    assert middle.sum(1).abs().max() < 1e-6


def test_one_module_serves_one_size_and_says_so():
    layer = FlowifiedConv2d((1, 4, 4), 2, 2, 2)
    with pytest.raises(ValueError, match=r"expected shape \(..., 1, 4, 4\), got \(3, 1, 6, 6\)"):
        layer(torch.zeros(3, 1, 6, 6))


def test_a_frame_with_the_spread_of_the_base_is_exact():
    flow = Flow([PadImage((1, 2, 2), (1, 1, 0, 2))])
    x = torch.randn(7, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    expected = StandardNormal((1, 2, 2)).log_prob(x)
    torch.testing.assert_close(flow.log_prob(x), expected, rtol=1e-5, atol=1e-5)


def test_an_image_space_decoder_sees_the_neighbours():
    """The mean of what a tile dropped depends on z at the next position."""
    layer = lively(TileReduction(Tile((1, 4, 4), 2, 2), 2, width=8, depth=2))
    z = torch.randn(1, 2, 2, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
    mean, _ = layer.moments(z, layer.factors.first.matrix())
    (grad,) = torch.autograd.grad(mean[0, :, 0, 0].sum(), z)
    assert grad[0, :, 0, 1].abs().max() > 0


def test_the_decoders_images_are_cut_and_turned_as_the_tiled_one():
    """An image that the decoder guesses right has the same dropped part, to the last number."""
    tile = Tile((2, 4, 6), 2, 2)
    layer = lively(TileReduction(tile, 3, width=4, depth=1)).double()
    image = torch.randn(5, 2, 4, 6, generator=torch.Generator().manual_seed(0)).double()
    turn = layer.factors.first.matrix()
    dropped = (tile(image)[0].movedim(-3, -1) @ turn.mT)[..., 3:].movedim(-1, -3)
    mean, raw = layer._as_dropped(torch.cat([image, -2 * image], 1), turn)
    torch.testing.assert_close(mean, dropped)
    torch.testing.assert_close(raw, -2 * dropped)


def test_before_learning_the_decoder_is_a_standard_normal():
    """Its account, volume and price, is that of the same weight without a network."""
    tile = Tile((2, 4, 6), 2, 2)
    plain = lively(TileLinear(tile, 3, decoder="standard_normal")).double()
    layer = TileReduction(tile, 3).double()
    layer.factors.load_state_dict(plain.factors.state_dict())
    x = torch.randn(5, 8, 2, 3, generator=torch.Generator().manual_seed(0)).double()
    (z, terms), (same, expected) = layer(x), plain(x)
    torch.testing.assert_close(z, same)
    torch.testing.assert_close(terms.volume, expected.volume)
    torch.testing.assert_close(terms.decoder, expected.decoder)
    back = layer.inverse(z)[1]
    torch.testing.assert_close(back.volume, expected.volume)


def test_the_decoder_has_the_papers_sizes():
    """33 w^2 + 14 w + 2 C numbers for windows of 2 x 2, w = 2 C + codes; 5 more w^2 for 3 x 3."""
    for channels, codes, kernel, stride in [(16, 32, 2, 2), (24, 32, 3, 2), (32, 48, 2, 1)]:
        shape = (channels, 3 * stride + kernel, 3 * stride + kernel)
        layer = TileReduction(Tile(shape, kernel, stride), codes)
        width = 2 * channels + codes
        expected = (29 + kernel**2) * width**2 + 14 * width + 2 * channels
        assert sum(p.numel() for p in layer.guess.parameters()) == expected


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Tile((1, 4, 4), 2, 3), "tiles that cover 4 pixels.*kernel 2 and stride 3"),
        (lambda: Tile((1, 4, 4), 3, 2), "tiles that cover 4 pixels.*kernel 3 and stride 2"),
        (lambda: Tile((4, 4), 2, 2), r"shape \(C, H, W\), got \(4, 4\)"),
        (lambda: PadImage((1, 2, 2), (0, 0, 0, 0)), r"not all 0, got \(0, 0, 0, 0\)"),
        (lambda: PadImage((1, 2, 2), (0, -1, 0, 0)), r"4 margins >= 0"),
        (lambda: FlowifiedConv2d((1, 4, 4), 2, 2, 2, decoder="flat"), "got 'flat'"),
        (lambda: FlowifiedConv2d((1, 4, 4), 2, 2, 2, noise="loud"), "noise .*got 'loud'"),
        (lambda: TileReduction(Tile((1, 4, 4), 2, 2), 4), "1 <= outputs < 4, the inputs; got 4"),
        (lambda: FlowifiedConv2d((1, 4, 4), 2, (2,), 2), r"two of them, got \(2,\)"),
        (
            lambda: FlowifiedConv2d.from_conv(nn.Conv2d(1, 2, 3, 2), (1, 6, 6)),
            "cover 6 pixels.*kernel 3 and stride 2",
        ),
        (
            lambda: FlowifiedConv2d.from_conv(nn.Conv2d(2, 2, 2, groups=2), (2, 4, 4)),
            "without dilation or groups.*groups=2",
        ),
        (lambda: FlowifiedConv2d.from_conv(nn.Conv2d(2, 2, 2), (1, 4, 4)), "of 2 channels"),
    ],
)
def test_bad_settings_are_named(make, words):
    with pytest.raises(ValueError, match=f"expected .*{words}"):
        make()
