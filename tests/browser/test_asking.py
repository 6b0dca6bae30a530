"""Predict, then reveal: controls wait for the answer, the gap is shown, the answer is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import flowviz as fv
from flowviz.widgets.state import unpack_state

from . import hosts
from .conftest import shoot
from .notebook import Notebook
from .player import Player, changed
from .shown import serious

pytestmark = pytest.mark.browser

Open = Callable[..., Player]
CHOSEN = 12


@pytest.fixture
def ask(open_player: Open, flow: fv.Flow, tmp_path: Path) -> Callable[..., tuple[Player, object]]:
    """A page that asks one question, and the widget behind it."""

    def one(prompt: str, kind: str, place: dict | None = None, **question):
        widget = fv.TransportPlayer(flow, fv.data.TwoMoons(), particles=300, cells=28)
        start = {"selected": CHOSEN, "position": 0}
        widget.ask(prompt, kind, set=question.pop("set", start), **question)
        return open_player(widget.save(tmp_path / "asks.html"), **(place or {})), widget

    return one


def card(player: Player):
    return player.root.get_by_role("group", name="a question")


def record(player: Player, tries: int = 1) -> dict:
    """The last answer, after so many tries, as the page's address keeps it."""

    def last() -> dict:
        kept = "#flowviz1." in player.page.url and unpack_state(player.page.url).get("answers")
        return kept[-1] if kept else {}

    player.until(lambda: last().get("tries") == tries, f"an answer in {tries} tries in the address")
    return last()


def landing(widget: fv.TransportPlayer) -> np.ndarray:
    """Where the chosen point lands, by the flow itself."""
    x = torch.as_tensor(widget.trace.sets["data"].points[0][[CHOSEN]]).float()
    with torch.no_grad():
        return widget._source[0].forward(x)[0][0].double().numpy()


def test_controls_wait_for_the_answer(ask) -> None:
    player, _ = ask("Where does this point land?", "point")
    assert card(player).is_visible()
    player.canvas.focus()
    player.press("]", "End", "r", "d", "m")
    player.announces(position=0, direction="normalize", selected=CHOSEN)
    locked = player.root.locator("[data-locks]")
    assert all(locked.evaluate_all("all => all.map(one => one.inert)"))


def test_a_click_where_the_point_lands(ask) -> None:
    player, widget = ask("Where does this point land?", "point", after="It is bent inwards.")
    shown = hosts.shown(player, widget, widget._source[0])
    truth = landing(widget)
    aim = truth + [0.6, 0.8]
    player.page.mouse.click(*shown.pixel(aim))
    player.announces(position=3, selected=CHOSEN)
    told = record(player)
    assert np.allclose(told["truth"], truth, atol=2e-3)
    assert told["gap"] == pytest.approx(1.0, abs=0.03)
    assert told["right"] is False
    for words in ("1.0", "It is bent inwards."):
        expect(card(player)).to_contain_text(words)
    shoot(player.page, "asked-point")


def test_a_point_by_keyboard_alone_and_again(ask) -> None:
    player, _ = ask("Where does this point land?", "point")
    player.canvas.focus()
    player.press("ArrowRight", "ArrowRight", "Shift+ArrowUp", "Enter")
    player.announces(position=3)
    first = record(player)
    card(player).get_by_role("button", name="try again").press("Enter")
    player.announces(position=0, asking="point")
    player.canvas.focus()
    player.press("ArrowLeft", "Enter")
    player.announces(position=3)
    told = record(player, tries=2)
    assert told["first"] == first["given"] != told["given"]
    card(player).get_by_role("button", name="go on").press("Enter")
    card(player).wait_for(state="hidden")
    player.canvas.focus()
    player.press("Home")
    player.announces(position=0)


def test_the_area_of_the_outlined_cells(ask) -> None:
    """By the mesh: a particle at rest in the latent block; the volume of the flow is near it."""
    player, widget = ask("How much larger?", "factor")
    slider = card(player).get_by_role("slider")
    slider.focus()
    player.press("ArrowRight", "ArrowRight")
    shoot(player.page, "asked-factor")
    card(player).get_by_role("button", name="answer").click()
    player.announces(position=3)
    told = record(player)
    volume = float(widget.trace.sets["data"].terms[:, CHOSEN].sum())
    assert told["given"] == pytest.approx(2**0.1)
    assert math.log(told["truth"]) == pytest.approx(volume, abs=1.0)
    assert told["gap"] == pytest.approx(math.log(told["given"] / told["truth"]))


def test_a_sign_a_number_and_a_choice(ask) -> None:
    player, widget = ask("Up or down?", "sign", of="volume 2")
    volume = float(widget.trace.sets["data"].terms[1, CHOSEN])
    hidden = player.root.locator("tbody td.flowviz-running").first
    expect(hidden).to_have_css("visibility", "hidden")  # or it gives it away
    card(player).get_by_role("button", name="above zero" if volume > 0 else "below zero").click()
    assert record(player)["right"] is True

    player, widget = ask("How much?", "number", of="log_prob")
    field = card(player).get_by_role("textbox")
    field.fill("nonsense")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("\N{MINUS SIGN}2,5")
    field.press("Enter")
    told = record(player)
    assert told["given"] == -2.5
    truth = float(widget.trace.sets["data"].log_prob[CHOSEN])
    assert told["truth"] == pytest.approx(truth, abs=1e-3)

    player, _ = ask("Which?", "choice", options=["this", "that"], truth="that")
    card(player).get_by_role("button", name="this").click()
    assert record(player)["right"] is False
    expect(card(player)).to_contain_text("It is: that.")


SKETCH = {"position": 0, "show_density": False, "show_particles": False, "show_grid": False}


def test_an_outline_drawn_with_the_pointer(ask) -> None:
    player, widget = ask("Where is the density?", "sketch", set=SKETCH)
    box = player.canvas.bounding_box()
    mouse = player.page.mouse
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)]
    places = [(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in corners]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=4)
    mouse.up()
    before = player.picture()
    card(player).get_by_role("button", name="compare").click()
    player.until(lambda: changed(before, player.picture()) > 0.02, "the density")
    told = record(player)
    assert 0 < told["gap"] < 1, "the whole window covers the region, and much more"
    assert len(told["given"]) >= 10
    shoot(player.page, "asked-sketch")


def test_an_outline_by_keyboard(ask) -> None:
    player, _ = ask("Where is the density?", "sketch", set=SKETCH)
    player.canvas.focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        player.press(*[key] * 8, "Enter")
    card(player).get_by_role("button", name="compare").press("Enter")
    assert len(record(player)["given"]) == 4


def test_a_tap_answers_too(ask) -> None:
    player, _ = ask("Where does this point land?", "point", place={"has_touch": True})
    box = player.canvas.bounding_box()
    player.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    player.announces(position=3)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_question(ask, theme: str) -> None:
    player, _ = ask("How much larger?", "factor", place={"color_scheme": theme})
    assert serious(player) == []
    card(player).get_by_role("button", name="answer").click()
    player.announces(position=3)
    assert serious(player) == []


def test_answers_reach_python_in_jupyterlab(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    notebook.ask('player.ask("Up or down?", "sign", truth="+", id="lab")')
    try:
        card(player).get_by_role("button", name="below zero").click()
        script = "print(json.dumps(player.answer('lab')))"
        player.until(lambda: json.loads(notebook.ask(script)) is not None, "the answer in Python")
        told = json.loads(notebook.ask(script))
        assert (told["given"], told["truth"], told["right"]) == ("\N{MINUS SIGN}", "+", False)
    finally:
        notebook.ask("player.asked, player.questions, player.answers = '', [], []")
