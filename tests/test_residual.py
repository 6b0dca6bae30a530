"""Residual layers: estimators without bias, inverses to rounding and with gradients."""

from __future__ import annotations

import math

import pytest
import torch
from case import lively
from contractions import points, value
from laws import close, jacobians
from torch import Tensor

from flowviz.flow import seeded
from flowviz.layers import Residual, ResidualAttention, ResidualMLP
from flowviz.nets import DotProductAttention, L2Attention, LipschitzMLP


def test_a_zero_matrix_has_a_finite_gradient_and_the_layer_starts_at_the_identity():
    for layer in (
        ResidualMLP(2, (8,)),
        ResidualAttention((3, 1)),
        ResidualAttention((3, 1), "dot"),
    ):
        x = points(layer.branch, 5).float().requires_grad_()
        z, terms = layer(x)
        close(z, x, 0)
        ((z**3).sum() + terms.volume.sum()).backward()
        assert all(p.grad is None or torch.isfinite(p.grad).all() for p in layer.parameters())


def lively_layer(volume: str, terms: int = 1, coefficient: float = 0.8) -> Residual:
    layer = ResidualMLP(2, (8, 8), coefficient=coefficient, volume=volume, terms=terms)
    return lively(layer, 8.0, seed=2).double()


def t_value(draws: Tensor, expected: Tensor) -> float:
    error = draws.mean(0) - expected
    return float((error / (draws.std(0) / math.sqrt(len(draws)))).abs().max())


@torch.no_grad()
def test_roulette_is_unbiased_and_truncation_is_not():
    x = torch.tensor([0.3, -0.6], dtype=torch.float64).expand(40_000, 2)
    exact = lively_layer("exact")(x[0])[1].volume
    series = partial_sums(lively_layer("exact"), x[0], 1)[-1]
    with seeded(0):
        roulette = lively_layer("roulette")(x)[1].volume
        truncated = lively_layer("truncated")(x)[1].volume
    assert t_value(roulette, exact) < 4
    assert t_value(truncated, series) < 4
    assert t_value(truncated, exact) > 6


def test_roulette_has_unbiased_gradients():
    x = torch.tensor([0.3, -0.6], dtype=torch.float64)
    expected = _volume_gradient(lively_layer("exact"), x)
    layer = lively_layer("roulette")
    with seeded(1):
        draws = torch.stack([_volume_gradient(layer, x.expand(40, 2)) for _ in range(150)])
    assert t_value(draws, expected) < 4.5  # the largest of 24


def _volume_gradient(layer: Residual, x: Tensor) -> Tensor:
    weight = layer.branch.linears[0].weight
    gradient = torch.autograd.grad(
        layer(x)[1].volume.mean(), [weight, layer.branch.linears[0].bias]
    )
    return torch.cat([g.flatten() for g in gradient])


def partial_sums(layer: Residual, x: Tensor, count: int) -> Tensor:
    """Partial sums of sum_k (-1)^{k+1}/k tr J^k at one point, by autograd's J."""
    slope = jacobians(lambda x: value(layer.branch, x), x[None])[0]
    powers = [torch.linalg.matrix_power(slope, k) for k in range(1, count + 1)]
    return torch.stack([(-1) ** k / (k + 1) * p.trace() for k, p in enumerate(powers)]).cumsum(0)


def test_the_truncated_series_is_off_by_no_more_than_promised():
    for c in (0.5, 0.8, 0.95):
        layer = lively_layer("exact", coefficient=c)
        for x in points(layer.branch, 5):
            sums, exact = partial_sums(layer, x, 12), layer(x)[1].volume
            n = torch.arange(1, 13)
            assert ((sums - exact).abs() <= 2 * c ** (n + 1) / ((n + 1) * (1 - c)) + 1e-12).all()


def test_every_point_has_its_own_probe_and_number_of_terms():
    with seeded(0):
        volume = lively_layer("roulette")(torch.ones(200, 2, dtype=torch.float64))[1].volume
    assert len(volume.unique()) > 10


def test_mean_mode_gives_the_determinant():
    x = torch.randn(6, 2, dtype=torch.float64)
    exact = lively_layer("exact")(x)[1].volume
    for kind in ("truncated", "roulette"):
        layer = lively_layer(kind)
        assert not layer.exact and torch.equal(layer(x, mode="mean")[1].volume, exact)
        close(layer.inverse(layer(x)[0], mode="mean")[1].volume, exact, 1e-9)
        assert layer.inverse(x, terms=False)[1].volume is None


def test_the_inverse_is_the_fixed_point_to_rounding_also_near_the_edge():
    for coefficient, dtype in [(0.5, torch.float32), (0.9, torch.float64), (0.999, torch.float64)]:
        layer = lively(ResidualMLP(2, (16,), coefficient=coefficient), 8.0).to(dtype)
        z = points(layer.branch, 40, 2.0).to(dtype)
        with torch.no_grad():
            x = layer.inverse(z)[0]
        scale = 4 * torch.finfo(dtype).eps * (1 + z.abs().amax(-1))
        assert ((layer(x)[0] - z).abs().amax(-1) <= scale).all()


def test_a_point_inverts_alike_with_any_mates_to_the_last_digit():
    layer = lively(ResidualMLP(2, (16,), coefficient=0.97), 8.0).double()
    z = points(layer.branch, 40, 2.0)
    with torch.no_grad():
        close(layer.inverse(z)[0][:3], layer.inverse(z[:3])[0], 1e-15)


@pytest.mark.parametrize(
    "make", [lambda: ResidualMLP(2, (8, 8)), lambda: ResidualAttention((2, 1), "dot")]
)
def test_gradients_of_the_inverse(make):
    layer = lively(make(), 3.0).double()
    z = points(layer.branch, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: (r := layer.inverse(z))[:1] + r[1][:1], z)
    for p in layer.parameters():
        grad = torch.autograd.grad(layer.inverse(z)[0].pow(2).sum(), p)[0].flatten()
        for i in range(0, p.numel(), 5):
            change = []
            for step in (1e-6, -1e-6):
                with torch.no_grad():
                    p.view(-1)[i] += step
                    change.append(layer.inverse(z)[0].pow(2).sum())
                    p.view(-1)[i] -= step
            close(grad[i], (change[0] - change[1]) / 2e-6, 1e-6)


def test_unfit_arguments_raise():
    for make, words in [
        (lambda: LipschitzMLP(0), "LipschitzMLP: expected positive sizes"),
        (lambda: LipschitzMLP(2, ()), "a hidden layer"),
        (lambda: LipschitzMLP(2, coefficient=1.0), "0 < coefficient < 1, got 1.0"),
        (lambda: L2Attention((2, 0)), "L2Attention: expected a shape"),
        (lambda: DotProductAttention((2, 2), coefficient=0.0), "DotProductAttention: .*got 0.0"),
        (lambda: ResidualAttention((2, 1), "cosine"), "expected kind .*got 'cosine'"),
        (lambda: ResidualMLP(2, volume="guess"), "expected volume one of .*got 'guess'"),
        (lambda: ResidualMLP(2, terms=0), "expected terms >= 1, got 0"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()
