"""Run notebooks and store their outputs: `python scripts/run_notebooks.py notebooks/*.ipynb`.

What is stored reads the same without a kernel: no widget state, no references to live widgets
(each has a page that plays and a picture beside them), no progress bars, no execution times.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

LIVE = "application/vnd.jupyter.widget-view+json"


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook,
            timeout=300,
            resources={"metadata": {"path": path.parent}},
            coalesce_streams=True,  # a print may reach us in pieces
        )
        client.execute()
        strip(notebook)
        nbformat.write(notebook, path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def strip(notebook: nbformat.NotebookNode) -> None:
    """Drop what only a live kernel can use."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in map(_still, cell.outputs) if o]
        if "stored-still" in cell.metadata.get("tags", []):  # its picture is enough
            for output in cell.outputs:
                output.get("data", {}).pop("text/html", None)


def _still(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """The output without its live view; None for one that is nothing else (a progress bar)."""
    data = output.get("data", {})
    if output.output_type == "stream" and output.name == "stderr":
        return None
    if LIVE not in data:
        return output
    del data[LIVE]
    return output if "text/html" in data or "image/png" in data else None


if __name__ == "__main__":
    main(sys.argv[1:])
