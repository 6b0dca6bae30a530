"""Laws of the trace: frames are the layers' paths, mass is conserved, the ledger adds up."""

from __future__ import annotations

import base64
import functools
import json
import math
import zlib

import numpy as np
import pytest
import torch

import flowviz as fv
from flowviz.figures.raster import Window, rasterise
from flowviz.flow import seeded
from flowviz.layers import (
    ActNorm,
    Affine,
    AffineCoupling,
    LULinear,
    Permutation,
    Rotation,
    SplineCoupling,
)
from flowviz.trace import Trace
from flowviz.tracing import trace_flow, trace_of
from flowviz.wire import encode

HALF_WIDTH = 264  # pixels from the middle of the player's canvas to its edge
DENSITIES = {
    "two_moons": fv.data.TwoMoons,
    "eight_gaussians": fv.data.EightGaussians,
    "pinwheel": fv.data.Pinwheel,
    "checkerboard": fv.data.Checkerboard,
}


@functools.cache
def moons_trace():
    return trace_of(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=1000)


@functools.cache
def deep():
    """A trained flow of nine layers, whose volumes twist a straight-sided cell most."""
    flow = fv.zoo.realnvp(dim=2, couplings=8)
    fv.fit(flow, fv.data.TwoMoons(), steps=250, progress=False)
    return flow, trace_of(flow, fv.data.TwoMoons())


def mixed_flow() -> fv.Flow:
    """One layer of every kind of path: straight, turning, along parameters, cut."""
    torch.manual_seed(0)
    lu = LULinear(2)
    for parameter in lu.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    layers = [
        Affine(2),
        Rotation(2, angle=2.2),
        SplineCoupling(2, "first", (16,), 0, 8, 3.0),
        Permutation([1, 0]),
        lu,
        AffineCoupling(2, "second", (16,)),
    ]
    flow = fv.Flow(layers)
    for parameter in flow.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return flow


def boundaries(flow: fv.Flow, x: torch.Tensor) -> list[torch.Tensor]:
    """x and what leaves each layer."""
    with torch.no_grad():
        reached = [x]
        for layer in flow:
            reached.append(layer(reached[-1])[0])
    return reached


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])


# Mass


def shoelace(quads: np.ndarray) -> np.ndarray:
    """Signed area of quadrilaterals (..., 4, 2)."""
    x, y = quads[..., 0], quads[..., 1]
    return 0.5 * (x * np.roll(y, -1, -1) - y * np.roll(x, -1, -1)).sum(-1)


def quads(corners: np.ndarray, cells: int) -> np.ndarray:
    c = corners.reshape(cells + 1, cells + 1, 2)
    return np.stack([c[:-1, :-1], c[:-1, 1:], c[1:, 1:], c[1:, :-1]], axis=-2)


def test_cells_carry_the_mass_of_the_base() -> None:
    trace = moons_trace()
    side = len(trace.mesh.mass) + 1
    latent = trace.mesh.corners[-1].reshape(side, side, 2)
    cdf = 0.5 * (1 + np.vectorize(math.erf)(latent / math.sqrt(2)))
    expected = np.diff(cdf[:, 0, 0])[:, None] * np.diff(cdf[0, :, 1])[None]
    assert trace.mesh.mass.sum() == pytest.approx(1, abs=1e-3)
    assert np.abs(trace.mesh.mass - expected).max() < 1e-6


@pytest.mark.parametrize("name", ["two_moons", "eight_gaussians"])
def test_mass_is_one_in_the_pixels_of_every_frame(name: str) -> None:
    trace = trace_of(fv.zoo.trained(name), DENSITIES[name]())
    window = Window(tuple(trace.center[0]), 20 * trace.radius[0], 300)  # the tails, too
    for position in np.linspace(0, len(trace.steps), 7):
        density = rasterise(trace.mesh, trace.corners(position), window)
        assert density.sum() / window.scale**2 == pytest.approx(1, abs=1e-3)


