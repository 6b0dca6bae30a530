"""ChangeOfVariables in a page without a kernel: by mouse, keyboard and finger, in every room."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, expect

import flowviz as fv

from .conftest import shoot
from .hosts import page_of
from .shown import serious
from .variables import Variables
from .watch import Watched

pytestmark = pytest.mark.browser

Show = Callable[..., Variables]
FOUR = ["spline", "affine", "sigmoid", "logit"]
CHOICE = {"options": ["doubles", "halves", "stays"], "truth": "halves", "id": "steep"}


@pytest.fixture
def show(open_page: Callable[..., Watched], tmp_path: Path) -> Show:
    """show(widget, **context options): its exported page, opened with the network off, ready."""

    def one(widget: fv.ChangeOfVariables, fragment: str = "", **options) -> Variables:
        path = widget.save(tmp_path / "variables.html")
        watched = open_page(path, **options)
        if fragment:
            watched.page.goto("about:blank")
            watched.page.goto(f"{path.as_uri()}#{fragment}")
            watched.requests.clear()
        return Variables(watched.page).ready()

    return one


def test_a_knot_dragged_by_the_mouse(show: Show) -> None:
    shown = show(fv.ChangeOfVariables())
    before, mass = shown.numbers("left"), shown.mass
    shown.drag("knot-3", 40, -60)
    shown.until(lambda: shown.numbers("probe")[1] < 0, "a probe that moved with its knot")
    assert shown.mass == pytest.approx(mass, abs=1e-3) == pytest.approx(1, abs=1e-3)
    assert shown.numbers("left") == pytest.approx(before, abs=2e-3), "the bars keep their area"
    assert shown.shown_mass == "1.000"


@pytest.mark.parametrize("kind", ["affine", "power", "sigmoid", "logit", "spline"])
def test_every_kind_keeps_mass_and_bars_at_its_extremes(show: Show, kind: str) -> None:
    shown = show(fv.ChangeOfVariables(kind))
    for name in shown.read("handles").split():
        for dx, dy in ((300, 300), (-300, -300), (0, -200)):
            if shown.grip(name).is_visible():
                shown.drag(name, dx, dy)
                assert shown.shown_mass == "1.000"
                assert shown.numbers("left") == pytest.approx(shown.numbers("below"), abs=3e-3)
        shoot(shown.page, f"variables-{kind}-{name}")


def test_areas_on_the_canvas(show: Show) -> None:
    """The pixels of the green bar: as many below as on the left, though not in the same shape."""
    shown = show(fv.ChangeOfVariables("affine"))
    count = """canvas => {
      const {width, height} = canvas;
      const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
      let left = 0, below = 0;
      for (let i = 0; i < width * height; i++) {
        const [r, g, b] = data.slice(4 * i, 4 * i + 3);
        if (Math.abs(r - 158) > 6 || Math.abs(g - 218) > 6 || Math.abs(b - 203) > 6) continue;
        if (i % width < 0.28 * width) left++; else below++;
      }
      return [left, below];
    }"""
    left, below = shown.canvas.evaluate(count)
    assert min(left, below) > 2000
    assert left == pytest.approx(below, rel=0.04)


def test_forgetting_and_the_wrong_sign(show: Show) -> None:
    shown = show(fv.ChangeOfVariables([{"kind": "affine", "slope": 1.5, "shift": 0}]))
    shown.switch("forget")
    shown.announces(rule="forgotten")
    assert (shown.shown_mass, shown.mass) == ("1.500", pytest.approx(1.5, abs=1e-3))
    wider = [1.5 * area for area in shown.numbers("below")]
    assert shown.numbers("left") == pytest.approx(wider, abs=1e-3)
    shown.switch("wrong sign")
    shown.announces(rule="wrong")
    assert shown.shown_mass == "2.250"
    shoot(shown.page, "variables-wrong")
    shown.switch("wrong sign")
    shown.announces(rule="right")
    assert shown.shown_mass == "1.000"


def test_the_figures_are_the_kernel_s(show: Show) -> None:
    widget = fv.ChangeOfVariables(FOUR, "mixture", probe=0.7)
    shown, account = show(widget), widget.account()
    assert shown.numbers("probe")[-1] == pytest.approx(account.x, abs=1e-4)
    assert float(shown.read("logp")) == pytest.approx(account.log_px, abs=1e-4)
    cells = shown.root.locator("tbody tr:visible").all_inner_texts()
    assert len(cells) == 6 and "log p(x)" in cells[-1]


def test_maps_are_added_moved_and_taken_away(show: Show) -> None:
    shown = show(fv.ChangeOfVariables("power"))
    add = shown.root.get_by_role("button", name="add a map")
    for _ in range(5):
        add.click(force=True)
    shown.announces(maps="power affine spline affine", view="3")
    assert shown.shown_mass == "1.000"
    shown.root.get_by_role("button", name="earlier").click()
    shown.announces(maps="power affine affine spline", view="2")
    shown.root.get_by_role("button", name="take this map away").click()
    shown.announces(maps="power affine spline", view="1")
    shown.root.get_by_role("button", name="all as one").click()
    shown.announces(view="-1")
    assert shown.numbers("left") == pytest.approx(shown.numbers("below"), abs=2e-3)
    shoot(shown.page, "variables-three")


def test_from_start_to_end_by_keyboard(show: Show) -> None:
    """Tab reaches every control with a ring around it; keys do all that the mouse does."""
    shown = show(fv.ChangeOfVariables())
    names = shown.tabs(60)
    for part in ("affine", "bars", "knot 1", "the probe", "slope, knot", "forget", "the base"):
        assert any(part in name for name in names), f"{part}: not reached by Tab in {names}"
    shown.grip("knot-3").focus()
    before = shown.numbers("probe")
    shown.press("ArrowUp", "ArrowUp", "ArrowRight")
    shown.until(lambda: shown.numbers("probe") != before, "a curve that moved")
    shown.grip("probe").focus()
    shown.press(*["ArrowRight"] * 3)
    shown.until(lambda: shown.numbers("probe")[0] == pytest.approx(0.28 + 0.3, abs=0.01), "z")
    slider = shown.root.get_by_role("slider", name="slope, knot 3")
    slider.focus()
    shown.press("End")
    shown.until(lambda: shown.shown_mass == "1.000" and slider.input_value() == "3", "a steep knot")
    shown.root.get_by_role("switch", name="forget").focus()
    shown.press("Space")
    shown.announces(rule="forgotten")
    assert shown.shown_mass != "1.000"


def test_a_finger_drags_a_knot(show: Show) -> None:
    shown = show(fv.ChangeOfVariables(), has_touch=True, viewport={"width": 400, "height": 800})
    box = shown.grip("knot-4").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    shown.grip("knot-4").scroll_into_view_if_needed()
    x, y = shown.at("knot-4")
    before = shown.numbers("left")
    client = shown.page.context.new_cdp_session(shown.page)
    for kind, dy in (("Start", 0), ("Move", 15), ("Move", 30), ("End", None)):
        points = [] if dy is None else [{"x": x, "y": y + dy}]
        client.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    shown.until(lambda: abs(shown.at("knot-4")[1] - y - 30) < 3, "a knot under the finger")
    assert shown.numbers("left") == pytest.approx(before, abs=2e-3)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_serious(show: Show, theme: str, width: int) -> None:
    room = {"width": width, "height": 900}
    widget = fv.ChangeOfVariables(FOUR, view=1)
    shown = show(widget, color_scheme=theme, viewport=room)
    assert shown.read("flowviz-theme") == theme
    shoot(shown.page, f"variables-four-{theme}-{width}")
    wide = shown.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, "the page scrolls sideways"
    assert serious(shown) == []
    shown.press("Tab", "?")
    shown.root.get_by_role("dialog").wait_for()
    assert serious(shown) == []


def test_predict_then_reveal(show: Show) -> None:
    widget = fv.ChangeOfVariables()
    widget.ask("Twice as steep at the probe: what happens to p(x)?", **CHOICE)
    shown = show(widget)
    before = shown.numbers("probe")
    shown.page.mouse.click(*shown.at("knot-3"))
    assert shown.root.locator(".flowviz-grips").evaluate("el => el.inert"), "controls are locked"
    shoot(shown.page, "variables-question")
    shown.root.get_by_role("button", name="stays").click()
    shown.root.get_by_text("Not quite.").wait_for()
    shoot(shown.page, "variables-revealed")
    shown.root.get_by_role("button", name="try again").click()
    shown.root.get_by_role("button", name="halves").click()
    shown.root.get_by_text("Right.").wait_for()
    shown.root.get_by_role("button", name="go on").click()
    shown.drag("knot-3", 30, -40)
    shown.until(lambda: shown.numbers("probe") != before, "controls that are free again")


def test_where_does_the_probe_land(show: Show) -> None:
    """The truth is not on the page before the answer; by the keyboard alone."""
    widget = fv.ChangeOfVariables([{"kind": "affine", "slope": 1.5, "shift": 0.5}], probe=1.0)
    widget.ask("Where does the probe land?", "point")
    shown = show(widget)
    expect(shown.grip("probe")).to_have_count(1)
    expect(shown.root.get_by_text("+2.00")).to_have_count(0)
    shown.canvas.focus()
    shown.press("ArrowUp", "ArrowUp", "ArrowUp", "Enter")
    shown.root.get_by_text("it lands at 2.00").wait_for()
    expect(shown.root.get_by_text("+2.00").first).to_be_attached()


def test_a_sketch_is_compared(show: Show) -> None:
    widget = fv.ChangeOfVariables([{"kind": "affine", "slope": 1.0, "shift": 0.0}])
    widget.ask("Draw p(x).", "sketch")
    shown = show(widget)
    box = shown.canvas.bounding_box()
    low, high = shown.numbers("window")
    wall, side = box["x"] + 0.28 * box["width"], box["width"] * 0.72 - 18
    shown.page.mouse.move(wall, box["y"] + 14)
    shown.page.mouse.down()
    for i in range(61):
        v = high - (high - low) * i / 60
        share = math.exp(-v * v / 2)
        x = wall - share * 0.30 * side
        shown.page.mouse.move(x, box["y"] + 12 + side * i / 60)
    shown.page.mouse.up()
    shown.root.get_by_role("button", name="compare").click()
    shown.root.get_by_text("Right.").wait_for()
    shoot(shown.page, "variables-sketch")


def test_in_front_of_a_class(show: Show) -> None:
    beats = [{"state": {"rule": "forgotten"}, "say": "Forget it"}, {"state": {"rule": "right"}}]
    shown = show(
        fv.ChangeOfVariables("affine", beats=beats), viewport={"width": 1600, "height": 900}
    )
    small = shown.canvas.bounding_box()["width"]
    shown.root.get_by_role("button", name="present").click()
    shown.announces(rule="forgotten")
    shown.until(lambda: shown.canvas.bounding_box()["width"] > 1.1 * small, "a larger picture")
    shoot(shown.page, "variables-presenter")
    shown.drag("shift", 0, -50)
    shown.press("PageDown")
    shown.announces(rule="right")
    shown.press("Escape")
    shown.until(lambda: shown.canvas.bounding_box()["width"] == small, "the size it had")


def test_a_link_brings_the_picture_back(show: Show) -> None:
    wanted = fv.ChangeOfVariables(["power", "affine"], "logistic", probe=2.5, rule="wrong", view=1)
    shown = show(fv.ChangeOfVariables(), fragment=wanted.state)
    shown.announces(maps="power affine", view="1", rule="wrong", base="logistic")
    assert shown.numbers("probe")[0] == 2.5
    assert shown.mass == pytest.approx(wanted.mass, rel=1e-3)


def test_linked_widgets_move_together(show: Show) -> None:
    """What another widget of the group tells is taken on; what other groups tell is not."""
    shown = show(fv.ChangeOfVariables(group="a"))
    tell = """([group, probe]) => window.dispatchEvent(new CustomEvent("flowviz:link",
      {detail: {group, from: {}, changes: {probe}}}))"""
    shown.page.evaluate(tell, ["b", -1.0])
    shown.page.evaluate(tell, ["a", 1.25])
    shown.until(lambda: shown.numbers("probe")[0] == 1.25, "the probe of the group")


QUESTION = {
    "questions": [{"id": "q", "kind": "number", "prompt": "What is log p(x)?"}],
    "asked": "q",
}


@pytest.mark.parametrize("width", [960, 1200])
@pytest.mark.parametrize("options", [{}, {"maps": FOUR}, QUESTION], ids=["one", "four", "asked"])
def test_a_stored_output_works_and_fits_its_frame(
    open_page: Callable[..., Watched], tmp_path: Path, options: dict, width: int
) -> None:
    path = page_of("frame", fv.ChangeOfVariables(**options), tmp_path)
    page = open_page(path, viewport={"width": width, "height": 1000}).page
    frame = page.locator("iframe")
    assert "allow-same-origin" not in frame.get_attribute("sandbox").split()
    shown = Variables(page, frame.content_frame).ready()
    inner, outer = shown.root.evaluate(
        "() => [document.documentElement.scrollHeight, window.innerHeight]"
    )
    assert inner <= outer, "the frame cuts the widget off"
    shown.root.get_by_role("button", name="bars").click()
    if "asked" not in options:
        shown.drag("knot-3", 0, 30)
        shown.until(lambda: shown.shown_mass == "1.000", "mass 1 in a frame")


def test_forty_pictures_a_second_while_dragging(show: Show) -> None:
    """The main thread's own time a picture, four maps and a singular place among them.

    A second has room for forty pictures of 25 ms; the clock of the thread does not run while
    others have the processor.
    """
    maps = [{"kind": "power", "power": 2.5, "soft": 0}, "affine", "spline", "power"]
    shown = show(fv.ChangeOfVariables(maps, view=2))
    x, y = shown.at("knot-3")
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.evaluate(_WIGGLE, [x, y])
    clock = shown.page.context.new_cdp_session(shown.page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    spent, frames = _busy(clock), int(shown.read("frames-drawn"))
    shown.page.evaluate(_WIGGLE, [x, y])
    drawn = int(shown.read("frames-drawn")) - frames
    milliseconds = 1000 * (_busy(clock) - spent) / drawn
    shown.page.mouse.up()
    assert milliseconds < 25, f"{milliseconds:.0f} ms a picture"


def _busy(clock: CDPSession) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = clock.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


_WIGGLE = """([x, y]) => new Promise(done => {
  const grip = document.querySelector('[data-grip="knot-3"]');
  const start = performance.now();
  const step = () => {
    const t = performance.now() - start;
    const [clientX, clientY] = [x + 20 * Math.sin(t / 80), y + 30 * Math.cos(t / 90)];
    const at = {clientX, clientY, pointerId: 1};
    grip.dispatchEvent(new PointerEvent("pointermove", {...at, bubbles: true}));
    if (t < 2000) requestAnimationFrame(step); else done(t / 1000);
  };
  step();
})"""


def test_two_maps_are_added_before_a_frame_is_drawn(show: Show) -> None:
    shown = show(fv.ChangeOfVariables())
    button = shown.root.get_by_role("button", name="add a map")
    button.evaluate("button => (button.click(), button.click())")
    shown.announces(maps="spline affine spline", view="2")
