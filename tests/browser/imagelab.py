"""ImageLab as a person meets it: views, sliders, thumbnails, a sheet to draw on."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Locator

from .shown import Shown


class Lab(Shown):
    """One ImageLab."""

    kind = "imagelab"

    @property
    def bits(self) -> float:
        return float(self.read("bits") or "nan")

    def control(self, name: str) -> Locator:
        return self.root.locator(f'[data-control="{name}"]')

    def look(self, view: str) -> None:
        self.control("views").get_by_role("button").nth(VIEWS.index(view)).click()
        self.announces(view=view)

    def slide(self, name: str, *keys: str) -> None:
        self.control(name).get_by_role("slider").focus()
        self.press(*keys)

    def tile(self, x: float, y: float, side: float, count: int = 28) -> np.ndarray:
        """The grey of every pixel of an image that is drawn at (x, y) of the canvas, CSS pixels."""
        script = """(canvas, [x, y, side, count]) => {
          const ratio = canvas.width / canvas.clientWidth, pen = canvas.getContext("2d");
          const at = (v, i) => Math.round(ratio * (v + (i + 0.5) * side / count));
          return Array.from({length: count * count}, (_, i) =>
            pen.getImageData(at(x, i % count), at(y, Math.floor(i / count)), 1, 1).data[0]);
        }"""
        return np.array(self.canvas.evaluate(script, [x, y, side, count])).reshape(count, count)


VIEWS = ("sample", "walk", "latent", "layers", "bits", "draw")
