"""Laws of the still pictures: pixels hold the mass, same trace same bytes, nothing global moves."""

from __future__ import annotations

import functools
import io

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

import flowviz as fv
from flowviz.figures import animation, storyboard
from flowviz.figures.account import add_up, average_terms, plain, signed
from flowviz.figures.palette import Palette
from flowviz.figures.panel import cover
from flowviz.figures.raster import Window, rasterise
from flowviz.figures.theme import DARK, LIGHT, rgb
from flowviz.layers import Affine, Permutation
from flowviz.trace import Mesh, Trace
from flowviz.tracing import trace_flow, trace_of


@functools.cache
def moons() -> Trace:
    return trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=500, cells=48)


@functools.cache
def many_layers() -> Trace:
    flow = fv.Flow([Permutation([1, 0]), *(Affine(2) for _ in range(11))])
    return trace_flow(flow, torch.randn(200, 2), draws=100, cells=24)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# Density in pixels


def one_cell(corners: list[tuple[float, float]], mass: float = 1.0) -> tuple[Mesh, np.ndarray]:
    """A mesh of a single quadrilateral a, b, e, d (around its border)."""
    a, b, e, d = corners
    points = np.array([a, b, d, e], dtype=float)
    return Mesh(points[None], np.array([[mass]])), points


def sampled(triangles: list[np.ndarray], window: Window, fine: int = 24) -> np.ndarray:
    """How much of every pixel the triangles cover, by fine x fine points in each."""
    at = (np.arange(window.pixels * fine) + 0.5) / fine / window.scale - window.radius
    x, y = np.meshgrid(at + window.center[0], window.center[1] - at)
    inside = np.zeros(x.shape)
    for p, q, r in triangles:
        sides = [
            (t[0] - s[0]) * (y - s[1]) - (t[1] - s[1]) * (x - s[0])
            for s, t in ((p, q), (q, r), (r, p))
        ]
        inside += np.all(np.array(sides) >= 0, 0) | np.all(np.array(sides) <= 0, 0)
    return inside.reshape(window.pixels, fine, window.pixels, fine).mean((1, 3))


@pytest.mark.parametrize(
    "corners",
    [
        [(-0.62, -0.71), (0.83, -0.4), (0.55, 0.9), (-0.3, 0.48)],  # convex
        [(-0.62, -0.71), (-0.3, 0.48), (0.55, 0.9), (0.83, -0.4)],  # turned over
        [(-0.8, -0.8), (0.8, 0.7), (0.8, -0.7), (-0.8, 0.75)],  # crossed
        [(-3.0, -0.2), (0.4, -2.5), (2.8, 0.3), (-0.1, 3.1)],  # reaching out of the window
        [(-0.9, 0.11), (0.9, 0.12), (0.9, 0.13), (-0.9, 0.118)],  # thinner than a pixel
    ],
)
def test_a_cells_pixels_are_its_area(corners) -> None:
    window = Window((0.0, 0.0), 1.0, 16)
    mesh, points = one_cell(corners)
    a, b, d, e = points
    covered = sampled([np.array([a, b, e]), np.array([a, e, d])], window)
    expected = covered * mesh.density(points)[0, 0]
    shown = rasterise(mesh, points, window)
    assert np.abs(shown - expected).max() < 0.05 * mesh.density(points).max()


def test_thin_far_and_tiny_cells_keep_their_mass() -> None:
    window = Window((0.0, 0.0), 10.0, 20)
    for size in (3.0, 1e-2, 1e-5, 1e-12, 0.0):
        mesh, points = one_cell([(1.2, 1.1), (1.2 + size, 1.1), (1.2 + size, 4.3), (1.2, 4.3)], 0.7)
        assert rasterise(mesh, points, window).sum() / window.scale**2 == pytest.approx(0.7)
    mesh, points = one_cell([(11, 11), (12, 11), (12, 12), (11, 12)])
    assert rasterise(mesh, points, window).max() == 0


def test_a_hair_lies_in_all_the_pixels_that_it_crosses() -> None:
    window = Window((0.0, 0.0), 10.0, 20)
    mesh, points = one_cell([(1.2, 1.1), (1.2 + 1e-5, 1.1), (1.2 + 1e-5, 4.3), (1.2, 4.3)])
    column = rasterise(mesh, points, window)[:, 11]
    assert column[5:9] == pytest.approx(np.array([0.3, 1, 1, 0.9]) / 3.2)


