"""What only JupyterLab can do: run the notebook, keep its keys, be busy, show a widget twice."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from .conftest import shoot
from .notebook import Notebook
from .player import Player, changed

pytestmark = pytest.mark.browser


def test_the_welcome_notebook_runs_and_shows_the_player(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    code = [c for c in notebook.cells() if c["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert player.layers == 3
    expect(player.root.locator("tbody tr")).to_have_count(4)
    shoot(player.page, "lab")


def test_the_notebook_hears_no_key_meant_for_the_player(lab: tuple[Notebook, Player]) -> None:
    """In command mode a and b add cells, x and dd delete them, m and y change their kind, 00
    restarts the kernel, Enter starts to edit: none of it while the keyboard is in the player."""
    notebook, player = lab
    before = [(c["cell_type"], c["source"]) for c in notebook.cells()]
    for place in (player.canvas, player.strip, player.root.get_by_role("button", name="slower")):
        place.focus()
        player.press("a", "b", "x", "d", "d", "m", "y", "r", "0", "0", "j", "k", "Shift+M", "z")
        player.press("ArrowUp", "ArrowDown", "Enter", "Space", "Escape", "Home", "End", "]", "[")
    assert [(c["cell_type"], c["source"]) for c in notebook.cells()] == before
    assert notebook.mode() == "command"
    assert player.page.locator(".jp-Dialog").count() == 0
    notebook.idle()


def test_escape_gives_the_keyboard_back(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    player.canvas.focus()
    player.press("Escape")
    inside = player.root.evaluate("el => el.contains(document.activeElement)")
    assert not inside
    count = len(notebook.cells())
    player.press("b")
    player.until(lambda: len(notebook.cells()) == count + 1, "the notebook's own key at work")
    player.press("d", "d")
    player.until(lambda: len(notebook.cells()) == count, "the cell gone again")


def test_kernel_and_player_tell_each_other(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    notebook.ask("player.position, player.selected, player.direction = 1.25, 7, 'normalize'")
    player.announces(position=1.25, selected=7)
    player.canvas.focus()
    player.press("End", "g")
    player.announces(position=3)
    player.until(lambda: traits(notebook) == [3.0, False], "the player's state in the kernel")


def traits(notebook: Notebook) -> list:
    return json.loads(notebook.ask("print(json.dumps([player.position, player.show_grid]))"))


def test_the_picture_moves_while_the_kernel_trains(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    work = "fv.fit(fv.zoo.realnvp(hidden=(8,)), data, steps=20, progress=False)"
    with notebook.kept_busy(work):
        pictures = [player.picture()]
        for position in (0.5, 1.5, 2.5):
            player.scrub(position)
            pictures.append(player.picture())
            assert changed(*pictures[-2:]) > 0.01
        player.root.get_by_role("button", name="play", exact=True).click()
        player.announces(position=3)
    player.until(lambda: traits(notebook)[0] == 3.0, "the last position in the kernel")


def test_two_views_of_one_player_keep_step(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    at = next(i for i, c in enumerate(notebook.cells()) if "fv.TransportPlayer(" in c["source"])
    notebook.page.locator(".jp-Notebook .jp-Cell").nth(at).locator(".jp-Collapser").last.focus()
    notebook.page.evaluate(
        f"() => {{ jupyterapp.shell.currentWidget.content.activeCellIndex = {at} }}"
    )
    notebook.command("notebook:create-output-view")
    second = Player(player.page, player.page.locator(".jp-LinkedOutputView")).ready()
    try:
        player.scrub(1.4)
        second.announces(position=player.position)
        second.canvas.focus()
        second.press("]", "r")
        for one in (player, second):
            one.announces(position=2, direction="generate")
        shoot(player.page, "lab-two-views")
        timing = player.note_positions()
        second.strip.focus()
        second.press("+", "+", "+", "+", "Space")
        for one in (player, second):
            one.announces(position=0)
        assert timing() == sorted(timing(), reverse=True), "the views pull against each other"
    finally:
        player.page.locator(".lm-TabBar-tab", has_text="Output View").locator(
            ".lm-TabBar-tabCloseIcon"
        ).click()
    player.page.locator(".jp-LinkedOutputView").wait_for(state="detached")


def test_out_of_sight_nothing_is_drawn_and_back_in_sight_all_is(
    lab: tuple[Notebook, Player],
) -> None:
    notebook, player = lab
    notebook.page.locator(".jp-Notebook .jp-Cell").first.scroll_into_view_if_needed()
    notebook.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    player.until(lambda: not in_sight(player), "the player out of sight")
    frames = player.frames
    notebook.ask("player.playing = True")
    player.page.wait_for_timeout(250)
    assert player.frames == frames
    notebook.ask("player.playing, player.position = False, 2.5")
    player.root.scroll_into_view_if_needed()
    player.announces(position=2.5)
    assert player.frames > frames


def in_sight(player: Player) -> bool:
    return player.root.evaluate(
        """el => new Promise(tell => {
          const observer = new IntersectionObserver(([entry]) => {
            observer.disconnect();
            tell(entry.isIntersecting);
          });
          observer.observe(el);
        })"""
    )


def test_the_player_follows_jupyterlabs_theme(lab: tuple[Notebook, Player]) -> None:
    notebook, player = lab
    light = player.picture()
    notebook.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
    try:
        player.until(lambda: player.read("flowviz-theme") == "dark", "the dark theme")
        player.until(lambda: player.picture()[0, 0].max() < 60, "a dark picture")
        shoot(player.page, "lab-dark")
    finally:
        notebook.command("apputils:change-theme", {"theme": "JupyterLab Light"})
    player.until(lambda: player.read("flowviz-theme") == "light", "the light theme")
    player.until(lambda: changed(light, player.picture()) == 0, "the light picture again")
