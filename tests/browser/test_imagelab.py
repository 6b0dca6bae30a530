"""ImageLab in a page without a kernel: by mouse, keyboard and finger, in every room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import flowviz as fv
from flowviz.studies.data import sample
from flowviz.studies.models import build

from .conftest import shoot
from .imagelab import VIEWS, Lab
from .shown import serious
from .watch import Watched

pytestmark = pytest.mark.browser

Show = Callable[..., Lab]


@pytest.fixture(scope="session")
def flow() -> fv.Flow:
    """Eight latents, five layers that drop: untrained, its pictures are no digits but true."""
    flow = build("flowified-conv2", (1, 28, 28))
    flow.initialize(sample("mnist")[0].images.float())
    return flow.eval()


@pytest.fixture(scope="session")
def made(flow: fv.Flow) -> fv.ImageLab:
    return fv.ImageLab(flow, sample("mnist")[1][:4], shown=4, title="MNIST")


@pytest.fixture
def show(open_page: Callable[..., Watched], made: fv.ImageLab, tmp_path: Path) -> Show:
    """show(context options, **traits): its exported page, opened with the network off, ready."""

    def one(room: dict | None = None, **traits) -> Lab:
        before = {name: getattr(made, name) for name in traits}
        for name, value in traits.items():
            setattr(made, name, value)
        path = made.save(tmp_path / "imagelab.html")
        for name, value in before.items():
            setattr(made, name, value)
        return Lab(open_page(path, **(room or {})).page).ready()

    return one


def test_the_pixels_on_the_screen_are_those_of_python(show: Show, made: fv.ImageLab) -> None:
    shown = show(view="bits", chosen=1, heat=False)
    width = shown.canvas.bounding_box()["width"]
    seen = shown.tile((width - 340) / 2, 20, 340)
    assert (np.abs(seen - made.record.arrays["images"][1, 0]) <= 1).all()
    assert shown.bits == made.record.words["bits"][1]


def test_a_walk_from_end_to_end(show: Show, made: fv.ImageLab) -> None:
    shown = show(view="walk", chosen=2, other=0, along=0.0)
    width = shown.canvas.bounding_box()["width"]
    side = min(300, 0.62 * width)
    images = made.record.arrays["images"]
    assert (np.abs(shown.tile((width - side) / 2, 20, side) - images[2, 0]) <= 1).all()
    shown.slide("along", "End")
    shown.announces(along="8")
    assert (np.abs(shown.tile((width - side) / 2, 20, side) - images[0, 0]) <= 1).all()
    shown.slide("along", "ArrowLeft", "ArrowLeft")
    shown.announces(along="6")
    walk = made.record.arrays["walk"][2, 0, 1]  # the pair 0, 2, from its other end
    assert (np.abs(shown.tile((width - side) / 2, 20, side) - walk[0]) <= 1).all()
    assert shown.bits == pytest.approx(made.record.arrays["walk/bits"][2, 0, 1], abs=5e-3)
    shown.control("rest").get_by_role("button", name="guessed").click()
    shown.announces(mode="mean")


def test_temperature_and_layers_by_their_sliders(show: Show, made: fv.ImageLab) -> None:
    shown = show()
    shown.slide("temperature", "Home")
    shown.announces(temperature="0.3")
    cells = shown.root.locator("tr.flowviz-current:visible").inner_text()
    assert f"{made.record.arrays['draws/bits'][0].mean():.2f}" in cells
    shown.look("layers")
    shown.slide("depth", "End")
    shown.announces(depth=str(made.record.words["depths"][-1]["layer"]))
    assert "8 of 784 numbers" in shown.root.locator(".flowviz-sentence").inner_text()


def test_only_latents_that_came_along_move_without_a_kernel(show: Show, made) -> None:
    shown, shipped = show(view="latent"), made.record.words["latents"]
    shown.canvas.focus()
    for latent in [*shipped[1:], shipped[-1]]:
        shown.press("ArrowRight")
        shown.announces(latent=str(latent))
    shown.press("[", "[")
    shown.announces(shift="0")
    boxes = (shown.canvas.bounding_box()["width"] - 20) / 3
    assert (shown.tile(0, 20, boxes) == shown.tile(boxes + 10, 20, boxes)).all()


def test_the_ledger_of_an_image_adds_up(show: Show, made: fv.ImageLab) -> None:
    shown = show(view="bits", chosen=3)
    rows = shown.root.locator("table:visible tbody tr")
    cells = [row.split("\t") for row in rows.all_inner_texts()]
    figures = [float(row[1].replace("−", "-")) for row in cells[:-1]]
    bits = made.record.words["bits"][3]
    assert sum(figures) == pytest.approx(bits, abs=1e-3 * len(figures))
    assert f"{bits:.3f}" in cells[-1][-1]
    assert len(cells) == len(made.record.words["rows"]) + 2


def test_a_bar_of_the_ledger_leads_to_its_row(show: Show, made: fv.ImageLab) -> None:
    """The last bar is the data side's: the dequantization, far down in the table."""
    shown = show(view="bits")
    box, rows = shown.canvas.bounding_box(), shown.root.locator("table:visible tbody tr")
    row = rows.nth(len(made.record.words["rows"]))
    scroller = shown.root.locator(".flowviz-scroll:visible")
    inside = lambda: (  # noqa: E731
        row.bounding_box()["y"] < scroller.bounding_box()["y"] + scroller.bounding_box()["height"]
    )
    assert not inside()
    shown.page.mouse.move(box["x"] + box["width"] - 66, box["y"] + box["height"] - 100)
    shown.until(inside, "the row of the last bar")
    assert "flowviz-current" in row.get_attribute("class") and "8.000" in row.inner_text()


