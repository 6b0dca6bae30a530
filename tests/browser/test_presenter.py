"""In front of a class: on the small screens of lecture halls nothing lies over anything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator

import flowviz as fv
from flowviz.widgets.widget import Widget

from .conftest import shoot
from .shown import Shown
from .variables import Variables

pytestmark = pytest.mark.browser

ROOMS = [(1280, 720), (1024, 768)]
CHOICE = {"options": ["doubles", "halves"], "truth": "halves", "id": "a", "now": False}

# Whether a person sees this element: all of it in the window but a share of a pixel, with nothing
# over it.
_SEEN = """el => {
  const {left, top, right, bottom} = el.getBoundingClientRect();
  const hit = (x, y) => el.contains(document.elementFromPoint(x, y));
  const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom < innerHeight + 1;
  const places = [top + 3, (top + bottom) / 2, bottom - 3].map(y => [(left + right) / 2, y]);
  return inside && places.every(([x, y]) => hit(x, y));
}"""


class Lab(Shown):
    kind = "lab"


def four() -> Widget:
    maps = ["spline", "affine", "sigmoid", "logit"]
    return fv.ChangeOfVariables(maps, view=1, language="de")


def asked() -> Widget:
    widget = fv.ChangeOfVariables("affine", beats=[{"say": "Look.", "question": "a"}])
    widget.ask("Twice as steep at the probe: what happens to p(x)?", **CHOICE)
    return widget


@pytest.fixture(params=ROOMS, ids=["1280x720", "1024x768"])
def present(request: pytest.FixtureRequest, open_page, tmp_path: Path) -> Callable[..., Shown]:
    """present(widget): its page in front of a class."""
    width, height = request.param

    def one(widget: Widget) -> Shown:
        room = {"viewport": {"width": width, "height": height}}
        page = open_page(widget.save(tmp_path / "class.html"), **room).page
        shown = (Lab if isinstance(widget, fv.LayerLab) else Variables)(page).ready()
        button = shown.root.locator('[data-control="present"]')
        button.click()
        shown.until(lambda: button.get_attribute("aria-pressed") == "true", "the whole screen")
        return shown

    return one


def sees(shown: Shown, part: Locator) -> None:
    name = part.get_attribute("class")
    shown.until(lambda: part.evaluate(_SEEN), f"{name} in sight")


@pytest.mark.parametrize("make", [fv.ChangeOfVariables, four])
def test_a_curve_its_picture_and_its_foot(present, make: Callable[[], Widget]) -> None:
    shown = present(make())
    shoot(shown.page, f"presenter-{make.__name__}-{shown.page.viewport_size['width']}")
    foot = shown.root.locator(".flowviz-foot")
    for part in (foot, foot.locator("button").last, shown.root.locator(".flowviz-holder")):
        sees(shown, part)
    sentence = shown.root.locator(".flowviz-sentence")
    sentence.evaluate("el => el.scrollIntoView({block: 'nearest'})")
    sees(shown, sentence)


def test_a_question_is_in_sight_above_the_bar_of_beats(present) -> None:
    shown = present(asked())
    shown.announces(asking="choice")
    for part in (".flowviz-holder", ".flowviz-card", ".flowviz-beats"):
        sees(shown, shown.root.locator(part))
    shown.root.get_by_role("button", name="doubles").click()
    shown.announces(asking="")
    sees(shown, shown.root.get_by_role("button", name="go on"))


def test_a_map_that_is_added_leaves_less_for_the_picture(present) -> None:
    shown = present(fv.ChangeOfVariables())
    before = shown.canvas.bounding_box()["height"]
    shown.root.get_by_role("button", name="add a map").click()
    shown.until(lambda: shown.canvas.bounding_box()["height"] < before, "a smaller picture")
    sees(shown, shown.root.locator(".flowviz-foot"))


@pytest.mark.parametrize("kind", ["coupling", "flowified12", "sylvester"])
def test_a_layer_s_sentence_and_sliders_can_be_brought_into_sight(present, kind: str) -> None:
    shown = present(fv.LayerLab(kind))
    shoot(shown.page, f"presenter-{kind}-{shown.page.viewport_size['width']}")
    sizes = "el => [el.scrollHeight, el.clientHeight]"
    whole, seen = shown.root.evaluate(sizes)
    assert whole <= seen, "the header scrolls away"
    for part in (".flowviz-sentence", ".flowviz-handles > :last-child"):
        one = shown.root.locator(part)
        one.evaluate("el => el.scrollIntoView({block: 'nearest'})")
        sees(shown, one)