def test_neighbours_leave_no_seam() -> None:
    """A square cut into skewed cells of equal density is flat inside."""
    rng = np.random.default_rng(0)
    side = np.linspace(-1, 1, 9)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), -1)
    grid[1:-1, 1:-1] += rng.uniform(-0.08, 0.08, (7, 7, 2))
    corners = grid.reshape(-1, 2)
    area = Mesh(corners[None], np.ones((8, 8))).area(corners)
    shown = rasterise(Mesh(corners[None], area), corners, Window((0.0, 0.0), 0.9, 64))
    assert np.abs(shown - 1).max() < 1e-9


def test_folded_cells_add_up() -> None:
    """Two cells folded onto each other: the density is the sum."""
    corners = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)], dtype=float)
    corners = np.concatenate([corners, corners[:3]])  # 3 x 3 corners; the last row folds again
    mesh = Mesh(corners[None], np.full((2, 2), 0.0))
    mesh.mass[:, 0] = 1.0
    shown = rasterise(mesh, corners, Window((0.0, 0.0), 2.0, 8))
    assert shown.sum() / Window((0.0, 0.0), 2.0, 8).scale ** 2 == pytest.approx(2.0)


def test_upper_row_is_up() -> None:
    mesh, points = one_cell([(0, 1), (1, 1), (1, 2), (0, 2)])
    shown = rasterise(mesh, points, Window((0.0, 0.0), 2.0, 4))
    assert shown[0, 2] == pytest.approx(1) and shown.sum() == pytest.approx(1)


def test_dots_cover_their_area() -> None:
    window = Window((0.0, 0.0), 1.0, 40)
    covered = cover(np.array([[0.013, -0.31]]), 6.0, 1.0, window)
    assert covered.sum() == pytest.approx(np.pi * 9, rel=0.05)
    row, column = np.unravel_index(covered.argmax(), covered.shape)
    assert abs(row - 26) <= 2 and abs(column - 20) <= 2
    assert cover(np.full((5, 2), 0.5), 4.0, 0.5, window).max() == pytest.approx(1 - 0.5**5)


# Numbers


def test_account_adds_up_to_log_prob() -> None:
    trace = moons()
    cloud = trace.sets["data"]
    terms = average_terms(trace, cloud)
    total = cloud.base.mean() + sum(add_up(terms).values())
    assert total == pytest.approx(-trace.nll, abs=1e-9)
    assert [list(t) for t in terms] == [["volume"]] * 3


def test_columns_keep_the_ledgers_order() -> None:
    rows = [{"decoder": 1.0}, {"volume": 2.0, "encoder": 3.0}, {"volume": -0.5}]
    assert list(add_up(rows).items()) == [("volume", 1.5), ("decoder", 1.0), ("encoder", 3.0)]


def test_numbers_are_printed_with_true_signs() -> None:
    assert [signed(v) for v in (0.416, -2.8349, 0.0, -0.001)] == [
        "+0.42",
        "−2.83",
        "+0.00",
        "+0.00",
    ]
    assert [plain(v) for v in (0.416, -2.8349)] == ["0.42", "−2.83"]


# Pages


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_palette_holds_every_colour_of_the_theme(theme) -> None:
    palette = Palette(theme)
    assert len(palette.colours) <= 256
    owned = {tuple(c) for c in palette.colours.tolist()}
    names = ("paper", "ink", "mute", "line", "soft", "accent", "base", "volume", "decoder")
    assert {rgb(getattr(theme, n)) for n in (*names, "encoder")} <= owned
    assert {rgb(c) for c in (theme.density[0], theme.density[-1])} <= owned


@pytest.mark.parametrize("trace", [moons, many_layers])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("direction", ["normalize", "generate"])
def test_storyboard_is_a_small_png(trace, dark: bool, direction: str) -> None:
    content = storyboard(trace(), dark=dark, direction=direction)
    image = opened(content)
    assert image.format == "PNG" and image.width == 1400 and 300 < image.height < 800
    assert len(content) < 150_000 and not image.info.keys() - {"transparency"}
    assert image.convert("RGB").getpixel((2, 2)) == rgb((DARK if dark else LIGHT).paper)


