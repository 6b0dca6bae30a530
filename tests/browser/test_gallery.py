"""The gallery in JupyterLab: every widget of it draws, and answers to a key."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from .lab import jupyterlab
from .notebook import Notebook
from .test_everywhere import CHANGED, READY

pytestmark = pytest.mark.browser

GALLERY = Path(__file__).parents[2] / "notebooks" / "gallery.ipynb"
KEYS = {"player": "]", "variables": "ArrowRight", "lab": "ArrowUp"}
_SCROLL = "index => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')"


@pytest.fixture(scope="module")
def gallery(browser: Browser, tmp_path_factory) -> Iterator[Notebook]:
    root, home = tmp_path_factory.mktemp("gallery"), tmp_path_factory.mktemp("jupyter")
    shutil.copy(GALLERY, root)
    with jupyterlab(root, home) as url:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.route(lambda address: not address.startswith(url), lambda route: route.abort())
        notebook = Notebook(context.new_page(), url, GALLERY.name)
        notebook.run_all()
        yield notebook
        context.close()


def _shown() -> list[tuple[int, str]]:
    """Index of each cell that shows a widget, and the widget's name on the page."""
    makers = {"player": "\nplayer", "variables": "fv.ChangeOfVariables(", "lab": "fv.LayerLab("}
    cells = nbformat.read(GALLERY, as_version=4).cells
    return [
        (i, name)
        for i, cell in enumerate(cells)
        if "nbval-ignore-output" in cell.metadata.get("tags", [])
        for name, words in makers.items()
        if words in cell.source
    ]


@pytest.mark.parametrize(("index", "name"), _shown())
def test_a_widget_of_the_gallery_answers_to_a_key(gallery: Notebook, index: int, name: str) -> None:
    page = gallery.page
    page.evaluate(_SCROLL, index)
    root = page.locator(f".jp-Cell[data-windowed-list-index='{index}'] .flowviz-{name}")
    root.wait_for(timeout=60_000)
    page.wait_for_function(READY, arg=name, timeout=60_000)
    canvas = root.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    if root.get_attribute("data-asked"):  # until it is answered the picture keeps still
        root.get_by_role("button", name="it stays").click()
        root.get_by_role("button", name="go on").click()
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    canvas.press(KEYS[name])
    canvas.evaluate(CHANGED, before)


def test_the_gallery_shows_every_widget() -> None:
    assert {name for _, name in _shown()} == set(KEYS)
