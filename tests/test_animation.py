"""The GIF: every frame shows the moment that its playhead names."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from drawn import moons, opened
from PIL import ImageSequence

import flowviz as fv
from flowviz.figures import animation
from flowviz.figures.raster import Window, rasterise
from flowviz.figures.theme import DARK, LIGHT, rgb
from flowviz.layers import Permutation
from flowviz.tracing import trace_flow, trace_of


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
