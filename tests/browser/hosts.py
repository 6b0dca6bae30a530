"""The same flow in every place where a player plays, and the numbers it must show there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import torch

import flowviz as fv
from flowviz.export import export_notebook

from .notebook import Notebook
from .player import Player

WELCOME = Path(__file__).parents[2] / "notebooks" / "00_welcome.ipynb"

# Run right after the welcome notebook's player, before its flow is replaced by another.
KEEP = "fitted, player = flow, _\nimport json, pathlib"


@dataclass(frozen=True)
class Shown:
    """A player on a page with the flow behind it: where its particles start, what they are worth.

    points: the data points (N, 2) at position 0, in the window of this center and radius.
    log_prob(x) (N,): the flow's own, in nats.
    """

    player: Player
    points: np.ndarray
    center: np.ndarray
    radius: float
    log_prob: Callable[[np.ndarray], np.ndarray]

    def pixel(self, point: np.ndarray) -> tuple[float, float]:
        """Where a point of the plane is on the page."""
        box = self.player.canvas.bounding_box()
        across, down = (point - self.center) * (1, -1) / (2 * self.radius) + 0.5
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def loner(self) -> int:
        """A data point in the inner window far from all others: no click can miss it."""
        near = np.abs(self.points - self.center).max(-1) < 0.85 * self.radius
        some = np.flatnonzero(near)[:200]
        distances = np.linalg.norm(self.points[some, None] - self.points[None], axis=-1)
        distances[np.arange(len(some)), some] = np.inf
        return int(some[distances.min(1).argmax()])


def shown(player: Player, widget: fv.TransportPlayer, flow: fv.Flow) -> Shown:
    """A player of a widget that was made in this process."""
    trace = widget.trace
    return Shown(
        player,
        trace.sets["data"].points[0],
        trace.center[0],
        float(trace.radius[0]),
        lambda x: log_prob_of(flow, x),
    )


def shown_in_lab(player: Player, notebook: Notebook) -> Shown:
    """The player of the welcome notebook: its numbers come from the notebook's kernel."""
    code = (
        "_t = player.trace\n"
        "_start = _t.sets['data'].points, _t.center, _t.radius\n"
        "print(json.dumps([array[0].tolist() for array in _start]))"
    )
    points, center, radius = json.loads(notebook.ask(code))

    def log_prob(x: np.ndarray) -> np.ndarray:
        rows = np.asarray(x).tolist()
        return np.array(
            json.loads(notebook.ask(f"print(fitted.log_prob(torch.tensor({rows})).tolist())"))
        )

    return Shown(player, np.array(points), np.array(center), radius, log_prob)


def log_prob_of(flow: fv.Flow, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return flow.log_prob(torch.as_tensor(x, dtype=torch.float32)).numpy()


def welcome_copy(folder: Path) -> Path:
    """The welcome notebook without its outputs, one line added that keeps what it shows."""
    notebook = nbformat.read(WELCOME, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    at = next(i for i, c in enumerate(notebook.cells) if "fv.TransportPlayer(" in c.source)
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(KEEP))
    target = folder / WELCOME.name
    nbformat.write(notebook, target)
    return target


def page_of(place: str, widget: fv.TransportPlayer, folder: Path) -> Path:
    """The widget as a notebook's stored output ("frame"), or in an exported "notebook"."""
    target = folder / f"{place}.html"
    if place == "notebook":
        return export_notebook(_stored_notebook(widget, folder), target)
    html = widget._repr_mimebundle_()[0]["text/html"]
    target.write_text(f"<!doctype html><html lang=en><title>Stored</title><body>{html}")
    return target


def _stored_notebook(widget: fv.TransportPlayer, folder: Path) -> Path:
    """A notebook that was run and saved with the widget as its only output."""
    bundle, metadata = widget._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", bundle, metadata=metadata, execution_count=1)
    cell = nbformat.v4.new_code_cell("player", execution_count=1, outputs=[output])
    words = nbformat.v4.new_markdown_cell("# A stored player")
    target = folder / "stored.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[words, cell]), target)
    return target
