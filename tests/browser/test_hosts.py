"""Wherever a player plays it does the same: scrub, play, choose a point, read its ledger."""

from __future__ import annotations

import re

import numpy as np
import pytest

from .hosts import Shown
from .player import changed, number

pytestmark = pytest.mark.browser

VISIBLE = 0.01  # share of the pixels


def test_scrubbing_moves_the_picture(shown: Shown) -> None:
    player = shown.player
    pictures = [player.picture()]
    for position in (0.6, 1.4, 2.0, 3.0):
        player.scrub(position)
        pictures.append(player.picture())
    for earlier, later in zip(pictures, pictures[1:], strict=False):
        assert changed(earlier, later) > VISIBLE
    player.scrub(0.0)
    assert changed(pictures[0], player.picture()) == 0, "the way back is not the way there"


def test_a_clicked_particle_shows_its_log_prob(shown: Shown) -> None:
    player, chosen = shown.player, shown.loner()
    player.page.mouse.click(*shown.pixel(shown.points[chosen]))
    player.announces(selected=chosen)
    expected = shown.log_prob(shown.points[chosen : chosen + 1])[0]
    assert player.log_prob == pytest.approx(expected, abs=1e-3)
    rows = player.rows()
    assert rows[-1][0] == "log p(x)"
    assert number(rows[-1][-1]) == pytest.approx(expected, abs=0.0055)


def test_the_ledger_adds_up_as_it_reads(shown: Shown) -> None:
    player, chosen = shown.player, shown.loner()
    player.page.mouse.click(*shown.pixel(shown.points[chosen]))
    player.announces(selected=chosen)
    base, *layers, total = player.rows()
    running = number(base[-1])
    for row in layers:
        running += sum(number(cell) for cell in row[1:-1] if cell != "–")
        assert number(row[-1]) == pytest.approx(running, abs=0.006 * (1 + len(layers)))
    assert number(total[-1]) == number(layers[-1][-1])


def test_without_a_choice_the_ledger_is_the_average(shown: Shown) -> None:
    average = shown.log_prob(shown.points).mean()
    assert shown.player.log_prob == pytest.approx(average, abs=1e-3)
    assert shown.player.selected == -1


def test_a_click_off_every_particle_chooses_none(shown: Shown) -> None:
    player = shown.player
    player.page.mouse.click(*shown.pixel(shown.points[shown.loner()]))
    player.until(lambda: player.selected >= 0, "a chosen point")
    empty = shown.center + 0.97 * shown.radius * np.array([1, 1])
    player.page.mouse.click(*shown.pixel(empty))
    player.announces(selected=-1)


def test_a_row_leads_to_its_layer(shown: Shown) -> None:
    player = shown.player
    for layer in (2, 1, 3):
        player.root.get_by_role("button", name=re.compile(rf"^{layer}\b")).click()
        player.announces(layer=layer, position=layer - 0.5)
    player.root.locator("tfoot").get_by_role("button").click()
    player.announces(position=0)
    player.root.locator("tbody tr").first.get_by_role("button").click()
    player.announces(position=3)


def test_playing_goes_once_from_end_to_end(shown: Shown) -> None:
    player = shown.player
    player.canvas.focus()
    positions_since = player.note_positions()
    player.root.get_by_role("button", name="play", exact=True).click()
    player.announces(position=3)
    player.root.get_by_role("button", name="play", exact=True).wait_for()
    positions = positions_since()
    assert positions == sorted(positions), "the playhead jumps back"
    assert len(set(positions)) > 20, "played in jumps"


def test_a_dragged_playhead_never_slips_back(shown: Shown) -> None:
    player = shown.player
    positions_since = player.note_positions()
    box = player.strip.bounding_box()
    x, y = box["x"], box["y"] + box["height"] / 2
    player.page.mouse.move(x + 2, y)
    player.page.mouse.down()
    for step in range(40):
        player.page.mouse.move(x + 2 + step * (box["width"] - 4) / 39, y)
        player.page.wait_for_timeout(16)
    player.page.mouse.up()
    player.announces(position=3)
    positions = positions_since()
    assert positions == sorted(positions)
    assert len(positions) > 10, "the picture does not follow"


def test_keys_step_play_and_switch(shown: Shown) -> None:
    player = shown.player
    player.canvas.focus()
    player.press("]")
    player.announces(position=1)
    player.press("End")
    player.announces(position=3)
    player.press("[")
    player.announces(position=2)
    player.press("Home")
    player.announces(position=0)
    for key, part in {"d": "density", "p": "particles", "g": "grid"}.items():
        before = player.picture()
        player.press(key)
        switch = player.root.get_by_role("button", name=part, exact=True)
        player.until(lambda s=switch: s.get_attribute("aria-pressed") == "false", f"no {part}")
        assert changed(before, player.picture()) > VISIBLE / 2
        player.press(key)
        player.until(lambda s=switch: s.get_attribute("aria-pressed") == "true", f"{part}")


def test_arrows_walk_from_point_to_point(shown: Shown) -> None:
    player = shown.player
    player.canvas.focus()
    player.press("Enter")
    player.until(lambda: player.selected >= 0, "a first point")
    first = player.selected
    player.press("ArrowRight")
    player.until(lambda: player.selected != first, "the next point")
    assert shown.points[player.selected][0] > shown.points[first][0]
    player.press("Escape")
    player.announces(selected=-1)


def test_arrows_on_the_strip_scrub(shown: Shown) -> None:
    player = shown.player
    player.strip.focus()
    player.press("ArrowRight", "ArrowRight")
    player.announces(position=0.1)
    player.press("Shift+ArrowLeft")
    player.announces(position=0.09)


def test_space_plays_and_pauses(shown: Shown) -> None:
    player = shown.player
    player.strip.focus()
    player.press("Space")
    player.until(lambda: player.position > 0.02, "playing")
    player.press("Space")
    player.root.get_by_role("button", name="play", exact=True).wait_for()
    stopped = player.position
    player.page.wait_for_timeout(150)
    assert player.position == stopped < 3


def test_the_other_direction_shows_draws_of_the_model(shown: Shown) -> None:
    player = shown.player
    before, average = player.picture(), player.log_prob
    player.root.get_by_role("button", name="generate").click()
    player.announces(direction="generate")
    assert changed(before, player.picture()) > VISIBLE / 2
    assert player.log_prob != average
    player.canvas.focus()
    player.press("r")
    player.announces(direction="normalize")
    assert changed(before, player.picture()) == 0
