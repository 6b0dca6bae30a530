"""A notebook of the course, and where its parts are."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
SECTIONS = (
    *("Set up", "Predict", "Watch", "Explain", "Worked example", "Exercise", "Break it"),
    *("Summary", "References"),
)


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def printed(cell: NotebookNode) -> str:
    """What a cell has stored as printed text."""
    return "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream")


def has_picture(cell: NotebookNode) -> bool:
    return any("text/html" in o.get("data", {}) for o in cell.get("outputs", []))


def functions(cell: NotebookNode) -> dict[str, ast.FunctionDef]:
    return {n.name: n for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)}


def raises_not_implemented(node: ast.AST) -> bool:
    raised = (n.exc for n in ast.walk(node) if isinstance(n, ast.Raise) and n.exc is not None)
    return any("NotImplementedError" in ast.unparse(exc) for exc in raised)


@dataclass(frozen=True)
class Lesson:
    path: Path

    @cached_property
    def notebook(self) -> NotebookNode:
        return nbformat.read(self.path, as_version=4)

    @property
    def cells(self) -> list[NotebookNode]:
        return self.notebook.cells

    @property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """(cell, words) of every heading of the second level."""
        return [
            (i, line.removeprefix("## "))
            for i, cell in enumerate(self.cells)
            if cell.cell_type == "markdown"
            for line in cell.source.split("\n")
            if line.startswith("## ")
        ]

    def start(self, section: str) -> int:
        """The cell in which a section begins."""
        return next(i for i, words in self.headings if words.startswith(section))

    @property
    def exercise(self) -> tuple[NotebookNode, NotebookNode, NotebookNode]:
        """The stub, its solution, and the cell that checks."""
        after = self.cells[self.start("Exercise") :]
        stub, solution, check = [cell for cell in after if cell.cell_type == "code"][:3]
        return stub, solution, check
