"""ChangeOfVariables as a person meets it: grips in a picture, sliders, a table, the mass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page

_PATIENCE = 15.0  # seconds
_LOOK = 30  # milliseconds between looks


class Variables:
    """One widget on a page, or in a frame of it. Its attributes are what it announces."""

    def __init__(self, page: Page, within: Page | FrameLocator | None = None):
        self.page = page
        self.root = (within or page).locator(".flowviz-variables")
        self.canvas = self.root.locator(".flowviz-canvas")

    def ready(self) -> Variables:
        self.root.wait_for(timeout=1000 * _PATIENCE)
        self.until(lambda: self.read("ready") or self.read("error"), "a first picture")
        assert not self.read("error"), self.root.inner_text()
        return self

    def read(self, name: str) -> str | None:
        return self.root.get_attribute(f"data-{name}")

    def numbers(self, name: str) -> list[float]:
        """An attribute that holds figures."""
        return [float(text) for text in (self.read(name) or "").split()]

    @property
    def mass(self) -> float:
        text = self.read("mass")
        return float("inf") if text == "Infinity" else float(text)

    @property
    def shown_mass(self) -> str:
        return self.root.locator(".flowviz-meter output").inner_text()

    def grip(self, name: str) -> Locator:
        return self.root.locator(f'[data-grip="{name}"]')

    def at(self, name: str) -> tuple[float, float]:
        """The middle of a grip, in pixels of the page."""
        box = self.grip(name).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, name: str, dx: float, dy: float, steps: int = 6) -> None:
        """Takes a grip by the mouse, moves it, lets go."""
        x, y = self.at(name)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + dx, y + dy, steps=steps)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def switch(self, name: str) -> None:
        self.root.get_by_role("switch", name=name).click()

    def until(self, holds: Callable[[], Any], wanted: str) -> None:
        """Waits for something that the widget has yet to do; AssertionError if it does not."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            if time.monotonic() > end:
                state = self.root.evaluate("el => ({...el.dataset})")
                raise AssertionError(f"expected {wanted} within {_PATIENCE:.0f} s, got {state}")
            self.page.wait_for_timeout(_LOOK)

    def announces(self, **state: str) -> None:
        """Waits until the widget announces this state: view="1", rule="wrong", ..."""
        self.until(lambda: all(self.read(k) == v for k, v in state.items()), f"{state}")
