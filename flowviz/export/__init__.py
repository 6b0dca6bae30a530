"""A notebook as one HTML file that needs nothing: no kernel, no network, no other file.

    flowviz export lesson.ipynb          # writes lesson.html

Every flowviz widget plays (from the page that it stored in its output), formulas are MathML,
pictures are inlined, other widgets are shown as text. The page's content policy admits nothing
from outside and no script but those of the widgets, each by its hash.
"""

from __future__ import annotations

from pathlib import Path

from ..files import atomic_write
from .cells import ExportWarning, prepare

__all__ = ["ExportWarning", "export_notebook"]


def export_notebook(
    path: str | Path, out: str | Path | None = None, *, execute: bool = False
) -> Path:
    """Write the notebook at `path` as one HTML file and return where it is.

    out: the file to write; by default beside the notebook, ending in .html.
    execute: run all cells first (in the notebook's folder; the notebook itself stays as it is).

    Raises FileNotFoundError without a notebook there, ValueError if the file is no notebook or
    was never executed, RuntimeError naming the cell that fails while executing, ImportError if
    the tools of the `export` extra are missing. Warns (`ExportWarning`), naming the cell, of
    cells that were not executed and of what could not be taken along: a widget without a stored
    page, a formula, a picture from elsewhere.
    """
    path = Path(path)
    target = path.with_suffix(".html") if out is None else Path(out)
    read, run, render = _tools()
    notebook = read(path)
    if execute:
        run(notebook, path.parent)
    return atomic_write(target, render(prepare(notebook), path).encode())


def _tools():
    try:
        from .render import render
        from .run import read, run
    except ImportError as error:
        raise ImportError(
            f"exporting a notebook needs {error.name}, which is not installed: "
            'pip install "flowviz[export]"'
        ) from error
    return read, run, render
