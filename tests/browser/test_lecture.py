"""In front of a class and by link: beats and keys of a clicker, the state in the address, links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import flowviz as fv
from flowviz.widgets.state import pack_state, unpack_state

from .conftest import shoot
from .player import Player, changed
from .shown import serious
from .watch import Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Player]


def make(flow: fv.Flow, **options) -> fv.TransportPlayer:
    return fv.TransportPlayer(
        flow, fv.data.TwoMoons(), **{"particles": 200, "cells": 24, **options}
    )


# Presenter


@pytest.fixture
def lecture(open_player: Open, flow: fv.Flow, tmp_path: Path) -> Player:
    widget = make(flow)
    widget.ask(
        "Up or down?", "sign", id="guess", truth="+", now=False, set={"selected": 3, "position": 1}
    )
    widget.beats = [
        {"say": "Two moons.", "state": {"position": 0}},
        {"say": "Guess first.", "question": "guess"},
        {"say": "The other side.", "state": {"position": 3, "show_grid": False}},
    ]
    return open_player(widget.save(tmp_path / "lecture.html"))


def test_a_clicker_leads_through_the_beats_and_waits_for_answers(lecture: Player) -> None:
    player = lecture
    player.canvas.focus()
    player.press("f")
    player.root.get_by_text("Two moons.").wait_for()
    player.until(lambda: "flowviz-present" in player.root.get_attribute("class"), "presenter mode")
    player.press("PageDown")
    player.announces(position=1, asked="guess", selected=3)
    player.press("PageDown")
    player.root.get_by_text("an answer first").wait_for()
    player.announces(position=1)
    player.root.get_by_role("button", name="above zero").click()
    player.root.locator(".flowviz-beats").get_by_role("button", name="one step on").click()
    player.announces(position=3, asked="")
    third = player.picture()
    shoot(player.page, "presenting")
    player.press("PageUp", "PageUp")
    player.announces(position=0)
    player.press("PageDown")
    player.announces(asked="guess", asking="")
    player.press("PageDown")
    player.announces(position=3)
    player.until(lambda: changed(third, player.picture()) == 0, "the same beat, the same picture")


def test_black_and_the_way_out(lecture: Player) -> None:
    player = lecture
    small = player.canvas.bounding_box()["width"]
    player.canvas.focus()
    player.press("f")
    player.until(lambda: player.canvas.bounding_box()["width"] > small, "a larger picture")
    corner = "el => getComputedStyle(el, '::after').backgroundColor"
    player.press("b")
    player.until(lambda: player.root.evaluate(corner) == "rgb(0, 0, 0)", "a black screen")
    player.press("b")
    player.until(lambda: player.root.evaluate(corner) != "rgb(0, 0, 0)", "the picture again")
    assert serious(player) == []
    player.press("f")
    player.until(lambda: player.canvas.bounding_box()["width"] == small, "the picture as it was")
    player.until(lambda: player.page.evaluate("!document.fullscreenElement"), "a window again")


def test_hidden_controls_are_gone(open_player: Open, flow: fv.Flow, tmp_path: Path) -> None:
    widget = make(flow, hidden=["ledger", "audit", "present"])
    player = open_player(widget.save(tmp_path / "hidden.html"))
    for name in ("ledger", "audit", "present"):
        assert not player.root.locator(f'[data-control="{name}"]').first.is_visible()
    assert player.root.locator('[data-control="grid"]').is_visible()


# The address


def test_the_address_brings_the_very_picture_back(open_page, flow: fv.Flow, tmp_path: Path) -> None:
    path = make(flow).save(tmp_path / "page.html")
    player = Player(open_page(path).page).ready()
    player.canvas.focus()
    player.press("]", "g", "r", "Enter", "m")
    player.until(lambda: player.selected >= 0, "a point")
    player.scrub(1.6)
    picture, state = player.picture(), player.state()

    def kept() -> dict:
        return unpack_state(player.page.url) if "#flowviz1." in player.page.url else {}

    player.until(
        lambda: kept().get("position") == pytest.approx(player.position, abs=1e-3),
        "the last state in the address",
    )
    address, values = player.page.url, kept()
    assert (values["direction"], values["show_grid"]) == ("generate", False)
    player.page.goto("about:blank")
    player.page.goto(address)
    again = Player(player.page).ready()
    for name in ("position", "direction", "selected", "logp"):
        assert again.read(name) == state[name]
    assert changed(picture, again.picture()) == 0
    assert fv.restore(address).position == pytest.approx(again.position)


def test_python_and_the_browser_write_the_same_state(
    open_player: Open, flow: fv.Flow, tmp_path: Path
) -> None:
    widget = make(flow, position=2.0, show_grid=False, title="Zwei Möndchen, 漢")
    player = open_player(widget.save(tmp_path / "same.html"))
    player.canvas.focus()
    player.press("?")
    link = player.root.get_by_role("dialog").get_by_role("textbox").input_value()
    assert link.split("#")[1] == widget.state


def test_the_address_of_another_picture_changes_nothing(
    open_page: Callable[..., Watched], flow: fv.Flow, tmp_path: Path
) -> None:
    path = make(flow).save(tmp_path / "page.html")
    page = open_page(path).page
    foreign = {"widget": "player", "origin": {"print": [1]}, "position": 2}
    for code in ("flowviz1.nonsense", pack_state(foreign)):
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#{code}")
        assert Player(page).ready().position == 0


# Links, the audit, the formula


def test_two_linked_players_of_a_page_move_together(
    open_page: Callable[..., Watched], flow: fv.Flow, tmp_path: Path
) -> None:
    one, other = make(flow), make(flow, theme="dark")
    fv.link(one, other)
    pages = [widget.to_html() for widget in (one, other)]
    block = pages[1].split("<main>")[1].split("</main>")[0]
    path = tmp_path / "two.html"
    path.write_text(pages[0].replace("</main>", f"{block}</main>"))
    page = open_page(path, viewport={"width": 1280, "height": 1700}).page
    first, second = Player(page).ready(), Player(page, nth=1).ready()
    first.canvas.focus()
    first.press("]", "Enter")
    first.until(lambda: first.selected >= 0, "a particle")
    second.announces(position=1, selected=first.selected)
    second.canvas.focus()
    second.press("]", "r")
    first.announces(position=2, direction="generate")
    second.press("d")
    switch = second.root.locator('[data-control="density"]')
    expect(switch).to_have_attribute("aria-pressed", "false")
    shown = first.root.locator('[data-control="density"]')
    assert shown.get_attribute("aria-pressed") == "true", "what is shown is each one's own"


def test_the_audit_counts_one_until_the_ledger_is_broken(
    open_player: Open, flow: fv.Flow, tmp_path: Path
) -> None:
    widget = make(flow, particles=300, cells=64)
    player = open_player(widget.save(tmp_path / "audit.html"))
    player.canvas.focus()
    player.press("m", "Enter")
    mass = player.root.locator('[data-control="claimed"]')
    painted = player.root.locator('[data-control="painted"]')
    mass.wait_for()
    audit = widget.trace.audit
    assert float(mass.get_attribute("data-value")) == pytest.approx(audit.mass(), abs=1e-3)
    assert mass.get_attribute("data-good") == "true"
    assert float(painted.get_attribute("data-value")) == pytest.approx(1, abs=0.02)
    before = player.picture()
    second = player.root.get_by_role("group", name="2 spline coupling")
    second.get_by_role("button", name="dropped").click()
    player.until(lambda: mass.get_attribute("data-good") == "false", "the mass gone")
    wrong = audit.mass([1, 0, 1])
    assert float(mass.get_attribute("data-value")) == pytest.approx(wrong, rel=5e-3)
    player.until(lambda: changed(before, player.picture()) > 0.01, "another picture")
    assert float(painted.get_attribute("data-value")) == pytest.approx(wrong, rel=0.1)
    shoot(player.page, "audit-broken")
    second.get_by_role("button", name="flipped").click()
    flipped = audit.mass([1, -1, 1])
    player.until(
        lambda: float(mass.get_attribute("data-value")) == pytest.approx(flipped, rel=5e-3),
        "the wrong sign",
    )
    assert serious(player) == []
    second.get_by_role("button", name="kept").click()
    player.until(lambda: changed(before, player.picture()) == 0, "the true picture again")


def test_a_term_lights_up_everywhere(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    player.root.get_by_text("in PyTorch").click()
    player.canvas.focus()
    player.press("]", "]")
    player.announces(position=2)
    plain = player.picture()
    player.root.locator(".flowviz-term", has_text="volume").hover()
    player.announces(lit="volume")
    player.until(lambda: changed(plain, player.picture()) > 0.05, "what areas become")
    lit = player.root.locator(".flowviz-lit")
    places = lit.evaluate_all("all => all.map(one => one.tagName)")
    assert {"BUTTON", "TH", "TD", "SPAN"} <= set(places)
    shoot(player.page, "lit-volume")
    player.page.mouse.move(2, 2)
    player.until(lambda: changed(plain, player.picture()) == 0, "the density again")


def test_the_notation_follows_the_slides(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    equation = player.root.locator(".flowviz-equation")
    assert "∂z/∂x" in equation.inner_text()
    equation.get_by_role("button", name="z = f(x)").click()
    player.until(lambda: "∂x/∂z" in equation.inner_text(), "the other notation")


def test_german(open_player: Open, flow: fv.Flow, tmp_path: Path) -> None:
    player = open_player(make(flow, language="de").save(tmp_path / "de.html"))
    assert player.root.get_by_role("button", name="abspielen", exact=True).is_visible()
    assert "Datenseite" in player.root.locator(".flowviz-sentence").inner_text()
    assert player.page.evaluate("document.documentElement.lang") == "de"
    shoot(player.page, "german")
