"""LayerLab in JupyterLab: what is dragged reaches the kernel, and goes on without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .onecell import one_cell
from .test_layerlab import Lab

pytestmark = pytest.mark.browser

CODE = """
import flowviz as fv
import json, time
import torch
lab = fv.LayerLab("affine")
lab
"""

# What the edited layer itself says of the probe, in nats.
ASK = """
x = torch.tensor([lab.probe], dtype=torch.float64)
print(json.dumps([lab.probe, lab.flow.double().log_prob(x).item(), lab.params["s1"]]))
"""


def test_with_a_kernel_a_busy_one_and_none(browser: Browser, tmp_path: Path) -> None:
    with one_cell(browser, tmp_path, CODE, ends=True) as notebook:
        shown = Lab(notebook.page)
        shown.root.scroll_into_view_if_needed()
        walk(shown, "ArrowUp")
        slide(shown, "ArrowRight")
        wanted = [*shown.json("probe"), shown.json("params")["s1"]]

        def told() -> list[float]:
            probe, _, scale = json.loads(notebook.ask(ASK))
            return [*probe, scale]

        shown.until(lambda: told() == pytest.approx(wanted), "the same probe and scale in Python")
        log_prob = json.loads(notebook.ask(ASK))[1]
        assert log_prob == pytest.approx(float(shown.read("logp")), abs=1e-5)
        notebook.ask("lab.params = {**lab.params, 's1': -1.0}")
        shown.until(lambda: shown.json("params")["s1"] == -1, "what Python sets")
        with notebook.kept_busy():
            walk(shown, "ArrowLeft")
            slide(shown, "ArrowRight")
        notebook.end()
        walk(shown, "ArrowDown")
        slide(shown, "ArrowRight")
        assert shown.mass == pytest.approx(1, abs=2e-3)


def walk(shown: Lab, key: str) -> None:
    """The probe follows an arrow key."""
    before = shown.json("probe")
    shown.data.press(key)
    shown.until(lambda: shown.json("probe") != before, "a probe that walks")


def slide(shown: Lab, key: str) -> None:
    """The first handle follows an arrow key, and the ledger with it."""
    before = shown.json("params")["s1"], shown.read("logp")
    shown.root.locator(".flowviz-handles input[type=range]").first.press(key)
    shown.until(lambda: shown.json("params")["s1"] != before[0], "a handle that moves")
    shown.until(lambda: shown.read("logp") != before[1], "a ledger that follows")
