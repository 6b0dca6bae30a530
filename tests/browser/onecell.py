"""One cell in a JupyterLab of its own: for tests of a widget with a kernel behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from .lab import jupyterlab
from .notebook import Notebook, write_notebook
from .watch import Watched


@contextmanager
def one_cell(
    browser: Browser, folder: Path, code: str, *, ends: bool = False
) -> Iterator[Notebook]:
    """A notebook of this cell, which has run. At the end the page must not have complained, but
    where the test ends the kernel."""
    root = folder / "root"
    root.mkdir()
    write_notebook(root / "one.ipynb", code)
    with jupyterlab(root, folder / "home") as url:
        watched = Watched(browser.new_page(viewport={"width": 1500, "height": 1000}))
        notebook = Notebook(watched.page, url, "one.ipynb")
        notebook.command("application:toggle-left-area")
        notebook.run_all()
        yield notebook
        assert ends or watched.errors == []
        watched.page.close()
