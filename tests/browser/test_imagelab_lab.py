"""ImageLab with a kernel behind it, in JupyterLab: drawings are scored, any latent moves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from .conftest import shoot
from .imagelab import Lab
from .notebook import Notebook
from .onecell import one_cell

pytestmark = pytest.mark.browser

CODE = """
import json, torch
import flowviz as fv
from flowviz.studies.data import sample
from flowviz.studies.models import build
torch.set_num_threads(1)
train, test = sample("mnist")
flow = build("glow", (1, 28, 28), levels=2, steps=1, width=8)
flow.initialize(train.images[:64].float())
flow.eval()
lab = fv.ImageLab(flow, test[:3])
lab
"""
COST = """
from flowviz.studies.evaluate import bits_per_dim
import base64, numpy
raw = numpy.frombuffer(base64.b64decode(lab.drawing), numpy.uint8).reshape(1, 1, 28, 28)
cost = bits_per_dim(flow, torch.tensor(raw), draws=20, seed=3).mean
print(json.dumps([cost, int((raw > 127).sum())]))
"""


@pytest.fixture(scope="module")
def notebook(browser: Browser, tmp_path_factory) -> Iterator[Notebook]:
    with one_cell(browser, tmp_path_factory.mktemp("imagelab"), CODE) as one:
        yield one


def test_a_drawing_is_scored_while_it_is_drawn(notebook: Notebook) -> None:
    shown = Lab(notebook.page).ready()
    shown.look("draw")
    shown.until(lambda: shown.read("fresh") == "true" and shown.bits > 0, "the cost of no ink")
    empty = shown.bits
    box = shown.canvas.bounding_box()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + 120, box["y"] + 100)
    mouse.down()
    for x, y in ((220, 100), (140, 260)):
        mouse.move(box["x"] + x, box["y"] + y, steps=12)
    mouse.up()
    shown.until(lambda: shown.read("fresh") == "true" and shown.bits != empty, "a new cost")
    cost, ink = json.loads(notebook.ask(COST))
    assert ink > 40, "the kernel has the drawing"
    assert shown.bits == pytest.approx(cost, rel=0.03)
    assert shown.bits > empty, "ink costs"
    rows = shown.root.locator("table:visible tbody tr")
    shown.until(lambda: rows.count() > 5, "the ledger of the drawing")
    shoot(shown.page, "imagelab-scored")


def test_any_latent_moves(notebook: Notebook) -> None:
    shown = Lab(notebook.page).ready()
    shown.look("latent")
    shown.canvas.focus()
    shipped = json.loads(notebook.ask("print(json.dumps(lab.record.words['latents']))"))
    chosen = shipped[0]
    while chosen in shipped:
        shown.press("ArrowRight")
        shown.until(lambda was=chosen: shown.read("latent") != str(was), "the next latent")
        chosen = int(shown.read("latent"))
    shown.slide("shift", "End")
    shown.announces(shift="4")
    side = (shown.canvas.bounding_box()["width"] - 20) / 3
    wanted = notebook.ask(f"""
from flowviz.studies.latents import encode
from flowviz.widgets.imagelab_record import moved_latent
code = encode(flow, test.images[:1])
print(json.dumps(moved_latent(flow, code, {chosen}, (4,), ("all",), 0)[0, 0, 0, 0].tolist()))
""")
    wanted = json.loads(wanted)
    shown.until(lambda: abs(shown.tile(side + 10, 20, side) - wanted).max() <= 1, "the moved image")


def test_draw_again(notebook: Notebook) -> None:
    shown = Lab(notebook.page).ready()
    shown.look("sample")
    before = shown.canvas.evaluate("el => el.toDataURL()")
    shown.root.get_by_role("button", name="draw again").click()
    shown.until(lambda: shown.canvas.evaluate("el => el.toDataURL()") != before, "new draws")


def test_a_busy_kernel_does_not_stop_the_pen(notebook: Notebook) -> None:
    shown = Lab(notebook.page).ready()
    shown.look("draw")
    with notebook.kept_busy():
        frames = int(shown.read("frames-drawn"))
        box, mouse = shown.canvas.bounding_box(), notebook.page.mouse
        mouse.move(box["x"] + 60, box["y"] + 60)
        mouse.down()
        mouse.move(box["x"] + 260, box["y"] + 260, steps=20)
        mouse.up()
        shown.until(lambda: int(shown.read("frames-drawn")) > frames + 3, "strokes in the picture")
        shown.page.wait_for_timeout(1000)  # JupyterLab carries messages past a cell: soon answered
        assert shown.read("fresh") == "false", "a flow is not asked while a cell may train it"
    shown.until(lambda: shown.read("fresh") == "true", "the cost, once the kernel is free")