def test_no_mass_is_turned_over_on_the_way() -> None:
    """Bijections that keep orientation, at every tau: folded cells hold next to nothing."""
    trace = moons_trace()
    for position in np.linspace(0, 3, 13):
        signed = shoelace(quads(trace.corners(position), len(trace.mesh.mass)))
        folded = np.sign(signed) != np.sign(np.median(signed))
        assert trace.mesh.mass[folded].sum() < 4e-3  # slivers with bent sides


@pytest.mark.parametrize("steps", [600, None])
@pytest.mark.parametrize("name", DENSITIES)
def test_mesh_density_is_the_flows(name: str, steps: int | None) -> None:
    """At the default mesh, for a flow half trained (it bends more) and for the shipped one."""
    flow = fv.zoo.trained(name) if steps is None else fv.zoo.nsf(dim=2)
    if steps is not None:
        fv.fit(flow, DENSITIES[name](), steps=steps, progress=False)
    trace = trace_of(flow, DENSITIES[name]())
    middle = quads(trace.mesh.corners[0], len(trace.mesh.mass)).mean(-2).reshape(-1, 2)
    with torch.no_grad():
        truth = flow.log_prob(torch.tensor(middle, dtype=torch.float32)).double().exp().numpy()
    error = np.abs(trace.mesh.density(trace.mesh.corners[0]).ravel() / truth - 1)
    mass = trace.mesh.mass.ravel()
    assert weighted_quantile(error, mass, 0.5) <= 0.02
    assert weighted_quantile(error, mass, 0.9) <= 0.20


def test_pixels_show_the_flows_density_through_many_layers() -> None:
    flow, trace = deep()
    size, fine = 132, 4
    window = Window.of(trace, 0, size)
    shown = rasterise(trace.mesh, trace.corners(0), window)
    at = ((np.arange(size * fine) + 0.5) / fine) / window.scale - window.radius
    points = np.stack(np.meshgrid(at + window.center[0], window.center[1] - at), -1)
    with torch.no_grad():
        truth = flow.log_prob(torch.tensor(points, dtype=torch.float32)).exp().double().numpy()
    truth = truth.reshape(size, fine, size, fine).mean((1, 3)).ravel()
    error = np.abs(shown.ravel() - truth) / np.maximum(truth, 1e-12)
    assert weighted_quantile(error, truth, 0.5) <= 0.04
    assert weighted_quantile(error, truth, 0.9) <= 0.25


# Frames


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_boundaries_are_what_leaves_each_layer(dtype: torch.dtype) -> None:
    flow, x = mixed_flow().to(dtype), torch.randn(200, 2, dtype=dtype)
    trace = trace_flow(flow, x)
    points = trace.sets["data"].points
    reached = boundaries(flow, x)
    frames = [0, *(step.last for step in trace.steps)]
    for frame, expected in zip(frames, reached, strict=True):
        assert np.abs(points[frame] - expected.double().numpy()).max() < 1e-6
    with torch.no_grad():
        latent = flow(x)[0].double().numpy()
    assert np.abs(points[-1] - latent).max() < 1e-6


def test_tweens_are_within_a_pixel_of_the_layers_paths() -> None:
    flow, x = mixed_flow(), 1.5 * torch.randn(500, 2)
    trace = trace_flow(flow, x)
    pixel = trace.radius.min() / HALF_WIDTH
    for number, (layer, start) in enumerate(zip(flow, boundaries(flow, x)[:-1], strict=True)):
        for tau in (0.07, 0.25, 0.5, 0.61, 0.93):
            with torch.no_grad():
                path = layer.path(start, tau).double().numpy()
            shown = trace.tween(trace.sets["data"].points, number + tau)
            assert np.linalg.norm(shown - path, axis=1).max() < pixel, (layer.title, tau)


