"""Every widget lives in every host: it draws there, and a key changes the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .lab import marimo, notebook7, voila
from .notebook import write_notebook
from .player import Player

pytestmark = pytest.mark.browser

PLAYER = """
flow = fv.zoo.trained("two_moons")
widget = fv.TransportPlayer(flow, fv.data.TwoMoons(), particles=300, cells=48)
"""

# Name on the page -> the code that makes it, keys that change its picture.
OTHERS = {
    "lab": ('\nwidget = fv.LayerLab("coupling")', ["ArrowRight", "ArrowUp"]),
    "variables": ('\nwidget = fv.ChangeOfVariables("spline")', ["ArrowRight", "ArrowRight"]),
}

# Through the borders of shadow trees: marimo shows a widget in one.
READY = """name => {
  const find = (node) => {
    for (const el of node.querySelectorAll("*")) {
      if (el.classList?.contains(`flowviz-${name}`)) return el;
      const inner = el.shadowRoot && find(el.shadowRoot);
      if (inner) return inner;
    }
    return null;
  };
  return find(document)?.dataset.ready === "1";
}"""

CHANGED = """(canvas, before) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("the picture did not change")), 60000);
  const look = () => canvas.toDataURL() === before ? requestAnimationFrame(look) : resolve();
  look();
})"""

MARIMO = """import marimo

app = marimo.App()


@app.cell
def _():
    import flowviz as fv
    import marimo as mo
{code}
    mo.ui.anywidget(widget)
    return


if __name__ == "__main__":
    app.run()
"""

OF_HOSTS = ("/static/notebook/", "/voila/static/", "/assets/")
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"


@contextmanager
def in_notebook7(code: str, root: Path, home: Path) -> Iterator[str]:
    write_notebook(root / "one.ipynb", f"import flowviz as fv\n{code}\nwidget")
    with notebook7(root, home) as url:
        yield f"{url}/notebooks/one.ipynb"


@contextmanager
def in_voila(code: str, root: Path, home: Path) -> Iterator[str]:
    path = write_notebook(root / "one.ipynb", f"import flowviz as fv\n{code}\nwidget")
    with voila(path, home) as url:
        yield url


@contextmanager
def in_marimo(code: str, root: Path, home: Path) -> Iterator[str]:
    path = root / "one.py"
    path.write_text(MARIMO.format(code=code.replace("\n", "\n    ")))
    with marimo(path, home) as url:
        yield url


HOSTS: dict[str, Callable[[str, Path, Path], AbstractContextManager[str]]] = {
    "Notebook 7": in_notebook7,
    "Voila": in_voila,
    "marimo": in_marimo,
}


@pytest.fixture(params=HOSTS)
def show(request, browser: Browser, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """show(code): the host's page on which `widget`, which the code makes, is to be seen.

    At the end no widget has thrown (Notebook 7 throws by itself while it starts).
    """
    thrown = []
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    with ExitStack() as life:

        def show_one(code: str) -> Page:
            url = life.enter_context(HOSTS[request.param](code, root, home))
            context = life.enter_context(
                browser.new_context(viewport={"width": 1400, "height": 1000})
            )
            server = "/".join(url.split("/")[:3])
            context.route(lambda address: not address.startswith(server), lambda r: r.abort())
            page = context.new_page()
            page.on("pageerror", lambda error: thrown.append(f"{error.message}\n{error.stack}"))
            page.goto(url)
            if request.param == "Notebook 7":
                page.wait_for_function(f"{IDLE} === 'idle'", timeout=60_000, polling=50)
                page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
            return page

        yield show_one
    assert [error for error in thrown if not any(place in error for place in OF_HOSTS)] == []


def changes(page: Page, name: str, keys: list[str]) -> None:
    """The widget draws, and keys on its first canvas change what it shows."""
    root = page.locator(f".flowviz-{name}").first
    root.wait_for(timeout=60_000)
    page.wait_for_function(READY, arg=name, timeout=60_000)
    canvas = root.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    for key in keys:
        canvas.press(key)  # which takes the focus: a host may move it after it has run a cell
    canvas.evaluate(CHANGED, before)


def test_the_player_plays(show: Callable[[str], Page]) -> None:
    page = show(PLAYER)
    page.locator(".flowviz-player").first.wait_for(timeout=60_000)
    player = Player(page).ready()
    player.canvas.focus()
    before = player.picture()
    player.press("]", "]")
    player.announces(position=2)
    assert (player.picture() != before).any()


@pytest.mark.parametrize("name", OTHERS)
def test_the_others_answer_to_keys(show: Callable[[str], Page], name: str) -> None:
    code, keys = OTHERS[name]
    changes(show(code), name, keys)
