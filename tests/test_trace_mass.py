"""Mass on the mesh: it is that of the base, all of it is there, its density is the flow's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from traces import deep, moons_trace

import flowviz as fv
from flowviz.figures.raster import Window, rasterise
from flowviz.tracing import trace_of

DENSITIES = {
    "two_moons": fv.data.TwoMoons,
    "eight_gaussians": fv.data.EightGaussians,
    "pinwheel": fv.data.Pinwheel,
    "checkerboard": fv.data.Checkerboard,
}


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])


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
