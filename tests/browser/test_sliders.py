"""Every slider can be grabbed, whatever the page's width and language."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowviz as fv
from flowviz.widgets.widget import Widget

from .shown import Shown
from .variables import Variables

pytestmark = pytest.mark.browser

WIDTHS = [400, 850, 1000, 1280]
LEAST = 80  # pixels of a track
SEVERAL = ["spline", "affine", "sigmoid", "logit"]

# What is in sight: how many rows, the tracks with their widths, and what comes to the edge.
_LOOK = """root => {
  const edge = root.getBoundingClientRect().right;
  const seen = selector => [...root.querySelectorAll(selector)].filter(e => e.checkVisibility());
  const name = e => e.ariaLabel || e.innerText || e.className;
  const tracks = seen("input[type=range]").map(e => [name(e), e.offsetWidth]);
  const rows = seen(".flowviz-row, .flowviz-row *, .flowviz-bound *");
  const outside = rows.filter(e => e.getBoundingClientRect().right > edge - 8);
  return [rows.length, tracks, outside.map(name)];
}"""


class Lab(Shown):
    kind = "lab"


BY_THE_PICTURE = {"spline", "sort"}  # kinds with nothing beside it to take hold of


def look(shown: Shown, rows: bool = True) -> None:
    for width in WIDTHS:
        shown.page.set_viewport_size({"width": width, "height": 900})
        found, tracks, outside = shown.root.evaluate(_LOOK)
        assert bool(found) == rows, f"{found} rows to take hold of"
        assert [one for one in tracks if one[1] < LEAST] == [], f"too short at {width}"
        assert outside == [], f"at the edge at {width}"


def page(open_page, widget: Widget, folder: Path):
    return open_page(widget.save(folder / "widget.html")).page


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", fv.LayerLab.kinds())
def test_a_layer_s_sliders(open_page, tmp_path: Path, kind: str, language: str) -> None:
    widget = fv.LayerLab(kind, language=language)
    look(Lab(page(open_page, widget, tmp_path)).ready(), kind not in BY_THE_PICTURE)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("view", range(len(SEVERAL)))
def test_a_curve_s_sliders(open_page, tmp_path: Path, view: int, language: str) -> None:
    widget = fv.ChangeOfVariables(SEVERAL, view=view, language=language)
    look(Variables(page(open_page, widget, tmp_path)).ready())
