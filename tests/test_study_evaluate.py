"""Bits per dimension against models whose answer is known, and accounts that add up to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from flowviz import Flow, Uniform, UniformIntegers, layers, zoo
from flowviz.layers import (
    Affine,
    Logit,
    Sigmoid,
    UniformDequantization,
)
from flowviz.spaces import INTEGERS
from flowviz.studies import data
from flowviz.studies.evaluate import bits_per_dim

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
    with pytest.raises(ValueError, match="expected whole numbers from 0 to 31"):
        bits_per_dim(Flow([UniformDequantization(SHAPE, 32)], Uniform(SHAPE)), x)
    flow[2].params.data[1, 0, 1, 1] = math.nan
    with pytest.raises(ValueError, match="image 0: expected a finite log P"):
        bits_per_dim(flow, x)
    guess = Flow([UniformDequantization(2), Logit(2), *zoo.ffjord(divergence="hutchinson").layers])
    assert guess.likelihood == "estimate"
    with pytest.raises(ValueError, match="biased; use draws=2"):
        bits_per_dim(guess, torch.ones(3, 2).byte(), importance=2)
