"""Contractions under attack: no slope above the coefficient, bounds within reach."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from case import lively
from contractions import points, value
from laws import close, jacobians
from torch import Tensor

from flowviz.nets import Contraction, DotProductAttention, L2Attention, LipschitzMLP
from flowviz.nets.attention import _lambert_w

BRANCHES = {
    "perceptron": lambda: LipschitzMLP(3, (16, 16), coefficient=0.95),
    "by distance, 2 tokens": lambda: L2Attention((2, 1), coefficient=0.95),
    "by distance, 6 tokens": lambda: L2Attention((6, 2), heads=3, coefficient=0.95),
    "by alignment, 2 tokens": lambda: DotProductAttention((2, 1), coefficient=0.95),
    "by alignment, 6 tokens": lambda: DotProductAttention((6, 2), heads=3, coefficient=0.95),
}
branches = pytest.mark.parametrize("make", BRANCHES.values(), ids=BRANCHES.keys())


def steepest(branch: Contraction, weights: list[Tensor], steps: int = 60) -> float:
    """The largest slope |J v| / |v| that gradient ascent over points and directions finds."""
    spreads = torch.logspace(-2, 1.5, 64, dtype=torch.float64)
    x = points(branch, 64) * spreads.reshape(-1, *[1] * len(branch.shape))
    v = points(branch, 64).flip(0)
    x, v = x.requires_grad_(), v.requires_grad_()
    weights = [w.detach() for w in weights]
    optimizer = torch.optim.Adam([x, v], lr=0.1)
    best = 0.0
    for _ in range(steps):
        pushed = branch.linearize(x, None, weights)[1](v)
        ratio = pushed.flatten(1).norm(dim=1) / v.flatten(1).norm(dim=1)
        best = max(best, float(ratio.detach().max()))
        optimizer.zero_grad()
        (-ratio.clamp(min=1e-12).log().sum()).backward()
        optimizer.step()
    return best


@branches
@pytest.mark.parametrize("gain", [0.3, 3.0, 30.0])
def test_no_attack_finds_a_slope_above_the_coefficient(make, gain):
    """After every change of the weights: a bound taken at construction would not hold."""
    branch = make().double()
    for seed in range(2):
        lively(branch, gain, seed)
        assert steepest(branch, branch.weights()) <= 0.95 + 1e-12


@branches
def test_no_pair_of_points_moves_apart(make):
    branch = lively(make(), 10.0).double()
    x = points(branch, 400, 3.0)
    y = x + points(branch, 400).flip(0) * torch.logspace(-6, 1, 400).reshape(
        -1, *[1] * (x.dim() - 1)
    )
    moved = (value(branch, x) - value(branch, y)).flatten(1).norm(dim=1)
    assert (moved <= 0.95 * (x - y).flatten(1).norm(dim=1)).all()


def test_a_perceptron_comes_up_to_its_coefficient_and_no_further():
    """On a line singular vectors cannot but line up, and the slope of LipSwish gets to 0.9998."""
    branch = LipschitzMLP(1, (1, 1), coefficient=0.95).double()
    for p in branch.linears.parameters():
        torch.nn.init.constant_(p, 5.0 if p.dim() > 1 else 0.0)
    assert 0.93 < steepest(branch, branch.weights(), 200) <= 0.95


@pytest.mark.parametrize("cls", [L2Attention, DotProductAttention])
@pytest.mark.parametrize("tokens", [1, 2, 5])
def test_the_bound_of_attention_is_within_reach(cls, tokens):
    """Not below what an attack finds, and not a number so large that nothing moves."""
    branch = lively(cls((tokens, 2), heads=1), 2.0, seed=tokens).double()
    raw = branch.weights()
    raw[-1] = branch.out
    found, bound = steepest(branch, raw, 120), float(branch.bound().detach())
    assert 0.1 * bound <= found <= bound


@pytest.mark.parametrize("cls", [L2Attention, DotProductAttention])
def test_attention_far_out_keeps_its_slopes_in_single_precision(cls):
    """By distance: what all tokens share changes none, so it must drown none. By alignment the
    tokens grow alike there, and their slopes vanish."""
    branch = lively(cls((5, 2), heads=2), seed=1)
    near = torch.randn(8, 5, 2, generator=torch.Generator().manual_seed(0))
    for offset in (0.0, 100.0, 1000.0):
        x = offset + near
        single = jacobians(lambda v: value(branch, v), x).double()
        wide = copy.deepcopy(branch).double()
        close(single, jacobians(lambda v: value(wide, v), x.double()), 1e-5)  # noqa: B023


def test_lambert_w_and_what_the_bound_takes_from_it():
    """phi is the greatest sum_j a_j e^{-a_j} / (1 + sum_j e^{-a_j}) over n - 1 numbers a >= 0."""
    for n in (2, 3, 10, 300):
        phi = _lambert_w((n - 1) / math.e)
        assert abs(phi * math.exp(phi) - (n - 1) / math.e) < 1e-12 * n
        a = torch.linspace(0, 12, 200_001, dtype=torch.float64)
        found = ((n - 1) * a * (-a).exp() / (1 + (n - 1) * (-a).exp())).max()
        assert abs(phi - found) < 1e-7
    assert _lambert_w(0.0) == 0.0


@branches
def test_products_with_the_jacobian_are_autograds(make):
    branch = lively(make(), 2.0).double()
    x, v = points(branch, 7), points(branch, 7).flip(0)
    expected = jacobians(lambda x: value(branch, x), x) @ v.flatten(1).unsqueeze(-1)
    pushed = branch.linearize(x, None, branch.weights())[1](v)
    close(pushed.flatten(1), expected.squeeze(-1), 1e-12)
