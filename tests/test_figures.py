"""Laws of the still pictures: numbers add up, same trace same bytes, nothing global moves."""

from __future__ import annotations

import functools

import matplotlib
import numpy as np
import pytest
import torch
from drawn import moons, opened

import flowviz as fv
from flowviz.figures import animation, storyboard
from flowviz.figures.account import add_up, average_terms, plain, signed
from flowviz.figures.palette import Palette
from flowviz.figures.theme import DARK, LIGHT, rgb
from flowviz.layers import Affine, Permutation
from flowviz.trace import Trace
from flowviz.tracing import trace_flow


@functools.cache
def many_layers() -> Trace:
    flow = fv.Flow([Permutation([1, 0]), *(Affine(2) for _ in range(11))])
    return trace_flow(flow, torch.randn(200, 2), draws=100, cells=24)


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
