"""Laws of the planar densities, held over all of them."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from flowviz import data

MIXTURE = dict(
    means=[[0.0, 0.0], [2.0, 1.0]],
    covariances=[[[1.0, 0.5], [0.5, 1.0]], [[0.1, 0.0], [0.0, 0.05]]],
    weights=[0.3, 0.7],
)
SHADES = [[0.0, 0.25, 1.0, 0.5], [1.0, 0.75, 0.0, 0.5]]

# name -> (constructor, columns, rows of the test grid). Smooth densities need few; densities with
# edges get a multiple of their own cells, so that the grid sums them exactly.
CASES: dict[str, tuple[Callable[[], data.Density], int, int]] = {
    "Checkerboard": (data.Checkerboard, 640, 640),
    "Circles": (data.Circles, 160, 160),
    "Corners": (data.Corners, 640, 640),
    "EightGaussians": (data.EightGaussians, 160, 160),
    "GaussianMixture": (lambda: data.GaussianMixture(**MIXTURE), 160, 160),
    "Heart": (data.Heart, 512, 512),
    "ImageDensity": (lambda: data.ImageDensity(SHADES), 640, 640),
    "Letter": (lambda: data.Letter("f"), 592, 848),
    "Pinwheel": (data.Pinwheel, 160, 160),
    "Rings": (data.Rings, 160, 160),
    "TwoMoons": (data.TwoMoons, 160, 160),
    "TwoSpirals": (data.TwoSpirals, 160, 160),
}
WITH_EDGES = {"Checkerboard", "Corners", "Heart", "ImageDensity", "Letter"}
every = pytest.mark.parametrize("name", CASES)
everyone = pytest.mark.parametrize("name", [*CASES, "Airports"])
smooth = pytest.mark.parametrize("name", [name for name in CASES if name not in WITH_EDGES])


@cache
def density(name: str) -> data.Density:
    return data.Airports(0.5) if name == "Airports" else CASES[name][0]()


def cell_area(name: str) -> float:
    sides = zip(density(name).bounds, CASES[name][1:], strict=True)
    return math.prod((high - low) / cells for (low, high), cells in sides)


@cache
def cell_masses(name: str) -> Tensor:
    """Mass of each cell of a grid over the bounds, (columns, rows), by the midpoint rule."""
    subject, sides = density(name), CASES[name][1:]
    axes = [
        low + (high - low) * fine(n) for (low, high), n in zip(subject.bounds, sides, strict=True)
    ]
    return cell_area(name) * subject.log_prob(torch.cartesian_prod(*axes)).exp().reshape(sides)


def fine(n: int = 40_000) -> Tensor:
    """Midpoints of n equal cells of [0, 1]."""
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def anywhere(n: int = 400) -> Tensor:
    """Points in the plane at all scales, the origin and points on edges among them."""
    generator = torch.Generator().manual_seed(5)
    near = 8 * torch.rand(n, 2, generator=generator, dtype=torch.float64) - 4
    special = torch.tensor([[0.0, 0.0], [0.0, 2.0], [-4.0, -4.0], [4.0, 4.0], [1.0, 1.0]])
    return torch.cat([near, 10 * near, 1e4 * near, special.double()])


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


# Against the definition itself: the noise averaged over a very fine run along the curve.


def along(curve: Tensor, sigma: float, x: Tensor) -> Tensor:
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


# Pictures


def test_a_picture_has_its_mass_where_its_ink_is() -> None:
    paper = data.ImageDensity([[0, 255, 255], [255, 255, 51]], half_width=1.5)
    x = torch.tensor([[-1.0, 0.5], [0.0, 0.5], [1.0, -0.5]], dtype=torch.float64)
    assert paper.bounds == ((-1.5, 1.5), (-1.0, 1.0))
    torch.testing.assert_close(
        paper.log_prob(x).exp(), torch.tensor([1 / 1.8, 0.0, 0.8 / 1.8], dtype=torch.float64)
    )


def test_light_ink_is_the_negative_of_dark_ink() -> None:
    shades = torch.tensor(SHADES)
    dark, light = data.ImageDensity(1 - shades), data.ImageDensity(shades, ink="light")
    assert torch.equal(dark.log_prob(anywhere()), light.log_prob(anywhere()))


def test_a_file_is_the_array_it_holds(tmp_path: Path) -> None:
    from PIL import Image

    shades = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    Image.fromarray(shades).save(tmp_path / "picture.png")
    stored, held = data.ImageDensity(tmp_path / "picture.png"), data.ImageDensity(shades)
    assert torch.equal(stored.log_prob(anywhere()), held.log_prob(anywhere()))


def test_transparent_pixels_have_no_ink(tmp_path: Path) -> None:
    from PIL import Image

    picture = Image.new("RGBA", (2, 1), (128, 128, 128, 255))
    picture.putpixel((1, 0), (128, 128, 128, 0))
    picture.save(tmp_path / "half.png")
    for ink in ("dark", "light"):
        half = data.ImageDensity(tmp_path / "half.png", ink=ink, half_width=1.0)
        assert half.log_prob(torch.tensor([0.5, 0.0])) == -torch.inf
        assert math.exp(half.log_prob(torch.tensor([-0.5, 0.0]))) == pytest.approx(1)


def test_the_heart_stands_on_its_tip() -> None:
    heart = density("Heart")
    points = [[0.0, -2.2], [0.0, 2.7], [1.5, 2.4], [-1.5, 2.4], [0.0, 0.0], [2.0, -2.0]]
    inside = heart.log_prob(torch.tensor(points)).isfinite().tolist()
    assert inside == [True, False, True, True, True, False]
    # A uniform density's entropy is the log of its area; 2.4 is the scale of the picture.
    assert math.exp(heart.entropy) / 2.4**2 == pytest.approx(heart_area(), rel=2e-3)


def heart_area() -> float:
    """Area of (x^2 + y^2 - 1)^3 <= x^2 y^3 in polar coordinates, by bisection along each ray."""
    angle = 2 * np.pi * (np.arange(2000) + 0.5) / 2000
    low, high = np.zeros(2000), np.full(2000, 2.0)
    for _ in range(40):
        r = (low + high) / 2
        inside = (r**2 - 1) ** 3 <= r**5 * np.cos(angle) ** 2 * np.sin(angle) ** 3
        low, high = np.where(inside, r, low), np.where(inside, high, r)
    return float(np.mean(low**2) * np.pi)


def test_letters_read_upright() -> None:
    quadrants = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    share = [
        [float((data.Letter(c).sample(2000, 0) * q > 0).all(-1).float().mean()) for q in quadrants]
        for c in "LFJ"
    ]
    assert [np.argmin(row) for row in share] == [1, 3, 0]


def test_every_printable_letter_is_drawn() -> None:
    glyphs = [data.Letter(chr(code)) for code in range(ord("!"), ord("~") + 1)]
    assert len({glyph.entropy for glyph in glyphs}) > 80
    assert data.Letter("A").name == "letter A"


# Airports


def test_airports_are_where_they_are() -> None:
    points = data.Airports().points
    assert points.shape == (7884, 2)
    for place in ([-0.46, 51.47], [8.55, 47.46], [151.18, -33.95], [-43.25, -22.81]):
        assert float((points - torch.tensor(place)).abs().amax(-1).min()) < 0.02
    assert (points.abs() <= torch.tensor([180.0, 90.0])).all()


def test_airports_are_drawn_from_the_table_unless_jittered() -> None:
    table = set(map(tuple, data.Airports().points.tolist()))
    assert set(map(tuple, data.Airports().sample(300, seed=0).tolist())) <= table
    assert not table & set(map(tuple, data.Airports(jitter=0.5).sample(300, seed=0).tolist()))


def test_airports_have_no_density() -> None:
    assert data.Airports().entropy is None
    with pytest.raises(NotImplementedError, match="density is not known"):
        data.Airports().log_prob(torch.zeros(2))


# What is refused


BAD_CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: data.TwoMoons().sample(0), "n to be a positive integer, got 0"),
    (lambda: data.TwoMoons().sample(-3), "n to be a positive integer, got -3"),
    (lambda: data.TwoMoons().sample(2.5), "n to be a positive integer, got 2.5"),
    (lambda: data.TwoMoons().sample(5, seed="a"), "seed to be a 64-bit integer or None, got 'a'"),
    (lambda: data.TwoMoons().sample(5, seed=2**70), "seed to be a 64-bit integer"),
    (lambda: data.TwoMoons().log_prob(torch.zeros(3)), r"\(\.\.\., 2\), got \(3,\)"),
    (lambda: data.TwoMoons().log_prob(torch.tensor(1.0)), r"\(\.\.\., 2\), got \(\)"),
    (lambda: data.TwoMoons().log_prob(torch.zeros(2, dtype=torch.int64)), "got torch.int64"),
    (lambda: data.TwoMoons().log_prob(torch.full((2,), math.nan)), "finite points, got NaN"),
    (lambda: data.TwoMoons(noise=-0.1), "noise to be a finite number > 0, got -0.1"),
    (lambda: data.TwoMoons(noise=math.nan), "noise to be a finite number > 0, got nan"),
    (lambda: data.Circles(factor=1.5), "factor below 1, got 1.5"),
    (lambda: data.Rings(radii=()), "at least one radius, got none"),
    (lambda: data.Rings(radii=(1.0, 0.0)), "radius to be a finite number > 0, got 0.0"),
    (lambda: data.TwoSpirals(turns=0), "turns to be a finite number > 0, got 0"),
    (lambda: data.Pinwheel(arms=0), "arms to be a positive integer, got 0"),
    (lambda: data.Pinwheel(0.1, 0.3), "tangential_std <= radial_std, got 0.3 > 0.1"),
    (lambda: data.EightGaussians(std=0.0), "std to be a finite number > 0, got 0.0"),
    (lambda: data.Checkerboard(cells=0), "cells to be a positive integer, got 0"),
    (lambda: data.GaussianMixture([0.0, 1.0]), r"means of shape \(K, 2\), got \(2,\)"),
    (lambda: data.GaussianMixture([[0.0, math.inf]]), "finite means"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], -1.0), "standard deviations > 0, got -1.0"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [1.0, 2.0]), r"\(1, 2, 2\).*got \(2,\)"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [[[1, 2], [2, 1]]]), "positive definite"),
    (lambda: data.GaussianMixture([[0.0, 0.0]], [[[1, 0.5], [0, 1]]]), "symmetric"),
    (
        lambda: data.GaussianMixture([[0, 0], [1, 1]], 1.0, [0.5, 0.6]),
        r"sum to 1, got \[0.5, 0.6\]",
    ),
    (lambda: data.GaussianMixture([[0, 0], [1, 1]], 1.0, [1.5, -0.5]), "weights > 0"),
    (lambda: data.GaussianMixture([[0, 0]], 1.0, [0.5, 0.5]), r"1 weights, got shape \(2,\)"),
    (lambda: data.ImageDensity(torch.ones(2, 2, 3)), r"2-D picture.*got shape \(2, 2, 3\)"),
    (lambda: data.ImageDensity([[0.0, 7.0]]), r"pixels in \[0, 1\].*got \[0.0, 7.0\]"),
    (lambda: data.ImageDensity([[0.0, math.nan]]), r"pixels in \[0, 1\]"),
    (lambda: data.ImageDensity([[0, 300]]), r"pixels in \[0, 255\]"),
    (lambda: data.ImageDensity(torch.zeros(2, 3), ink="light"), "light ink, got none in 2 x 3"),
    (lambda: data.ImageDensity(torch.ones(2, 3)), "dark ink, got none in 2 x 3"),
    (lambda: data.ImageDensity(torch.zeros(2, 3), ink="red"), "'dark' or 'light', got 'red'"),
    (lambda: data.ImageDensity("nowhere.png"), "readable picture at 'nowhere.png'"),
    (lambda: data.ImageDensity(__file__), "readable picture at .*test_data.py"),
    (lambda: data.Heart(half_width=0.0), "half_width to be a finite number > 0, got 0.0"),
    (lambda: data.Letter("fg"), "one printable ASCII character, got 'fg'"),
    (lambda: data.Letter(" "), "one printable ASCII character, got ' '"),
    (lambda: data.Airports(jitter=-1.0), "jitter to be a finite number >= 0, got -1.0"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected .*{message}"):
        call()


def test_points_must_be_a_tensor() -> None:
    with pytest.raises(TypeError, match="expected a tensor of points .*, got list"):
        data.TwoMoons().log_prob([[0.0, 0.0]])


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
