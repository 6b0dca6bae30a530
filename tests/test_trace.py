"""Laws of the trace: frames are the layers' paths, the windows hold them, the ledger adds up."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from traces import HALF_WIDTH, decode, deep, mixed_flow, moons_trace

import flowviz as fv
from flowviz.flow import seeded
from flowviz.layers import (
    ActNorm,
    Permutation,
)
from flowviz.trace import Trace
from flowviz.tracing import trace_flow, trace_of
from flowviz.wire import encode


def boundaries(flow: fv.Flow, x: torch.Tensor) -> list[torch.Tensor]:
    """x and what leaves each layer."""
    with torch.no_grad():
        reached = [x]
        for layer in flow:
            reached.append(layer(reached[-1])[0])
    return reached


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


def test_actnorm_alone_is_a_flow_to_draw() -> None:
    """One layer, no parameters trained: the smallest picture there is."""
    trace = trace_flow(fv.Flow([ActNorm(2)]), torch.randn(3, 2), cells=2)
    assert trace.frames == 2 and trace.mesh.mass.shape == (2, 2)