def test_a_pixel_by_the_keyboard(show: Show, made: fv.ImageLab) -> None:
    shown = show(view="bits")
    shown.canvas.focus()
    shown.press("ArrowUp", "ArrowUp", "ArrowRight")
    shown.announces(pixel="13 15")
    bits = abs(made.record.arrays["heat"][0, 13, 15])
    said = shown.root.locator(".flowviz-sentence")  # a picture may pass before it says so
    shown.until(lambda: f"{bits:.1f} bits" in said.inner_text(), f"a sentence of {bits:.1f} bits")


def test_drawing_by_mouse_and_keys_without_a_kernel(show: Show) -> None:
    shown = show(view="draw")
    box = shown.canvas.bounding_box()
    side = min(340, 0.62 * box["width"])
    left = (box["width"] - side) / 2
    shown.page.mouse.move(box["x"] + left + 100, box["y"] + 120)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + left + 220, box["y"] + 200, steps=8)
    shown.page.mouse.up()
    ink = lambda: int((shown.tile(left, 20, side) > 127).sum())  # noqa: E731
    stroke = ink()
    assert 20 < stroke < 120
    shown.canvas.focus()
    shown.press("Space", *["ArrowRight"] * 6, "Space")
    shown.until(lambda: ink() > stroke + 5, "a stroke by the keys")
    shown.root.get_by_role("button", name="eraser").click()
    shown.canvas.focus()
    shown.press("Space", *["ArrowLeft"] * 8, "Space")
    shown.root.get_by_role("button", name="clear").click()
    shown.until(lambda: ink() == 0, "a clean sheet")
    assert shown.root.get_by_text("needs the kernel").is_visible()
    shown.root.get_by_role("button", name="take the image").click()
    shown.until(lambda: ink() > 30, "the digit")
    shoot(shown.page, "imagelab-draw")


def test_a_finger_draws(show: Show) -> None:
    shown = show({"has_touch": True, "viewport": {"width": 400, "height": 900}}, view="draw")
    box = shown.canvas.bounding_box()
    client = shown.page.context.new_cdp_session(shown.page)
    for kind, at in (("Start", 60), ("Move", 100), ("Move", 160), ("End", None)):
        points = [] if at is None else [{"x": box["x"] + at, "y": box["y"] + at}]
        client.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    ink = lambda: int((shown.tile(0, 20, box["width"]) > 127).sum())  # noqa: E731
    shown.until(lambda: ink() > 10, "a stroke")


def test_predict_then_reveal(show: Show, made: fv.ImageLab) -> None:
    asked = {"id": "dear", "kind": "choice", "prompt": "Which costs more bits?", "of": "costlier"}
    asked |= {"options": ["the first", "the second"]}
    shown = show(questions=[asked], asked="dear", view="walk", chosen=0, other=2)
    assert not shown.read("bits")
    expect(shown.root.get_by_text("? bits/dim")).to_have_count(0)
    width = shown.canvas.bounding_box()["width"]
    side = (width - 10) / 2
    for k, left in ((0, 0), (2, side + 10)):
        seen = shown.tile(left, 20, side)
        assert (np.abs(seen - made.record.arrays["images"][k, 0]) <= 1).all(), "both are shown"
    assert shown.control("views").evaluate("el => el.inert"), "the views are locked"
    bits = made.record.words["bits"]
    right = "the first" if bits[0] >= bits[2] else "the second"
    shown.root.get_by_role("button", name=right).click()
    shown.root.get_by_text("Right.").wait_for()
    shown.root.get_by_text(f"{bits[2]:.2f}").first.wait_for()
    shown.root.get_by_role("button", name="go on").click()
    shown.look("bits")


def test_where_do_the_most_bits_go(show: Show) -> None:
    """By the keyboard alone; the heat is not on the page before the answer."""
    asked = {"id": "where", "kind": "point", "prompt": "Where do the most bits go?"}
    shown = show(questions=[asked], asked="where", view="bits")
    shown.canvas.focus()
    shown.press("ArrowUp", "ArrowLeft", "Enter")
    shown.root.get_by_text("pixels from the middle").wait_for()
    shoot(shown.page, "imagelab-where")


def test_from_start_to_end_by_keyboard(show: Show) -> None:
    shown = show()
    for number, view in enumerate(VIEWS, 1):
        shown.canvas.focus()
        shown.press(str(number))
        shown.announces(view=view)
        assert shown.tabs(24), view


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_serious(show: Show, theme: str, width: int) -> None:
    shown = show({"color_scheme": theme, "viewport": {"width": width, "height": 900}})
    assert shown.read("flowviz-theme") == theme
    for view in VIEWS:
        shown.look(view)
        shoot(shown.page, f"imagelab-{view}-{theme}-{width}")
        wide = shown.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{view}: the page scrolls sideways"
        assert serious(shown) == [], view


def test_german(show: Show) -> None:
    shown = show(language="de", view="draw")
    assert shown.root.get_by_role("button", name="Radierer").is_visible()
    assert shown.root.get_by_text("braucht es den Kernel").is_visible()


def test_in_front_of_a_class(show: Show) -> None:
    beats = [{"state": {"view": "walk"}, "say": "Walk"}, {"state": {"view": "bits"}}]
    shown = show({"viewport": {"width": 1600, "height": 900}}, beats=beats, view="layers")
    small = shown.canvas.bounding_box()["width"]
    shown.root.get_by_role("button", name="present").click()
    shown.announces(view="walk")
    shown.until(lambda: shown.canvas.bounding_box()["width"] > 1.1 * small, "a larger picture")
    shoot(shown.page, "imagelab-presenter")
    shown.press("PageDown")
    shown.announces(view="bits")
    shown.press("Escape")
    shown.until(lambda: shown.canvas.bounding_box()["width"] == small, "the size it had")
