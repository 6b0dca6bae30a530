"""Bits per dimension against models whose answer is known, and accounts that add up to it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from flowviz import Flow, Uniform, UniformIntegers, layers, zoo
from flowviz.layers import (
    ActNorm,
    Affine,
    AffineCoupling,
    Augment,
    ConvCoupling,
    ConvFunnel,
    Flatten,
    FlowifiedConv2d,
    FlowifiedLinear,
    GaussianizationBlock,
    LeakyReLU,
    LinearFunnel,
    Logit,
    LULinear,
    MaskedAutoregressive,
    MaxPool,
    Permutation,
    RationalQuadraticSpline,
    Reshape,
    Rotation,
    Sequential,
    Sigmoid,
    Slice,
    Split,
    Squeeze,
    UniformDequantization,
    VariationalDequantization,
)  # fmt: skip
from flowviz.layers.univariate import Affine as AffineMap
from flowviz.spaces import CUBE, INTEGERS
from flowviz.studies import data
from flowviz.studies.evaluate import bits_per_dim
from flowviz.studies.ledgers import average_ledger
from flowviz.studies.pixels import pixel_bits

SHAPE = (1, 2, 3)


def uniform_model(shape: tuple[int, ...]) -> Flow:
    """Every whole number from 0 to 255 has probability 1/256."""
    return Flow([UniformDequantization(shape)], Uniform(shape))


def logistic_model(spread: float = 1.2) -> tuple[Flow, Tensor, Tensor]:
    """Independent pixels, F(v) = sigmoid(s logit(v) + t) on the unit interval; with s and t."""
    flow = Flow(
        [UniformDequantization(SHAPE), Logit(SHAPE), Affine(SHAPE), Sigmoid(SHAPE)], Uniform(SHAPE)
    ).double()
    scale = torch.logspace(math.log10(0.6), math.log10(spread), 6).double().reshape(SHAPE)
    shift = torch.linspace(-2.0, 1.0, 6).double().reshape(SHAPE)
    flow[2].params.data = torch.stack([scale.log(), shift])
    flow.requires_grad_(False)
    return flow, scale, shift


def whole_numbers(count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, *SHAPE), generator=generator).byte()


def true_bits(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """-log2 P(x) / D from differences of F, without the flow."""

    def cdf(v: Tensor) -> Tensor:
        return torch.sigmoid(scale * torch.logit(v) + shift)

    mass = cdf((x.double() + 1) / 256) - cdf(x.double() / 256)
    return -mass.log2().mean((-3, -2, -1))


def expected_elbo(x: Tensor, scale: Tensor, shift: Tensor, points: int = 4000) -> Tensor:
    """8 - E_u log2 f((x + u) / 256) per dimension, by the midpoint rule."""
    u = (torch.arange(points).double() + 0.5) / points
    v = (x.double().unsqueeze(-1) + u) / 256
    s, t = scale.unsqueeze(-1), shift.unsqueeze(-1)
    a = s * torch.logit(v) + t
    log_f = torch.nn.functional.logsigmoid(a) + torch.nn.functional.logsigmoid(-a)
    log_f = log_f + s.log() - v.log() - torch.log1p(-v)
    return 8 - (log_f.mean(-1) / math.log(2)).mean((-3, -2, -1))


# ---------------------------------------------------------------- bits per dimension


def test_uniform_model_takes_eight_bits():
    for shape in ((1, 28, 28), (3, 4, 4)):
        x = torch.randint(0, 256, (7, *shape)).byte()
        found = bits_per_dim(uniform_model(shape), x)
        assert found.mean == pytest.approx(8.0, abs=1e-6)
        assert found.dim == math.prod(shape) and found.kind == "ELBO"
        coarse = Flow([UniformDequantization(shape, levels=32)], Uniform(shape))
        assert bits_per_dim(coarse, x // 8).mean == pytest.approx(5.0, abs=1e-6)


def test_padding_does_not_count():
    images = data.sample("mnist")[1][:20]
    framed = images.padded(2)
    model = uniform_model((1, 32, 32))
    found = bits_per_dim(model, framed)
    assert found.dim == 784 and found.mean == pytest.approx(8 * 1024 / 784, abs=1e-5)
    assert bits_per_dim(model, framed.images).dim == 1024
    assert bits_per_dim(model, framed.images, dim=784).mean == pytest.approx(found.mean)
    with pytest.raises(ValueError, match=r"images \(N, 1x32x32\), got \(20, 1, 28, 28\).*padded"):
        bits_per_dim(model, images)


def test_elbo_is_what_quadrature_says():
    flow, scale, shift = logistic_model()
    x = whole_numbers(40)
    found = bits_per_dim(flow, x, draws=400)
    expected = expected_elbo(x, scale, shift)
    assert found.mean == pytest.approx(float(expected.mean()), abs=5 * found.over_draws)
    assert found.over_draws < 1e-3


def test_a_bound_lies_above_the_truth_and_tightens():
    """Densities that fall by a factor of 100 within a cell, on images near their middle."""
    flow, scale, shift = logistic_model(spread=300.0)
    middle = (256 * torch.sigmoid(-shift / scale)).floor()
    x = (middle + torch.randint(-3, 4, (30, *SHAPE))).clamp(0, 255).byte()
    truth = float(true_bits(x, scale, shift).mean())
    counts = {1: 500, 4: 500, 16: 500, 1000: 40}
    found = [bits_per_dim(flow, x, draws=n, importance=k, batch=20_000) for k, n in counts.items()]
    assert [b.kind for b in found] == ["ELBO", "IWBO-4", "IWBO-16", "IWBO-1000"]
    gaps = [bound.mean - truth for bound in found]
    assert gaps[0] > 20 * found[0].over_draws  # there is something to tighten
    assert gaps[0] > 1.5 * gaps[1] > 2 * gaps[2] > 4 * abs(gaps[3])
    for gap, bound in zip(gaps, found, strict=True):
        assert gap > -4 * bound.over_draws
    assert abs(gaps[3]) < 4 * found[3].over_draws


def test_importance_weights_are_those_of_the_flow():
    flow, *_ = logistic_model()
    x = whole_numbers(8)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        expected = flow.log_prob(x.double(), draws=5)
    found = bits_per_dim(flow, x, importance=5, batch=8, seed=3)
    assert torch.allclose(found.per_image, -expected / (6 * math.log(2)), rtol=1e-12)


def test_float32_weights_are_added_in_float64():
    """784 dimensions, thousands of nats: a mean of equal weights is exactly that weight."""
    shape = (1, 28, 28)
    x = torch.randint(0, 256, (2, *shape)).byte()
    assert bits_per_dim(uniform_model(shape), x, importance=1001).mean == pytest.approx(8, abs=1e-6)


def test_errors_over_images_and_draws():
    flow, *_ = logistic_model()
    x = whole_numbers(50)
    found = bits_per_dim(flow, x, draws=9, batch=16)
    assert found.over_images == pytest.approx(
        float(np.std(found.per_image.numpy(), ddof=1)) / math.sqrt(50)
    )
    assert found.mean == pytest.approx(float(found.per_image.mean()), rel=1e-12)
    again = [bits_per_dim(flow, x, seed=seed).mean for seed in range(200)]
    assert found.over_draws == pytest.approx(np.std(again) / 3, rel=0.6)
    single = bits_per_dim(flow, x[:1])
    assert single.over_images is None and single.over_draws is None


def test_the_same_seed_gives_the_same_number_and_leaves_no_trace():
    flow, *_ = logistic_model()
    x = whole_numbers(30)
    before = torch.get_rng_state()
    a, b = bits_per_dim(flow, x, draws=3), bits_per_dim(flow, x, draws=3)
    assert torch.equal(a.per_image, b.per_image)
    assert torch.equal(torch.get_rng_state(), before)
    assert bits_per_dim(flow, x, draws=3, seed=1).mean != a.mean


class Noisy(layers.Affine):
    """An identity that answers otherwise while it is trained."""

    def _map(self, x, context):
        z, volume = super()._map(x, context)
        return z, volume + 100.0 * self.training


def test_evaluation_mode_comes_and_goes():
    shape = (1, 2, 2)
    flow = Flow([UniformDequantization(shape), Logit(shape), Noisy(shape), Sigmoid(shape)],
                Uniform(shape))  # fmt: skip
    flow.train()
    flow[1].eval()
    assert bits_per_dim(flow, torch.full((3, *shape), 9).byte()).mean == pytest.approx(8, abs=1e-4)
    assert flow.training and flow[2].training and not flow[1].training


def test_an_exact_model_of_whole_numbers():
    """Nothing is drawn, so once is enough."""
    flow = whole_number_model()
    found = bits_per_dim(flow, whole_numbers(10).flatten(1), draws=7, importance=3)
    assert found.mean == pytest.approx(8.0) and found.kind == "exact"
    assert found.draws == 1 and found.importance == 1
    assert "exact" in str(found) and "whole numbers" in str(found)


class Relabelled(layers.Permutation):
    """A permutation of whole numbers."""

    def __init__(self, order):
        super().__init__(order)
        self.data_space = self.latent_space = INTEGERS


def whole_number_model() -> Flow:
    return Flow([Relabelled(list(range(6)))], UniformIntegers(6, 256))


def test_what_is_said():
    found = bits_per_dim(logistic_model()[0], whole_numbers(12), draws=4, importance=8)
    row = found.row()
    assert row["kind"] == "IWBO-8" and row["draws"] == 4 and row["images"] == 12
    assert row["dim"] == 6 and row["dequantization"] == "uniform dequantization, 256 levels"
    assert str(found).startswith(
        f"{found.mean:.4f} bits/dim (upper bound: IWBO-8, 4 draws an image"
    )
    images = data.sample("kmnist")[1][:2]
    assert "KMNIST test" in str(bits_per_dim(uniform_model((1, 28, 28)), images))


def test_what_is_refused():
    x = whole_numbers(4)
    with pytest.raises(ValueError, match="expected a flow of the integers.*got one of the reals"):
        bits_per_dim(Flow([Affine(SHAPE)]), x)
    flow = logistic_model()[0]
    with pytest.raises(ValueError, match="expected draws and importance >= 1, got 0 and 1"):
        bits_per_dim(flow, x, draws=0)
    with pytest.raises(ValueError, match="expected batch >= 1"):
        bits_per_dim(flow, x, batch=0)
    of_a_set = data.ImageSet(x.byte(), torch.zeros(4, dtype=torch.int64), "toy", "test", "here")
    for images, dim in itertools.product((x, of_a_set), (0, -1)):
        with pytest.raises(ValueError, match=f"expected dim >= 1, got {dim}"):
            bits_per_dim(flow, images, dim=dim)
    with pytest.raises(ValueError, match="expected whole numbers from 0 to 31"):
        bits_per_dim(Flow([UniformDequantization(SHAPE, 32)], Uniform(SHAPE)), x)
    flow[2].params.data[1, 0, 1, 1] = math.nan
    with pytest.raises(ValueError, match="image 0: expected a finite log P"):
        bits_per_dim(flow, x)
    guess = Flow([UniformDequantization(2), Logit(2), *zoo.ffjord(divergence="hutchinson").layers])
    assert guess.likelihood == "estimate"
    with pytest.raises(ValueError, match="biased; use draws=2"):
        bits_per_dim(guess, torch.ones(3, 2).byte(), importance=2)


# ---------------------------------------------------------------- which layer pays what


def picture_models() -> dict[str, Flow]:
    """Small flows of every kind on images (1, 8, 8), with weights that do something."""
    shape = (1, 8, 8)
    pixels = [UniformDequantization(shape), Logit(shape, 0.05)]
    flat = [*pixels, Flatten(shape)]
    chains = {
        "glow": [*pixels, *zoo.glow(shape, steps=2, width=8).layers],
        "checkerboard": [
            *pixels,
            ConvCoupling(shape, AffineMap(2.0), "checkerboard", hidden=(8,)),
            ActNorm(shape, channels=True),
        ],
        "flowified mlp": [*flat, FlowifiedLinear(64, 20, hidden=(16,)),
                          RationalQuadraticSpline(20), FlowifiedLinear(20, 24),
                          FlowifiedLinear(24, 24), FlowifiedLinear(24, 1)],
        "flowified conv": [*pixels, FlowifiedConv2d(shape, 6, 3, 2),
                           RationalQuadraticSpline((6, 4, 4)), FlowifiedConv2d((6, 4, 4), 30, 2, 2),
                           FlowifiedConv2d((30, 2, 2), 8, 2, 1, noise="gaussian")],
        "side by side": [*pixels, FlowifiedConv2d(shape, 4, 2, 2),
                         FlowifiedConv2d((4, 4, 4), 8, 2, 2, decoder="standard_normal"),
                         FlowifiedConv2d((8, 2, 2), 5, 2, 1, padding=1)],
        "vectors": [*flat, LULinear(64), Permutation(torch.randperm(64).tolist()), Rotation(64),
                    AffineCoupling(64), MaskedAutoregressive(64, AffineMap(2.0), (32,)),
                    Slice(64, 30), Affine(30)],
        "anything": [*pixels, MaxPool(shape), Flatten((1, 4, 4)), Augment(16, 3),
                     GaussianizationBlock(19), Sequential([Affine(19), LeakyReLU(19)])],
        "funnels": [*pixels, ConvFunnel(shape), Flatten((1, 4, 4)), LinearFunnel(16, 7)],
        "variational": [VariationalDequantization(shape, hidden=(8,)), Logit(shape, 0.05),
                        Squeeze(shape), Split((4, 4, 4), 8)],
    }  # fmt: skip
    return {name: shaken(Flow(chain)) for name, chain in chains.items()}


def shaken(flow: Flow) -> Flow:
    for p in flow.parameters():
        p.data += 0.1 * torch.randn_like(p)
    return flow.requires_grad_(False)


@pytest.fixture(scope="module")
def models() -> dict[str, Flow]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return picture_models()


@pytest.fixture(scope="module")
def corners() -> Tensor:
    """The middle 8 x 8 pixels of some digits."""
    return data.sample("mnist")[1].images[:7, :, 10:18, 10:18]


KINDS = ["glow", "checkerboard", "flowified mlp", "flowified conv", "side by side", "vectors",
         "anything", "funnels", "variational"]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_account_adds_up_to_the_bits(models, corners, name):
    flow = models[name]
    found = bits_per_dim(flow, corners, draws=3, batch=4)
    account = average_ledger(flow, corners, draws=3, batch=4)
    assert account.bits_per_dim == pytest.approx(found.mean, rel=1e-5)
    rows = account.rows()
    cells = [v for row in rows for k, v in row.items() if k != "layer"]
    assert sum(cells) == pytest.approx(found.mean, rel=1e-5)
    assert len(rows) == len(flow) + 1 and rows[-1]["layer"] == flow[0].title
    assert f"{found.mean:10.3f}" in repr(account).splitlines()[-1]


def test_the_account_of_layers_that_are_known():
    """Dequantization costs log2 256 bits; a scale gives back the mean of its logarithm."""
    flow, scale, _ = logistic_model()
    account = average_ledger(flow, whole_numbers(9), batch=2)
    assert account.titles == [layer.title for layer in flow]
    assert account.bits(account.terms[0]["encoder"]) == pytest.approx(8.0, abs=1e-12)
    assert account.bits(account.terms[2]["volume"]) == pytest.approx(-float(scale.log2().mean()))
    assert account.base == 0 and account.images == 9


def test_streaming_changes_nothing(models, corners):
    """A flow that draws no noise but at the first layer: batches of any size, one mean."""
    flow = logistic_model()[0]
    x = whole_numbers(40)
    one, many = (average_ledger(flow, x, draws=60, batch=b) for b in (40, 7))
    for a, b in zip(one.terms, many.terms, strict=True):
        assert a == pytest.approx(b, abs=0.05)


# ---------------------------------------------------------------- where on the image


@pytest.mark.parametrize("name", KINDS)
def test_pixel_bits_add_up(models, corners, name):
    flow = models[name]
    found = bits_per_dim(flow, corners, batch=4)
    shares = pixel_bits(flow, corners, batch=4)
    assert shares.values.shape == corners.shape and shares.maps.shape == (7, 8, 8)
    assert torch.allclose(shares.bits_per_dim, found.per_image, rtol=1e-4)


def test_independent_pixels_pay_for_themselves():
    """Against quadrature, pixel by pixel, also behind layers that relabel and turn signs."""
    flow, scale, shift = logistic_model()
    x = whole_numbers(6)
    expected = pixelwise_elbo(x, scale, shift)
    plain = pixel_bits(flow, x, draws=300).values
    assert torch.allclose(plain, expected, atol=0.15)
    order = [3, 0, 5, 1, 4, 2]
    normal = Flow([*flow.layers, Logit(SHAPE)]).double()
    behind = Flow(
        [*normal.layers, Flatten(SHAPE), Permutation(order), Reshape(6, (6, 1, 1))]
    ).double()
    a, b = (pixel_bits(f, x, draws=3).values for f in (normal, behind))
    assert torch.allclose(a, b, atol=1e-9)
    assert float((a - a.mean()).abs().max()) > 0.5  # there is something to tell apart


def pixelwise_elbo(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """As `expected_elbo`, of every pixel alone."""
    ones = torch.ones(1, 1, 1).double()
    rows = [
        expected_elbo(x[..., i : i + 1, j : j + 1], ones * scale[0, i, j], ones * shift[0, i, j])
        for i in range(2)
        for j in range(3)
    ]
    return torch.stack(rows, -1).reshape(-1, *SHAPE)


def test_what_is_dropped_is_paid_for_where_it_was():
    """A linear layer that turns nothing keeps two pixels and drops four, each with N(0, 1)."""
    eye = torch.eye(6).double()
    linear = FlowifiedLinear(6, 2, decoder="standard_normal").double()
    linear.factors.set(3 * eye[:2])
    flow = Flow([UniformDequantization(SHAPE), Logit(SHAPE), Flatten(SHAPE), linear]).double()
    x = whole_numbers(5)
    found = pixel_bits(flow, x, seed=4).values.flatten(1)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        v = flow[0](x.double())[0]
    y, log_slope = torch.logit(v), -v.log() - torch.log1p(-v)
    stretch = torch.tensor([3.0, 3, 1, 1, 1, 1]).double().reshape(SHAPE)
    normal = -0.5 * (stretch * y) ** 2 - 0.5 * math.log(2 * math.pi)
    expected = 8 - (normal + stretch.log() + log_slope) / math.log(2)
    assert torch.allclose(found, expected.flatten(1), atol=1e-6)


def test_a_rotation_shares_by_squares():
    """Two pixels turned by an angle a: z_1 belongs to x_1 by cos^2 a, to x_2 by sin^2 a."""
    shape = (1, 1, 2)
    angle = 0.4
    c, s = math.cos(angle), math.sin(angle)
    turn = Rotation.from_matrix(torch.tensor([[c, -s], [s, c]], dtype=torch.float64)).double()
    flow = Flow([UniformDequantization(shape), Logit(shape), Flatten(shape), turn]).double()
    x = torch.tensor([[[[3, 180]]]]).byte()
    found = pixel_bits(flow, x, seed=1).values.flatten()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        v = flow[0](x.double())[0].flatten()
    y = torch.logit(v)
    normal = -0.5 * torch.stack([c * y[0] - s * y[1], s * y[0] + c * y[1]]) ** 2
    normal = normal - 0.5 * math.log(2 * math.pi)
    mixed = torch.stack([c**2 * normal[0] + s**2 * normal[1], s**2 * normal[0] + c**2 * normal[1]])
    expected = 8 - (mixed - v.log() - torch.log1p(-v)) / math.log(2)
    assert torch.allclose(found, expected, atol=1e-6)


def test_pixel_bits_refuse():
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\)"):
        pixel_bits(whole_number_model(), whole_numbers(2).flatten(1))
    flow = logistic_model()[0]
    with pytest.raises(ValueError, match="expected shares that sum to log p"):
        pixel_bits(Flow([*flow.layers, Lossy(SHAPE)], Uniform(SHAPE)), whole_numbers(2))


class Lossy(layers.Affine):
    """An account that forgets half of its volume."""

    def __init__(self, shape):
        super().__init__(shape)
        self.data_space = self.latent_space = CUBE
        self.params.data[0] -= 0.3

    def _map(self, x, context):
        z, volume = super()._map(x, context)
        return z, volume / 2
