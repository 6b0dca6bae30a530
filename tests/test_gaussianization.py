"""Gaussianization from data, and the flow made of it."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close
from masses import Grid

import flowviz as fv
from flowviz.layers import GaussianizationBlock
from flowviz.layers.spline import bins_of, raw_bins, raw_slopes, slopes_of


def skewed(n: int, dim: int = 2, seed: int = 0) -> torch.Tensor:
    """Standardized columns far from Gaussian: exponential and uniform in turn."""
    u = torch.rand(n, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    columns = [-(1 - u[:, i]).log() - 1 if i % 2 else 12**0.5 * (u[:, i] - 0.5) for i in range(dim)]
    return torch.stack(columns, 1)


def distance_from_normal(values: torch.Tensor) -> float:
    """Kolmogorov's: the largest gap between the distribution function of the values and Phi."""
    ordered, _ = values.sort()
    steps = torch.arange(1, len(values) + 1, dtype=torch.float64) / len(values)
    return (torch.special.ndtr(ordered) - steps).abs().max().item()


def test_the_inverses_of_the_spline_parameters():
    raw = torch.randn(7, 3, dtype=torch.float64)
    sizes = bins_of(raw, 2.0)[1]
    close(bins_of(raw_bins(sizes, 2.0), 2.0)[1], sizes, 1e-12)
    close(slopes_of(raw_slopes(slopes_of(raw))), slopes_of(raw), 1e-12)


def test_every_coordinate_becomes_gaussian_at_the_start():
    """On new draws; the splines alone, before the turn."""
    block = GaussianizationBlock(4, bins=12).double()
    block.initialize(skewed(20_000, 4))
    before, after = skewed(20_000, 4, seed=1), skewed(20_000, 4, seed=1)
    after = block.marginal(after)[0]
    for i in range(4):
        assert distance_from_normal(before[:, i]) > 0.05
        assert distance_from_normal(after[:, i]) < 0.02


def test_independent_data_are_solved_at_the_start():
    """log p of the first block comes near the entropy: 1 and log sqrt(12) nats a coordinate."""
    flow = fv.Flow([GaussianizationBlock(2, bins=24).double()]).double()
    flow.initialize(skewed(40_000))
    entropy = 1 + 0.5 * torch.tensor(12.0).log().item()
    assert 0 < -flow.log_prob(skewed(40_000, seed=1)).mean().item() - entropy < 0.12


def test_blocks_bring_dependent_data_closer_one_by_one():
    """Two moons, initialized and never trained: each block has less left to do."""
    data = fv.data.TwoMoons()
    flow = fv.zoo.gaussianization(blocks=8)
    flow.initialize(data.sample(8000, seed=0))
    x = data.sample(4000, seed=1)
    losses = []
    for blocks in (0, 2, 4, 8):
        losses.append(-flow[: blocks + 1].log_prob(x).mean().item())
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] - 0.4


def test_a_second_start_changes_nothing():
    block = GaussianizationBlock(2).double()
    block.initialize(skewed(100))
    before = block.marginal.params.clone()
    block.initialize(3 * skewed(100))
    assert torch.equal(before, block.marginal.params)


def test_too_few_points_raise():
    with pytest.raises(ValueError, match="expected at least 8 points to start from, got 7"):
        GaussianizationBlock(2, bins=8).initialize(torch.randn(7, 2))


def test_repeated_values_do_not_break_the_start():
    """Half of the data on one value: bins of no width are widened, and all stays finite."""
    x = skewed(1000)
    x[:500, 0] = 0.3
    block = GaussianizationBlock(2, bins=16).double()
    block.initialize(x)
    z, terms = block(x)
    assert torch.isfinite(z).all() and torch.isfinite(terms.volume).all()
    close(block.inverse(z)[0], x, 1e-9)


def test_the_flow_of_the_zoo_integrates_to_1_and_its_draws_follow_it():
    flow = lively(fv.zoo.gaussianization(blocks=3, bins=6), 0.6).double()
    x = flow.sample(10_000, seed=0)
    grid = Grid.around(x, 400)
    with torch.no_grad():
        mass = flow.log_prob(grid.points).exp() * grid.cell
    assert float(mass.sum()) == pytest.approx(1, abs=2e-3)
    assert grid.surprise(x, mass) > 1e-3
