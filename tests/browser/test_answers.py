"""The sheet of answers leaves a page without a kernel, by keyboard, as Python writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import flowviz as fv
from flowviz.widgets.state import unpack_state
from flowviz.widgets.widget import Widget

from .conftest import shoot
from .player import Player
from .shown import Shown, serious
from .variables import Variables

pytestmark = pytest.mark.browser


class Lab(Shown):
    kind = "lab"


def curve() -> tuple[Widget, type[Shown]]:
    return fv.ChangeOfVariables("affine", language="de"), Variables


def layer() -> tuple[Widget, type[Shown]]:
    return fv.LayerLab("coupling"), Lab


def player() -> tuple[Widget, type[Shown]]:
    flow, data = fv.zoo.trained("two_moons"), fv.data.TwoMoons()
    return fv.TransportPlayer(flow, data, particles=200, cells=24, title="Möndchen, 漢"), Player


@pytest.mark.parametrize("make", [curve, layer, player])
def test_the_sheet_is_that_of_python(
    open_page, tmp_path: Path, make: Callable[[], tuple[Widget, type[Shown]]]
) -> None:
    widget, kind = make()
    widget.ask("Größer?", options=["ja", "nein"], truth="ja", id="a")
    page = open_page(widget.save(tmp_path / "asks.html"), accept_downloads=True).page
    shown = kind(page).ready()
    row = shown.root.locator('.flowviz-help [data-control="answers"]')
    shown.press("Tab", "?")
    shown.root.get_by_role("dialog").wait_for()
    expect(row).to_be_hidden()
    shown.press("Escape")
    shown.root.get_by_role("button", name="nein").click()
    shown.announces(asking="")
    shown.press("?")
    expect(row).to_be_visible()
    shoot(page, f"answers-{make.__name__}")
    assert serious(shown) == []
    with page.expect_download() as loaded:
        shown.press("Tab", "Tab", "Tab", "Enter")  # from the cross over the link and its button
    assert loaded.value.suggested_filename == "answers.json"
    sheet = json.loads(Path(loaded.value.path()).read_text(encoding="utf-8"))
    widget.take_state(sheet["state"])
    wanted = json.loads(widget.save_answers(tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert (sheet["answers"][0]["given"], sheet["answers"][0]["right"]) == ("nein", False)
    assert unpack_state(sheet["state"])["answers"] == sheet["answers"]
    assert {**sheet, "state": ""} == {**wanted, "state": ""} and list(sheet) == list(wanted)
