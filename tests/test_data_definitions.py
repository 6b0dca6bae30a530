"""Planar densities against their definitions: noise along a curve, sums over what lands there."""

from __future__ import annotations

import math

import pytest
import torch
from planar import MIXTURE, anywhere, density, fine
from torch import Tensor

from flowviz import data


def along(curve: Tensor, sigma: float, x: Tensor) -> Tensor:
    """log p(x) by the definition: the noise averaged over a very fine run along the curve."""
    squared = (x[:, None] - curve).square().sum(-1) / (2 * sigma**2)
    return torch.logsumexp(-squared, dim=1) - math.log(len(curve) * 2 * math.pi * sigma**2)


def circle(angle: Tensor) -> Tensor:
    return torch.stack([angle.cos(), angle.sin()], dim=-1)


def points_near() -> Tensor:
    return torch.cat([anywhere(15)[:15], 3 * anywhere(15)[:15]])


@pytest.mark.parametrize("noise", [0.03, 0.1, 1.0])
def test_two_moons_are_noisy_half_circles(noise: float) -> None:
    upper = circle(math.pi * fine())
    lower = torch.tensor([1.0, 0.5]) - upper
    curve = 2 * torch.cat([upper, lower]) + torch.tensor([-1.0, -0.2], dtype=torch.float64)
    expected = along(curve, 2 * noise, points_near())
    torch.testing.assert_close(
        data.TwoMoons(noise).log_prob(points_near()), expected, rtol=1e-6, atol=1e-4
    )


def test_rings_are_noisy_circles() -> None:
    curve = torch.cat([radius * circle(2 * math.pi * fine()) for radius in (0.5, 2.0)])
    torch.testing.assert_close(
        data.Rings((0.5, 2.0), 0.2).log_prob(points_near()), along(curve, 0.2, points_near())
    )


def test_circles_are_two_rings() -> None:
    rings = data.Rings((1.0, 4.0), 0.2)
    circles = data.Circles(radius=4.0, factor=0.25, noise=0.2)
    assert torch.equal(circles.log_prob(points_near()), rings.log_prob(points_near()))


@pytest.mark.parametrize(("noise", "turns"), [(0.1, 1.5), (0.3, 0.75)])
def test_two_spirals_are_noisy_curves(noise: float, turns: float) -> None:
    angle = 2 * math.pi * turns * fine().sqrt()
    arm = angle[:, None] / 3 * torch.stack([-angle.cos(), angle.sin()], dim=-1)
    expected = along(torch.cat([arm, -arm]), noise, points_near())
    torch.testing.assert_close(
        data.TwoSpirals(noise, turns).log_prob(points_near()), expected, rtol=1e-5, atol=1e-3
    )


def test_a_mixture_is_the_sum_of_its_normals() -> None:
    parts = [
        torch.distributions.MultivariateNormal(
            torch.tensor(m).double(), torch.tensor(c).double()
        ).log_prob(points_near())
        for m, c in zip(MIXTURE["means"], MIXTURE["covariances"], strict=True)
    ]
    weights = torch.tensor(MIXTURE["weights"], dtype=torch.float64)
    expected = torch.logsumexp(torch.stack(parts, -1) + weights.log(), -1)
    torch.testing.assert_close(density("GaussianMixture").log_prob(points_near()), expected)


@pytest.mark.parametrize(("arms", "rate", "width"), [(5, 0.25, 0.1), (1, 1.0, 0.35), (4, 0.6, 0.3)])
def test_pinwheel_is_the_sum_over_what_lands_there(arms: int, rate: float, width: float) -> None:
    """Walk the circle |f| = |x| / 2 in small steps and count each time that it lands on x.

    With the wider arms a seventh of the mass is folded over.
    """
    pinwheel = data.Pinwheel(radial_std=0.4, tangential_std=width, arms=arms, rate=rate)
    x = pinwheel.sample(25, seed=4).double()
    f = x.norm(dim=-1)[:, None, None] / 2 * circle(math.pi * (2 * fine(60_000) - 1))
    swept = torch.atan2(f[..., 1], f[..., 0]) - rate * f[..., 0].exp()
    turns = (swept - torch.atan2(x[:, 1], x[:, 0])[:, None]) * arms / (2 * math.pi)
    lands = turns.floor().diff() != 0
    energy = ((f[..., 0] - 1) / 0.4) ** 2 + (f[..., 1] / width) ** 2
    normal = (-energy / 2).exp() / (2 * math.pi * 0.4 * width)
    determinant = 4 * (1 + rate * f[..., 0].exp() * f[..., 1]).abs()
    sheet = normal / determinant / arms
    expected = (lands * (sheet[:, 1:] + sheet[:, :-1]) / 2).sum(-1).log()
    torch.testing.assert_close(pinwheel.log_prob(x), expected, rtol=0, atol=2e-3)


def test_an_unswirled_pinwheel_is_a_mixture_of_arms() -> None:
    pinwheel = data.Pinwheel(arms=3, rate=1e-12)
    turns = 2 * math.pi * torch.arange(3, dtype=torch.float64) / 3
    axes = torch.stack([circle(turns), circle(turns + math.pi / 2)], dim=-1)
    covariances = axes @ torch.diag(torch.tensor([0.6**2, 0.2**2]).double()) @ axes.mT
    mixture = data.GaussianMixture(2 * circle(turns), covariances)
    x = points_near()
    torch.testing.assert_close(pinwheel.log_prob(x), mixture.log_prob(x), rtol=1e-6, atol=1e-6)


def test_the_average_of_a_far_circle_is_that_of_its_windings() -> None:
    near, far = (2 * (math.log(1000 / 0.25) + step) for step in (-0.05, 1e-6))
    around = circle(2 * math.pi * fine(1500))
    radii = torch.linspace(near, far - 1e-3, 12, dtype=torch.float64)
    windings = density("Pinwheel").log_prob(radii[:, None, None] * around).exp().mean(dim=1)
    average = density("Pinwheel").log_prob(far * around[::375])
    torch.testing.assert_close(average, average.mean().expand(4))
    slope = -(radii - far) * ((far / 2 - 1) / 0.09 / 2)  # log p falls along an arm
    drift = windings.log() - slope - average.mean()
    assert float(drift.mean()) == pytest.approx(0, abs=0.15)


def test_checkerboard_is_ffjords() -> None:
    def ffjord(x: float, y: float) -> bool:
        return abs(x) < 4 and abs(y) < 4 and (math.floor(x / 2) + math.floor(y / 2)) % 2 == 0

    x = anywhere()
    filled = torch.tensor([ffjord(*point) or point == [-4.0, -4.0] for point in x.tolist()])
    assert torch.equal(density("Checkerboard").log_prob(x).isfinite(), filled)


def test_corners_are_twice_as_dense_at_the_elbow() -> None:
    elbow, bar, outside = density("Corners").log_prob(
        torch.tensor([[-1.5, 1.5], [-1.5, 3.5], [-3.5, 3.5]], dtype=torch.float64)
    )
    assert math.exp(elbow) == pytest.approx(1 / 12)
    assert math.exp(bar) == pytest.approx(1 / 24)
    assert outside == -torch.inf