def test_turns_get_frames_in_between_and_straight_paths_none() -> None:
    trace = trace_flow(mixed_flow(), torch.randn(100, 2))
    frames = {step.title: step.last - step.first for step in trace.steps}
    assert frames["rotation"] >= 8
    assert [s.last - s.first for s in moons_trace().steps] == [1, 1, 1]
    assert all(s.last - s.first == 1 for s in deep()[1].steps)


def test_a_cut_stays_until_its_end() -> None:
    flow = fv.Flow([Permutation([1, 0])])
    x = torch.randn(10, 2)
    trace = trace_flow(flow, x)
    points = trace.sets["data"].points
    assert trace.steps[0].cut and trace.frames == 2
    assert np.array_equal(trace.tween(points, 0.99), points[0])
    assert np.allclose(trace.tween(points, 1.0), x.flip(-1))


def test_window_holds_the_points_of_every_frame() -> None:
    trace = moons_trace()
    assert len(np.unique(trace.radius)) == 1
    for cloud in trace.sets.values():
        assert beyond_window(trace, cloud.points).mean() < 0.002


def test_window_zooms_where_the_sides_differ_much_in_size() -> None:
    """Airports stand in degrees, their latents in units: each side fills its own window."""
    data, flow = fv.data.Airports(), fv.zoo.nsf()
    fv.fit(flow, data, steps=30, progress=False)
    trace = trace_of(flow, data, particles=500, cells=16)
    assert trace.radius[0] > 100 and trace.radius[-1] < 10
    for cloud in trace.sets.values():
        assert beyond_window(trace, cloud.points).mean() < 0.01
        size = np.abs(cloud.points - trace.center[:, None]).max((1, 2)) / trace.radius
        assert (size > 0.5).all()
    decoded = decode(*encode(trace))["data/points"]
    error = np.abs(decoded - trace.sets["data"].points).max((1, 2)) / trace.radius
    assert (error < 1 / HALF_WIDTH / 4).all()


def beyond_window(trace: Trace, points: np.ndarray) -> np.ndarray:
    """Which points of every frame lie outside that frame's window."""
    distance = np.abs(points - trace.center[:, None]).max(-1)
    return distance > trace.radius[:, None]


def test_top_of_the_colour_scale_has_its_share_of_mass_below() -> None:
    trace = moons_trace()
    relative = np.stack(
        [trace.mesh.density(trace.corners(k)) * trace.radius[0] ** 2 for k in range(4)]
    )
    mass = np.broadcast_to(trace.mesh.mass, relative.shape)
    below = mass[relative <= trace.top(0.9)].sum() / mass.sum()
    assert below == pytest.approx(0.9, abs=0.01)


def test_grids_are_regular_on_their_side() -> None:
    for name, frame in (("data", 0), ("latent", -1)):
        lines = moons_trace().grids[name][frame]
        half = len(lines) // 2
        for axis, family in enumerate((lines[:half], lines[half:])):
            assert np.abs(np.ptp(family[..., axis], axis=1)).max() < 1e-3
            assert np.abs(np.diff(family[:, 0, axis], 2)).max() < 1e-3


@pytest.mark.parametrize("position", [-0.01, 3.01, math.nan])
def test_a_position_outside_is_refused(position: float) -> None:
    with pytest.raises(ValueError, match=r"expected a position in \[0, 3\]"):
        moons_trace().corners(position)


# Particles


@pytest.mark.parametrize("which", ["data", "model"])
def test_ledger_sums_to_log_prob(which: str) -> None:
    flow, trace = fv.zoo.trained("two_moons"), moons_trace()
    cloud = trace.sets[which]
    with torch.no_grad():
        expected = flow.log_prob(torch.tensor(cloud.points[0], dtype=torch.float32)).numpy()
    assert np.abs(cloud.log_prob - expected).max() < 1e-5
    assert np.abs(cloud.base + cloud.terms.sum(0) - expected).max() < 1e-5
    assert len(cloud.terms) == sum(len(step.columns) for step in trace.steps)


