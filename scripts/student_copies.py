"""Copies for students: `python scripts/student_copies.py FOLDER notebooks/*.ipynb`.

A copy is the notebook without the cells tagged "solution", without outputs (which would show what
the solution gives) and without the badges (which open the notebook that has the solutions).
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from flowviz.files import atomic_write

SOLUTION = "solution"
_BADGE = "[![Open in "


def main(folder: str, *notebooks: str) -> None:
    for path in map(Path, notebooks):
        print(write(path, Path(folder)))


def write(path: Path, folder: Path) -> Path:
    """Write the student's copy of a notebook into a folder, under the same name.

    Raises ValueError where that would be the notebook itself, or where it has no solution.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.resolve() == path.resolve():
        raise ValueError(f"{folder}: expected another folder than that of the notebooks")
    text = nbformat.writes(student_copy(nbformat.read(path, as_version=4), path.name))
    return atomic_write(target, f"{text}\n".encode())


def student_copy(notebook: NotebookNode, name: str = "notebook") -> NotebookNode:
    """The notebook as a student gets it; the one given stays as it is."""
    cells = [_emptied(cell) for cell in notebook.cells if not is_solution(cell)]
    if len(cells) == len(notebook.cells):
        raise ValueError(f"{name}: expected cells tagged {SOLUTION!r}, got none")
    return NotebookNode({**notebook, "cells": cells})


def is_solution(cell: NotebookNode) -> bool:
    return SOLUTION in cell.metadata.get("tags", [])


def _emptied(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        return NotebookNode({**cell, "outputs": [], "execution_count": None})
    lines = [line for line in cell.source.split("\n") if not line.startswith(_BADGE)]
    return NotebookNode({**cell, "source": "\n".join(lines).rstrip()})


if __name__ == "__main__":
    main(*sys.argv[1:])
