"""Flowified linear layers are the network's own layers, and the bound is the known one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from flowviz import Flow
from flowviz.flow import seeded
from flowviz.layers import FlowifiedLinear, Rotation
from flowviz.layers.flowified import paper_hidden
from flowviz.layers.svd_weight import rotations_and_scales

SIZES = [(1, 1), (2, 2), (5, 5), (40, 40), (3, 1), (1, 3), (7, 4), (4, 7), (64, 32)]


def some_linear(inputs: int, outputs: int, seed: int, dtype=torch.float32) -> nn.Linear:
    with seeded(seed):
        linear = nn.Linear(inputs, outputs).to(dtype)
        nn.init.normal_(linear.weight)
        return linear


@pytest.mark.parametrize(("inputs", "outputs"), SIZES)
@pytest.mark.parametrize("seed", range(4))
def test_without_noise_it_is_the_linear_layer(inputs, outputs, seed):
    """Whatever the signs of the determinants of its SVD."""
    linear = some_linear(inputs, outputs, seed)
    layer = FlowifiedLinear.from_linear(linear)
    x = torch.randn(20, inputs, generator=torch.Generator().manual_seed(seed))
    scale = float(linear.weight.detach().norm())
    torch.testing.assert_close(layer(x, mode="mean")[0], linear(x), rtol=0, atol=1e-5 * scale)
    torch.testing.assert_close(layer.weight, linear.weight, rtol=0, atol=1e-5 * scale)
    if inputs == outputs:
        sign, volume = torch.linalg.slogdet(linear.weight.detach())
        assert layer(x)[1].volume[0].item() == pytest.approx(float(volume), abs=1e-3)
        assert layer.cut == (sign < 0)


def test_reflections_do_occur_among_these():
    signs = [float(torch.linalg.det(some_linear(2, 2, s).weight.detach())) > 0 for s in range(4)]
    assert len(set(signs)) == 2


@pytest.mark.parametrize(("inputs", "outputs"), SIZES)
def test_both_factors_are_rotations(inputs, outputs):
    for seed in range(4):
        weight = some_linear(inputs, outputs, seed).weight.detach().double()
        left, scales, right, signs = rotations_and_scales(weight)
        core = torch.zeros(outputs, inputs, dtype=torch.float64)
        core.diagonal().copy_(scales * signs[: len(scales)])
        torch.testing.assert_close(left @ core @ right, weight)
        assert torch.linalg.det(left) > 0 and torch.linalg.det(right) > 0


def test_rounding_is_not_mistaken_for_a_reflection():
    """Half turns about random axes, in single precision: symmetric, two reflections each."""
    for seed in range(20):
        axis = torch.randn(3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        turn = 2 * torch.outer(axis, axis) / axis.square().sum() - torch.eye(3).double()
        layer = Rotation.from_matrix(turn.float(), form="householder")
        torch.testing.assert_close(layer.matrix(), turn.float())


@pytest.mark.parametrize("form", ["householder", "exponential", "matrix_exponential", "cayley"])
def test_all_forms_give_the_same_likelihood(form):
    linear = some_linear(4, 2, 1, torch.float64)
    layer = FlowifiedLinear.from_linear(linear, decoder="standard_normal", form=form)
    x = torch.randn(10, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight = linear.weight.detach()
    _, terms = layer(x)
    inverse = torch.linalg.pinv(weight)
    dropped = x.square().sum(1) - (x @ weight.mT @ inverse.mT).square().sum(1)
    volume = 0.5 * torch.linalg.slogdet(weight @ weight.mT).logabsdet
    torch.testing.assert_close(terms.volume, volume.expand(10))
    torch.testing.assert_close(terms.decoder, -0.5 * dropped - math.log(2 * math.pi))


def test_a_reducing_layer_against_a_standard_normal_is_a_gaussian():
    """Kept ~ N(0, 1/w^2) along one direction, N(0, 1) across it."""
    linear = some_linear(2, 1, 3, torch.float64)
    layer = FlowifiedLinear.from_linear(linear, decoder="standard_normal")
    w, b = linear.weight.detach()[0], linear.bias.detach()
    along = w / w.norm()
    spread = torch.eye(2).double() + torch.outer(along, along) * (1 / w.norm() ** 2 - 1)
    model = MultivariateNormal(-b * w / w.norm() ** 2, spread)
    x = torch.randn(30, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(Flow([layer]).log_prob(x), model.log_prob(x))


PADDING = {0.3: (-3.17, -3.17), 1.0: (-2.00, -2.00), 3.0: (-1.24, -1.19)}


@pytest.mark.parametrize("w", PADDING)
def test_padding_one_number_by_another(w):
    """The 1 -> 2 layer at x = 0.5: exact -1.0439, one draw, and infinitely many."""
    layer = FlowifiedLinear(1, 2)
    with torch.no_grad():
        layer.factors.log_scale[1] = math.log(w)
        x = torch.tensor([[0.5]]).expand(40_000, 1)
        with seeded(0):
            bounds = Flow([layer]).log_prob(x).double()
    one, many = PADDING[w]
    assert float(bounds.mean()) == pytest.approx(one, abs=0.006)
    assert float(bounds.logsumexp(0)) - math.log(40_000) == pytest.approx(many, abs=0.006)
    assert -0.125 - 0.5 * math.log(2 * math.pi) == pytest.approx(-1.0439, abs=1e-4)


def test_a_network_of_three_layers_round_trips():
    """2 -> 16 -> 2: adding, then dropping; mean-mode is the product of the weights."""
    up, down = some_linear(2, 6, 0), some_linear(6, 2, 1)
    flow = Flow([FlowifiedLinear.from_linear(up), FlowifiedLinear.from_linear(down)])
    x = torch.randn(9, 2, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(flow(x, mode="mean")[0], down(up(x)), rtol=0, atol=1e-4)
    z, terms = flow(x)
    assert not flow.exact and torch.isfinite(terms.total).all() and z.shape == x.shape


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (torch.zeros(2, 3), "full rank 2, got rank 0"),
        (torch.tensor([[1.0, 2.0], [2.0, 4.0]]), "full rank 2, got rank 1"),
        (torch.full((2, 2), torch.nan), "matrix of finite numbers"),
    ],
)
def test_weights_without_full_rank_raise(weight, words):
    with pytest.raises(ValueError, match=f"expected .*{words}"):
        FlowifiedLinear(weight.shape[1], weight.shape[0]).factors.set(weight)


def test_unknown_names_raise():
    with pytest.raises(ValueError, match='padding="uniform" or "gaussian", got \'zeros\''):
        FlowifiedLinear(1, 2, padding="zeros")
    with pytest.raises(ValueError, match="sizes >= 1, got 0 -> 2"):
        FlowifiedLinear(0, 2)


def test_the_decoders_sizes_are_the_papers():
    assert paper_hidden(784, 512) == (2352,)
    assert paper_hidden(32, 8) == (144, 144, 144)
    assert paper_hidden(16, 8) == (64,) * 5
