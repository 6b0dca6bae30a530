"""What a notebook's cells hold that a page can show: outputs picked, checked, turned to text."""

from __future__ import annotations

import copy
import html
import re
import warnings
from typing import Any

_VIEW = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
_SCRIPT = "application/javascript"
KINDS = [  # of output that a page shows, the best first: stored pages before stills before text
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "text/latex",
    "image/png",
    "image/jpeg",
    "text/plain",
]


class ExportWarning(UserWarning):
    """Something of a notebook that its page cannot show as it was."""


def warn(message: str) -> None:
    """An `ExportWarning`, attributed to the caller of export_notebook."""
    warnings.warn(message, ExportWarning, stacklevel=5)


def name_of(number: int, cell: Any) -> str:
    """How a message calls a cell: its number from 1 and its first line."""
    lines = cell.source.strip().splitlines()
    return f"cell {number} ({lines[0][:60]})" if lines else f"cell {number}"


def prepare(notebook: Any) -> Any:
    """A copy of the notebook whose outputs need no kernel and no widget manager."""
    notebook = copy.deepcopy(notebook)
    _check_executed(notebook)
    state = notebook.metadata.pop("widgets", {}).get(_STATE, {}).get("state", {})
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code":
            where = name_of(number, cell)
            plain = [_plain(output, state, where) for output in cell.outputs]
            cell.outputs = [output for output in plain if _can_be_shown(output, where)]
    return notebook


def _check_executed(notebook: Any) -> None:
    """ValueError if no code cell was executed, a warning if some were not."""
    code = [(n, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    code = [(n, c) for n, c in code if c.source.strip()]
    idle = [name_of(n, c) for n, c in code if c.execution_count is None and not c.outputs]
    if code and len(idle) == len(code):
        raise ValueError(
            f"expected an executed notebook, but none of its {len(code)} code cells was run, "
            f"from {idle[0]} on: run and save it, or export with --execute (execute=True)"
        )
    for name in idle:
        warn(f"{name} was not executed: its page shows no output there")


def _plain(output: Any, state: dict[str, Any], where: str) -> Any:
    if output.output_type == "stream":
        output.text = "\n".join(_last_written(line) for line in output.text.split("\n"))
    data = output.get("data", {})
    if data.pop(_SCRIPT, None) is not None:
        warn(f"{where}: a script in its output is left out")
    view = data.pop(_VIEW, None)
    if view is not None and "text/html" not in data:
        _widget_as_text(data, view["model_id"], state, where)
    return output


def _can_be_shown(output: Any, where: str) -> bool:
    """Whether an output is text or holds a kind that pages know; else a warning, if it is any."""
    data = output.get("data")
    if data is None or any(kind in data for kind in KINDS):
        return True
    if data:
        warn(f"{where}: an output of kind {', '.join(data)} is left out")
    return False


def _last_written(line: str) -> str:
    """What a terminal shows of a line that was overwritten (progress bars)."""
    return line.rstrip("\r").rsplit("\r", 1)[-1]


def _widget_as_text(data: dict[str, str], model: str, state: dict[str, Any], where: str) -> None:
    module = state.get(model, {}).get("model_module")
    if module in (None, "anywidget"):
        warn(f"{where}: a widget without a stored page is shown as text; run the cell again")
    text = _words(model, state)
    if text:
        data["text/plain"] = text


def _words(model: str, state: dict[str, Any]) -> str:
    """The text inside a plain widget, such as the labels of a progress bar."""
    values = state.get(model, {}).get("state", {})
    inner = [
        _words(child.removeprefix("IPY_MODEL_"), state) for child in values.get("children", [])
    ]
    value = values.get("value")
    own = html.unescape(re.sub(r"<[^>]*>", "", value)) if isinstance(value, str) else ""
    return " ".join(filter(None, [*inner, own.strip()]))
