"""ImageLab as a person meets it: views, sliders, thumbnails, a sheet to draw on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import FrameLocator, Locator, Page

_PATIENCE = 15.0  # seconds
_LOOK = 30  # milliseconds between looks


class Lab:
    """One widget on a page, or in a frame of it. Its attributes are what it announces."""

    def __init__(self, page: Page, within: Page | FrameLocator | None = None):
        self.page = page
        self.root = (within or page).locator(".flowviz-imagelab")
        self.canvas = self.root.locator(".flowviz-canvas")

    def ready(self) -> Lab:
        self.root.wait_for(timeout=1000 * _PATIENCE)
        self.until(lambda: self.read("ready") or self.read("error"), "a first picture")
        assert not self.read("error"), self.root.inner_text()
        return self

    def read(self, name: str) -> str | None:
        return self.root.get_attribute(f"data-{name}")

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

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tile(self, x: float, y: float, side: float, count: int = 28) -> np.ndarray:
        """The grey of every pixel of an image that is drawn at (x, y) of the canvas, CSS pixels."""
        script = """(canvas, [x, y, side, count]) => {
          const ratio = canvas.width / canvas.clientWidth, pen = canvas.getContext("2d");
          const at = (v, i) => Math.round(ratio * (v + (i + 0.5) * side / count));
          return Array.from({length: count * count}, (_, i) =>
            pen.getImageData(at(x, i % count), at(y, Math.floor(i / count)), 1, 1).data[0]);
        }"""
        return np.array(self.canvas.evaluate(script, [x, y, side, count])).reshape(count, count)

    def until(self, holds: Callable[[], Any], wanted: str) -> None:
        """Waits for something that the widget has yet to do; AssertionError if it does not."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            if time.monotonic() > end:
                state = self.root.evaluate("el => ({...el.dataset})")
                raise AssertionError(f"expected {wanted} within {_PATIENCE:.0f} s, got {state}")
            self.page.wait_for_timeout(_LOOK)

    def announces(self, **state: str) -> None:
        """Waits until the widget announces this state: view="walk", chosen="1", ..."""
        self.until(lambda: all(self.read(k) == v for k, v in state.items()), f"{state}")


VIEWS = ("sample", "walk", "latent", "layers", "bits", "draw")
