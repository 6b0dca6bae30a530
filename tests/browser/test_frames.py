"""Stored players play: in the frame that a notebook's output is, in an exported notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flowviz as fv
from flowviz.export import export_notebook

from . import hosts
from .player import Player, changed
from .watch import Watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["frame", "notebook"])
def stored(request: pytest.FixtureRequest, widget, tmp_path_factory) -> Path:
    """A page with the output that a notebook has stored, alone or in the exported notebook."""
    return hosts.page_of(request.param, widget, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def shown(
    stored: Path, open_page: Callable[..., Watched], widget: fv.TransportPlayer, flow: fv.Flow
) -> hosts.Shown:
    page = open_page(stored).page
    frame = page.locator("iframe")
    assert "allow-same-origin" not in frame.get_attribute("sandbox").split()
    return hosts.shown(Player(page, frame.content_frame).ready(), widget, flow)


def test_a_stored_player_scrubs_and_plays(shown: hosts.Shown) -> None:
    player = shown.player
    start = player.picture()
    player.scrub(1.4)
    assert changed(start, player.picture()) > 0.01
    player.root.get_by_role("button", name="play", exact=True).click()
    player.announces(position=3)


def test_a_stored_player_answers_clicks_and_keys(shown: hosts.Shown) -> None:
    player, chosen = shown.player, shown.loner()
    player.page.mouse.click(*shown.pixel(shown.points[chosen]))
    player.announces(selected=chosen)
    assert player.log_prob == pytest.approx(shown.log_prob(shown.points[[chosen]])[0], abs=1e-3)
    player.canvas.focus()
    player.press("]", "r")
    player.announces(position=1, direction="generate", selected=-1)


def test_a_stored_player_fits_its_frame(shown: hosts.Shown) -> None:
    inner, outer = shown.player.root.evaluate(
        "() => [document.documentElement.scrollHeight, window.innerHeight]"
    )
    assert inner <= outer, "the frame cuts the player off"


def test_formulas_of_an_exported_notebook_are_drawn(
    open_page: Callable[..., Watched], tmp_path: Path
) -> None:
    """As MathML, offline: the sum sign of the welcome notebook stands taller than a letter."""
    source = Path(__file__).parents[2] / "notebooks" / "00_welcome.ipynb"
    page = open_page(export_notebook(source, tmp_path / "welcome.html")).page
    sign = page.locator("math mo", has_text="∑").first.bounding_box()
    letter = page.locator("math mi", has_text="x").first.bounding_box()
    assert sign["height"] > 1.5 * letter["height"] > 0
