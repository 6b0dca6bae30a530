"""For everybody: dark rooms, less motion, no mouse, a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import flowviz as fv

from .conftest import shoot
from .player import Player, number
from .shown import serious

pytestmark = pytest.mark.browser

Open = Callable[..., Player]


def test_a_dark_room(open_player: Open, exported: Path) -> None:
    player = open_player(exported, color_scheme="dark")
    assert player.read("flowviz-theme") == "dark"
    assert player.picture()[0, 0].max() < 60, "a bright corner"
    ink, paper = colours(player)
    assert min(ink) > 180 and max(paper) < 60
    player.page.emulate_media(color_scheme="light")
    player.until(lambda: player.picture()[0, 0].min() > 240, "a bright picture in a bright room")


def colours(player: Player) -> list[list[int]]:
    """Ink and paper of the card, each (red, green, blue)."""
    script = "el => [getComputedStyle(el).color, getComputedStyle(el).backgroundColor]"
    return [[int(c) for c in text[4:-1].split(",")] for text in player.root.evaluate(script)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_that_was_asked_for_wins_over_the_room(
    open_player: Open, flow: fv.Flow, tmp_path: Path, theme: str
) -> None:
    widget = fv.TransportPlayer(flow, fv.data.TwoMoons(), particles=50, cells=16, theme=theme)
    room = {"light": "dark", "dark": "light"}[theme]
    player = open_player(widget.save(tmp_path / "themed.html"), color_scheme=room)
    assert player.read("flowviz-theme") == theme
    assert (player.picture()[0, 0].min() > 240) == (theme == "light")
    assert (min(colours(player)[1]) > 240) == (theme == "light")


def test_less_motion_goes_from_layer_to_layer(open_player: Open, exported: Path) -> None:
    player = open_player(exported, reduced_motion="reduce")
    player.canvas.focus()
    player.press("+", "+", "+", "+")
    player.root.get_by_text("4.0×").wait_for()
    positions_since, frames = player.note_positions(), player.frames
    player.strip.focus()
    player.press("Space")
    player.announces(position=3)
    assert positions_since() == [1, 2, 3]
    assert player.frames - frames <= 8


def test_from_start_to_end_without_a_mouse(open_player: Open, exported: Path) -> None:
    """Tab reaches every control, in the order in which they read, and what has it is seen."""
    player = open_player(exported)
    names = player.tabs(60)
    places = [next((i for i, name in enumerate(names) if part in name), -1) for part in _CONTROLS]
    assert -1 not in places, f"not reached by Tab: one of {_CONTROLS} in {names}"
    assert places == sorted(places), f"not in reading order: {names}"
    player.canvas.focus()
    player.press("Enter", "ArrowRight")
    player.until(lambda: player.selected >= 0, "a point")
    player.press("Shift+Tab", "Tab")
    player.press("Space")
    player.until(lambda: player.position > 0.05, "playing from the picture")
    player.press("End", "r")
    player.announces(position=3, direction="generate")
    player.press("Home")
    player.announces(position=0)


_CONTROLS = [
    *("latent → data", "density", "particles", "grid", "Arrow keys", "log p(z)", "volume"),
    *("log p(x)", "play", "position in the flow", "faster"),
]


def test_what_happens_is_said(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    said = player.root.get_by_role("status")
    player.canvas.focus()
    player.press("End")
    player.until(lambda: "Latent side" in said.inner_text(), "the place in words")
    player.press("Enter")
    player.until(lambda: "log p(x)" in said.inner_text(), "the chosen point in words")
    value = said.inner_text().split("log p(x) ")[1].split(" ")[0]
    assert number(value) == pytest.approx(player.log_prob, abs=0.0051)
    player.press("r")
    player.until(lambda: "Latent to data" in said.inner_text(), "the direction in words")


def test_the_panel_of_keys_opens_and_closes(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    player.canvas.focus()
    player.press("?")
    panel = player.root.get_by_role("dialog", name="Keys")
    panel.wait_for()
    shoot(player.page, "keys")
    player.press("Escape")
    panel.wait_for(state="hidden")
    expect(player.canvas).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 500])
def test_axe_finds_nothing_serious(
    open_player: Open, exported: Path, theme: str, width: int
) -> None:
    room = {"width": width, "height": 900}
    player = open_player(exported, color_scheme=theme, viewport=room)
    player.canvas.focus()
    player.press("Enter", "]")
    player.announces(position=1)
    shoot(player.page, f"chosen-{theme}-{width}")
    assert serious(player) == []
    player.press("?")
    player.root.get_by_role("dialog").wait_for()
    assert serious(player) == []
