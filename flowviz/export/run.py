"""Read a notebook, and run it."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from .cells import name_of


def read(path: Path) -> NotebookNode:
    """The notebook at path, in format 4. Raises FileNotFoundError or ValueError."""
    if not path.is_file():
        raise FileNotFoundError(f"expected a notebook, found no file {path}")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat lets many kinds through for a file that is no notebook
        raise ValueError(f"{path}: expected a Jupyter notebook, got something else") from error


def run(notebook: NotebookNode, folder: Path) -> None:
    """Execute all cells in place. Raises RuntimeError naming the first cell that fails."""
    client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(folder)}})
    try:
        client.execute()
    except CellExecutionError as error:
        where = _failed(notebook)
        raise RuntimeError(f"{where} raised {error.ename}: {error.evalue}") from error


def _failed(notebook: NotebookNode) -> str:
    for number, cell in enumerate(notebook.cells, 1):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return name_of(number, cell)
    return "a cell"