def test_storyboard_is_a_function_of_the_trace() -> None:
    assert storyboard(moons()) == storyboard(moons())
    assert storyboard(moons()) != storyboard(moons(), direction="generate")
    with matplotlib.rc_context({"text.usetex": True, "font.family": "serif", "savefig.dpi": 7}):
        assert storyboard(moons()) == storyboard(moons())


def test_drawing_leaves_matplotlib_alone() -> None:
    before = dict(matplotlib.rcParams)
    storyboard(many_layers())
    assert dict(matplotlib.rcParams) == before


def test_latent_panel_is_round_and_the_data_panel_is_not() -> None:
    """The last panel shows the standard normal: as wide as high; the moons are wider."""
    image = np.asarray(opened(storyboard(moons())).convert("RGB")).astype(float)
    blueness = image[..., 2] - image[..., 0]
    spreads = []
    for left in (36, 1074):
        weight = np.clip(blueness[110:396, left + 2 : left + 286], 40, None) - 40
        y, x = np.mgrid[: weight.shape[0], : weight.shape[1]]
        centre = [(weight * k).sum() / weight.sum() for k in (x, y)]
        spreads.append(
            [
                ((weight * (k - c) ** 2).sum() / weight.sum()) ** 0.5
                for k, c in zip((x, y), centre, strict=True)
            ]
        )
    (data_x, data_y), (latent_x, latent_y) = spreads
    assert data_x > 1.4 * data_y
    assert latent_x == pytest.approx(latent_y, rel=0.15)


@pytest.mark.parametrize("figure", [storyboard, animation])
def test_unknown_direction_is_refused(figure) -> None:
    with pytest.raises(ValueError, match='"normalize" or "generate", got \'forward\''):
        figure(moons(), direction="forward")


# The GIF


def frames_of(content: bytes) -> tuple[list[np.ndarray], list[int]]:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(opened(content)):
        frames.append(np.asarray(frame.convert("RGB")).astype(int))
        durations.append(frame.info["duration"])
    return frames, durations


@pytest.fixture(scope="module")
def film() -> bytes:
    return animation(trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons()))


def test_animation_plays_forever_and_is_small(film: bytes) -> None:
    image = opened(film)
    assert image.format == "GIF" and image.info["loop"] == 0 and image.is_animated
    assert len(film) <= 3_000_000


def test_animation_rests_at_every_layer(film: bytes) -> None:
    _, durations = frames_of(film)
    rests = [k for k, d in enumerate(durations) if d > 100]
    assert rests == [0, 18, 36, 54]
    assert durations[0] == durations[-1] > durations[18]


def test_a_frame_shows_the_moment_that_its_playhead_names(film: bytes) -> None:
    """Frame 27 is half way through layer 2: its colours are the density's there."""
    trace = trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons())
    frames, _ = frames_of(film)
    window = Window.of(trace, 0, 480)
    blank = np.array(rgb(LIGHT.paper))
    for frame, position in ((0, 0.0), (27, 1.5), (54, 3.0)):
        shown = np.abs(frames[frame][56:536, 20:500] - blank).sum(-1)
        for other in (0.0, 1.5, 3.0):
            there = rasterise(trace.mesh, trace.corners(other), window)
            agreement = np.corrcoef(np.sqrt(there).ravel(), shown.ravel())[0, 1]
            assert agreement > 0.85 if other == position else agreement < 0.8


def test_generate_runs_the_other_way() -> None:
    frames, durations = frames_of(animation(moons(), direction="generate", dark=True))
    accent = np.array(rgb(DARK.accent))
    places = [np.argwhere((frame[560] == accent).all(-1)).mean() for frame in frames]
    assert np.all(np.diff(places) < 0)
    assert places[0] == pytest.approx(500, abs=1) and places[-1] == pytest.approx(20, abs=1)
    assert durations[0] > durations[1]


def test_a_cut_has_no_frames_between() -> None:
    flow = fv.Flow([Permutation([1, 0])])
    frames, durations = frames_of(animation(trace_flow(flow, torch.randn(20, 2), cells=8)))
    assert len(frames) == 2 and durations[0] == durations[1]
