"""ChangeOfVariables in JupyterLab: what is dragged reaches the kernel, busy or dead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .onecell import one_cell
from .variables import Variables

pytestmark = pytest.mark.browser

CODE = "import flowviz as fv\nimport json, time\nwidget = fv.ChangeOfVariables()\nwidget"


def test_with_a_kernel_a_busy_one_and_none(browser: Browser, tmp_path: Path) -> None:
    with one_cell(browser, tmp_path, CODE, ends=True) as notebook:
        shown = Variables(notebook.page).ready()
        assert drags(shown, "knot-3", 30)
        told = json.loads(notebook.ask("print(json.dumps([widget.maps, widget.mass]))"))
        assert told[0][0]["to"][2] == pytest.approx(knot_height(shown), abs=0.02)
        assert told[1] == pytest.approx(shown.mass, abs=1e-3)
        notebook.ask("widget.rule = 'forgotten'")
        shown.announces(rule="forgotten")
        notebook.ask("widget.rule = 'right'")
        shown.announces(rule="right")
        with notebook.kept_busy():
            assert drags(shown, "knot-3", -30)
        notebook.end()
        assert drags(shown, "knot-4", 20)
        assert shown.shown_mass == "1.000"


def drags(shown: Variables, name: str, dy: float) -> bool:
    """Whether a grip follows the mouse."""
    before = shown.at(name)[1]
    shown.drag(name, 0, dy)
    shown.until(lambda: abs(shown.at(name)[1] - before - dy) < 4, f"{name} moved by {dy}")
    return True


def knot_height(shown: Variables) -> float:
    """Where knot 3 leads, as it is told to screen readers."""
    return float(shown.grip("knot-3").get_attribute("aria-valuenow"))
