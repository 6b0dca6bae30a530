"""What gives an answer away waits for it, whenever it was built; so do controls a teacher hides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import flowviz as fv
from flowviz.widgets.widget import Widget

from .shown import Shown
from .variables import Variables

pytestmark = pytest.mark.browser

Show = Callable[..., Shown]
CHOICE = {"options": ["up", "down"], "truth": "down", "id": "a"}
LU = {"kind": "lu", "params": {}}


class Lab(Shown):
    kind = "lab"


@pytest.fixture
def show(open_page, tmp_path: Path) -> Show:
    """show(widget): its exported page, ready."""

    def one(widget: Widget) -> Shown:
        page = open_page(widget.save(tmp_path / "asks.html")).page
        return (Lab if isinstance(widget, fv.LayerLab) else Variables)(page).ready()

    return one


def free(shown: Shown) -> list[str]:
    """The sliders that answer to a hand, by name."""
    script = "all => all.filter(e => !e.closest('[inert]')).map(e => e.ariaLabel)"
    return shown.root.locator("input[type=range]:visible, .flowviz-grip:visible").evaluate_all(
        script
    )


@pytest.mark.parametrize("kind", ["affine", "power", "sigmoid", "logit", "spline"])
def test_every_handle_of_a_curve_waits(show: Show, kind: str) -> None:
    widget = fv.ChangeOfVariables(kind)
    widget.ask("Steeper: log p(x) goes", **CHOICE)
    shown = show(widget)
    shown.announces(asking="choice")
    assert free(shown) == []
    shown.root.get_by_role("button", name="down").click()
    shown.announces(asking="")
    assert len(free(shown)) >= 3, "handles, sliders, the probe"


def test_a_layer_that_a_beat_brings_waits_too(show: Show) -> None:
    """The question comes with another kind of layer: its handles are built after it is asked."""
    beats = [{"say": "Look."}, {"state": LU, "question": "a"}, {"say": "And now this."}]
    widget = fv.LayerLab("affine", beats=beats)
    widget.ask("Up or down?", **CHOICE, now=False)
    shown = show(widget)
    shown.root.get_by_role("button", name="present").click()
    shown.root.get_by_text("Look.").wait_for()
    shown.root.get_by_role("slider", name="shift").first.focus()
    shown.press("PageDown")
    shown.announces(kind="lu", asking="choice")
    way = shown.root.locator(".flowviz-handles input")
    assert way.count() > 2
    assert all(way.evaluate_all("all => all.map(e => !!e.closest('[inert]'))"))
    shown.press("PageDown")  # the clicker still reaches the widget, which waits for the answer
    shown.root.get_by_text("an answer first").wait_for()
    shown.root.get_by_role("button", name="down", exact=True).click()
    shown.announces(asking="")
    assert not any(way.evaluate_all("all => all.map(e => !!e.closest('[inert]'))"))


def test_a_hidden_control_stays_hidden_when_it_is_built_anew(show: Show) -> None:
    shown = show(fv.ChangeOfVariables("affine", hidden=["slope", "knot slope"]))
    expect(shown.root.locator("[data-control=shift]")).to_be_visible()
    expect(shown.root.locator("[data-control=slope]")).to_be_hidden()
    shown.root.get_by_role("button", name="spline").click()
    shown.announces(maps="spline")
    expect(shown.root.locator("[data-control='knot slope']")).to_be_hidden()