def test_terms_belong_to_their_layer() -> None:
    flow, x = mixed_flow(), torch.randn(50, 2)
    terms = trace_flow(flow, x).sets["data"].terms
    for row, layer, start in zip(terms, flow, boundaries(flow, x)[:-1], strict=True):
        point = torch.func.vmap(torch.func.jacrev(lambda v, k=layer: k(v)[0]))(start)
        assert np.abs(row - point.det().abs().log().detach().numpy()).max() < 1e-4, layer.title


def test_model_set_is_the_seeded_sample() -> None:
    flow = fv.zoo.trained("two_moons")
    model = trace_flow(flow, torch.zeros(1, 2), draws=4000, seed=3).sets["model"]
    assert np.array_equal(model.points[0], flow.sample(4000, seed=3).numpy())
    with seeded(3):
        drawn = flow.base.sample(4000).numpy()
    assert np.quantile(np.abs(model.points[-1] - drawn), 0.999) < 1e-2
    assert np.abs(np.cov(model.points[-1].T) - np.eye(2)).max() < 0.1
    assert np.abs(model.points[-1].mean(0)).max() < 0.06


def test_without_draws_there_is_no_model_set() -> None:
    assert set(trace_flow(fv.zoo.nice(dim=2), torch.randn(5, 2)).sets) == {"data"}
    assert set(moons_trace().sets) == {"data", "model"}
    assert len(moons_trace().sets["model"].base) == 500


def test_a_density_names_its_trace_and_lends_its_entropy() -> None:
    trace, data = moons_trace(), fv.data.TwoMoons()
    assert trace.title.startswith("Two moons") and trace.entropy == data.entropy
    flow = fv.zoo.trained("two_moons")
    with torch.no_grad():
        nll = -flow.log_prob(data.sample(1000, seed=0)).mean().item()
    assert trace.nll == pytest.approx(nll, abs=1e-5)


@pytest.mark.parametrize("count", [1, 2, 100_000])
def test_from_one_particle_to_many(count: int) -> None:
    points = fv.data.TwoMoons().sample(count, seed=1)
    trace = trace_of(fv.zoo.trained("two_moons"), points, particles=100_000, cells=16)
    assert trace.sets["data"].points.shape == (4, count, 2)
    assert np.isfinite(trace.sets["data"].log_prob).all()
    assert np.array_equal(trace.sets["data"].points[0], points.numpy())


def test_same_seed_same_trace() -> None:
    flow, data = fv.zoo.trained("two_moons"), fv.data.TwoMoons()
    first, again = (encode(trace_of(flow, data, particles=50, seed=4)) for _ in range(2))
    assert first == again


# Bad input


