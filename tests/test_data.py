"""Laws of the planar densities, held over all of them."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from planar import (
    CASES,
    WITH_EDGES,
    anywhere,
    cell_area,
    cell_masses,
    density,
    every,
    everyone,
    smooth,
)
from torch import Tensor

from flowviz import data


def test_every_density_is_tested() -> None:
    public = {name for name in data.__all__ if not inspect.isabstract(getattr(data, name))}
    assert public == {*CASES, "Airports"}


@every
def test_mass_is_one(name: str) -> None:
    assert abs(float(cell_masses(name).sum()) - 1) < 1e-3


@every
def test_entropy_is_the_sum_over_a_grid(name: str) -> None:
    p = cell_masses(name) / cell_area(name)
    assert density(name).entropy == pytest.approx(
        cell_area(name) * float(torch.special.entr(p).sum()), abs=1e-3
    )


@every
def test_entropy_is_what_samples_pay(name: str) -> None:
    paid = -density(name).log_prob(density(name).sample(20_000, seed=3).double())
    error = 4 * float(paid.std()) / len(paid) ** 0.5
    assert float(paid.mean()) == pytest.approx(density(name).entropy, abs=error + 1e-6)


@pytest.mark.parametrize(
    ("name", "nats"),
    [
        ("TwoMoons", 2.39387),
        ("EightGaussians", 2.83158),
        ("Pinwheel", 2.31779),
        ("Checkerboard", math.log(32)),
        ("Corners", math.log(24) - math.log(2) / 3),
    ],
)
def test_entropy_is_the_known_one(name: str, nats: float) -> None:
    assert density(name).entropy == pytest.approx(nats, abs=1e-4)


def test_entropy_of_one_gaussian_is_the_closed_form() -> None:
    covariance = torch.tensor([[2.0, 0.6], [0.6, 0.5]], dtype=torch.float64)
    closed = math.log(2 * math.pi * math.e) + float(covariance.logdet()) / 2
    assert data.GaussianMixture([[3.0, -1.0]], covariance[None]).entropy == pytest.approx(closed)


@pytest.mark.parametrize("narrow", [0.3, 0.05])
def test_entropy_of_nested_gaussians_resolves_the_narrow_one(narrow: float) -> None:
    mixture = data.GaussianMixture([[0.0, 0.0], [0.7, 0.0]], [1.0, narrow], [0.5, 0.5])
    paid = -mixture.log_prob(mixture.sample(400_000, seed=0).double())
    error = 4 * float(paid.std()) / len(paid) ** 0.5
    assert mixture.entropy == pytest.approx(float(paid.mean()), abs=error)


def chi_square_z(observed: Tensor, expected: Tensor) -> float:
    """Wilson and Hilferty's normal score of the chi-square statistic; thin bins are pooled."""
    thin = expected < 10
    pooled = [torch.cat([t[~thin], t[thin].sum().reshape(1) + 1e-9]) for t in (observed, expected)]
    statistic = float(((pooled[0] - pooled[1]) ** 2 / pooled[1]).sum())
    freedom = len(pooled[0]) - 1
    spread = 2 / (9 * freedom)
    return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5


@every
def test_samples_follow_the_density(name: str) -> None:
    n, bins = 40_000, 16
    points = density(name).sample(n, seed=11).double()
    counts = torch.histogramdd(points, bins, range=[v for b in density(name).bounds for v in b])
    masses = cell_masses(name).unflatten(0, (bins, -1)).unflatten(2, (bins, -1)).sum((1, 3))
    assert chi_square_z(counts.hist.flatten(), n * masses.flatten()) < 4


@every
def test_no_sample_is_impossible(name: str) -> None:
    assert density(name).log_prob(density(name).sample(20_000, seed=2)).isfinite().all()


@pytest.mark.parametrize("cells", [3, 4, 7])
def test_rounding_never_leaves_a_tile(cells: int) -> None:
    board = data.Checkerboard(half_width=1000.0, cells=cells)
    assert board.log_prob(board.sample(2_000_000, seed=0)).isfinite().all()


@everyone
def test_the_seed_decides_the_sample(name: str) -> None:
    first, again, other = (density(name).sample(50, seed=s) for s in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@everyone
def test_a_seeded_sample_leaves_the_global_generator_alone(name: str) -> None:
    before = torch.get_rng_state()
    density(name).sample(50, seed=7)
    assert torch.equal(torch.get_rng_state(), before)


@everyone
def test_an_unseeded_sample_draws_from_the_global_generator(name: str) -> None:
    draws = []
    for _ in range(2):
        torch.manual_seed(3)
        draws.append(density(name).sample(50))
    assert torch.equal(*draws)
    assert not torch.equal(density(name).sample(50), draws[0])


@everyone
def test_samples_are_float32_points_within_the_bounds(name: str) -> None:
    points = density(name).sample(500, seed=0)
    low, high = torch.tensor(density(name).bounds).T
    assert points.dtype == torch.float32
    assert points.shape == (500, 2)
    assert name == "Airports" or ((points >= low) & (points <= high)).all()


@everyone
def test_a_density_says_what_it_is(name: str) -> None:
    subject = density(name)
    assert subject.dim == 2
    assert subject.name and len(subject.name) < 25
    assert repr(subject).startswith(name + "(")
    assert len(repr(subject)) < 80
    assert "0x" not in repr(subject)


@every
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 5), (0,), (4, 0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_prob_keeps_batch_shape_and_dtype(
    name: str, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    x = torch.randn(*shape, 2, dtype=dtype)
    value = density(name).log_prob(x)
    assert value.shape == shape
    assert value.dtype == dtype


@every
def test_no_point_depends_on_its_batch_mates(name: str) -> None:
    x = anywhere(6)
    together = density(name).log_prob(x)
    alone = torch.stack([density(name).log_prob(point) for point in x])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=1e-9)


@every
def test_log_prob_is_never_nan(name: str) -> None:
    value = density(name).log_prob(anywhere())
    assert not value.isnan().any()
    assert (value < torch.inf).all()


@pytest.mark.parametrize("name", sorted(WITH_EDGES))
def test_log_prob_is_minus_infinity_off_the_support(name: str) -> None:
    (left, right), (bottom, top) = density(name).bounds
    off = torch.tensor([[left - 1e-3, 0.0], [right, 0.0], [0.0, top], [0.0, bottom - 1e-3]])
    assert (density(name).log_prob(off) == -torch.inf).all()


@every
def test_gradients_are_finite(name: str) -> None:
    x = anywhere().requires_grad_()
    value = density(name).log_prob(x)
    value[value.isfinite()].sum().backward()
    assert x.grad.isfinite().all()


@smooth
def test_gradients_are_the_slopes_of_log_prob(name: str) -> None:
    x = density(name).sample(40, seed=1).double().requires_grad_()
    (gradient,) = torch.autograd.grad(density(name).log_prob(x).sum(), x)
    steps = 1e-6 * torch.eye(2, dtype=torch.float64)
    up, down = (density(name).log_prob(x.detach()[:, None] + s * steps) for s in (1, -1))
    torch.testing.assert_close(gradient, (up - down) / 2e-6, rtol=1e-4, atol=1e-4)


# What is shipped


def test_the_assets_are_small() -> None:
    assets = Path(inspect.getfile(data)).parent / "assets"
    assert sum(file.stat().st_size for file in assets.iterdir()) < 60_000


def test_shapes_need_no_picture_library() -> None:
    code = (
        "import sys; from flowviz import data; data.Heart(); data.Letter('f'); data.Airports();"
        "assert not {'PIL', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
