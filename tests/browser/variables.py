"""ChangeOfVariables as a person meets it: grips in a picture, sliders, a table, the mass."""

from __future__ import annotations

from playwright.sync_api import Locator

from .shown import Shown


class Variables(Shown):
    """One ChangeOfVariables."""

    kind = "variables"

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

    def switch(self, name: str) -> None:
        self.root.get_by_role("switch", name=name).click()