@pytest.mark.parametrize(
    ("flow", "points", "message"),
    [
        (fv.zoo.realnvp(dim=3), torch.zeros(4, 3), r"layer 1 .*expected a layer of the plane"),
        (fv.zoo.nsf(dim=2, context=2), torch.zeros(4, 2), "without context"),
        (fv.zoo.nice(dim=2), torch.full((4, 2), math.nan), "finite"),
        (fv.zoo.nice(dim=2), torch.zeros(0, 2), r"N >= 1, got \(0, 2\)"),
        (fv.zoo.nice(dim=2), torch.zeros(4, 3), r"expected shape \(..., 2\), got \(4, 3\)"),
        (fv.zoo.nice(dim=2), torch.zeros(2), r"expected points of shape \(N, 2\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(flow, points, message) -> None:
    with pytest.raises(ValueError, match=message):
        trace_flow(flow, points)


def test_bad_options_are_refused() -> None:
    flow, data = fv.zoo.nice(dim=2), fv.data.TwoMoons()
    with pytest.raises(ValueError, match="at least 1 particle, got 0"):
        trace_of(flow, data, particles=0)
    with pytest.raises(ValueError, match="at least 2 cells a side, got 1"):
        trace_of(flow, data, cells=1)


# Wire


def decode(head: dict, body: bytes) -> dict[str, np.ndarray]:
    """The arrays, read by the words of flowviz.wire's docstring and nothing else."""
    raw, arrays, at = zlib.decompress(body), {}, 0
    for entry in head["arrays"]:
        shape, size = entry["shape"], entry["bytes"]
        count = math.prod(shape)
        planes = [raw[at + k * count : at + (k + 1) * count] for k in range(size)]
        at += size * count
        q = [sum(plane[i] << (8 * k) for k, plane in enumerate(planes)) for i in range(count)]
        q = np.array(q, dtype=np.int64).reshape(shape)
        if entry["delta"]:
            q = np.cumsum(q, axis=0) % 256**size
        arrays[entry["name"]] = np.array(entry["lo"]) + np.array(entry["step"]) * q
    assert at == len(raw)
    return arrays


def original(trace, name: str) -> np.ndarray:
    kind, part = name.split("/")
    if kind == "mesh":
        return trace.mesh.corners if part == "corners" else trace.mesh.mass.reshape(-1)
    if kind == "audit":
        return getattr(trace.audit, part)
    return trace.grids[part] if kind == "grid" else getattr(trace.sets[kind], part)


def test_decoded_arrays_are_within_half_a_step() -> None:
    trace = trace_flow(mixed_flow(), torch.randn(60, 2), draws=30, cells=12)
    head, body = encode(trace)
    arrays = decode(json.loads(json.dumps(head)), body)
    steps = {entry["name"]: np.array(entry["step"]) for entry in head["arrays"]}
    for name, array in arrays.items():
        truth = original(trace, name)
        assert array.shape == truth.shape
        assert (np.abs(array - truth) <= 0.5001 * steps[name] + 1e-12).all(), name
    assert set(arrays) >= {"data/points", "model/terms", "mesh/corners", "grid/latent"}


def test_steps_are_far_below_a_pixel_and_a_ledgers_digits() -> None:
    flow, trace = deep()
    head, _ = encode(trace)
    pixel = trace.radius.min() / HALF_WIDTH
    for entry in head["arrays"]:
        if entry["name"].endswith("/points"):
            assert max(entry["step"]) < pixel / 4
        if entry["name"].startswith("audit/"):
            assert max(entry["step"]) < 1e-2  # thousands of cells are added up
        elif entry["name"].endswith(("/base", "/terms")):
            assert max(entry["step"]) < 2e-4


def test_decoded_ledger_sums_to_log_prob() -> None:
    trace = trace_of(fv.zoo.trained("pinwheel"), fv.data.Pinwheel(), particles=400, cells=8)
    arrays = decode(*encode(trace))
    total = arrays["data/base"] + arrays["data/terms"].sum(0)
    assert np.abs(total - trace.sets["data"].log_prob).max() < 1e-3


def test_head_is_json_and_says_what_the_picture_needs() -> None:
    trace = moons_trace()
    head, _ = encode(trace)
    assert json.loads(json.dumps(head)) == head
    assert head["frames"] == trace.frames == 4
    assert [layer["frames"] for layer in head["layers"]] == [[0, 1], [1, 2], [2, 3]]
    assert head["view"] == {"center": trace.center.tolist(), "radius": trace.radius.tolist()}
    assert head["top"] == trace.top()
    assert head["cells"] == 112 and head["sets"] == ["data", "model"]


def test_five_thousand_particles_through_eight_couplings_fit() -> None:
    _, body = encode(deep()[1])
    assert len(base64.b64encode(body)) <= 940_000
    page = fv.TransportPlayer(deep()[0], fv.data.TwoMoons()).to_html()
    assert len(page.encode()) <= 1_000_000


def test_actnorm_alone_is_a_flow_to_draw() -> None:
    """One layer, no parameters trained: the smallest picture there is."""
    trace = trace_flow(fv.Flow([ActNorm(2)]), torch.randn(3, 2), cells=2)
    assert trace.frames == 2 and trace.mesh.mass.shape == (2, 2)
