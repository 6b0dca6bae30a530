"""The TransportPlayer as a person meets it: a picture, a strip, keys, a ledger."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Locator

from .shown import Shown


class Player(Shown):
    """One TransportPlayer."""

    kind = "player"

    @property
    def strip(self) -> Locator:
        return self.root.get_by_role("slider")

    @property
    def position(self) -> float:
        return float(self.read("position"))

    @property
    def selected(self) -> int:
        return int(self.read("selected"))

    @property
    def log_prob(self) -> float:
        return float(self.read("logp"))

    @property
    def frames(self) -> int:
        return int(self.read("frames-drawn"))

    @property
    def layers(self) -> int:
        return int(self.strip.get_attribute("aria-valuemax"))

    def picture(self) -> np.ndarray:
        """The pixels of the canvas (height, width, 3)."""
        url = self.canvas.evaluate("canvas => canvas.toDataURL()")
        return np.asarray(
            Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")
        )

    def scrub(self, position: float) -> None:
        """Drags the playhead there: down on the strip, along, up."""
        self.strip.scroll_into_view_if_needed()
        box = self.strip.bounding_box()
        cell = (box["width"] + _GAP) / self.layers
        layer = min(int(position), self.layers - 1)
        x = box["x"] + layer * cell + (position - layer) * (cell - _GAP)
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(x, y, steps=3)
        self.page.mouse.up()
        self.until(lambda: abs(self.position - position) < 0.02, f"position {position}")

    def note_positions(self) -> Callable[[], list[float]]:
        """Notes every position drawn from now on; the returned function tells them."""
        self.root.evaluate(
            """el => {
              el.noted = [];
              const note = () => el.noted.push(Number(el.dataset.position));
              new MutationObserver(note).observe(el, {attributeFilter: ["data-position"]});
            }"""
        )
        return lambda: self.root.evaluate("el => el.noted")

    def rows(self) -> list[list[str]]:
        """The ledger as it reads, row by row from the base to log p(x), without empty cells."""
        script = "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()).filter(Boolean))"
        return self.root.locator("tbody tr, tfoot tr").evaluate_all(script)


_GAP = 4  # CSS pixels between two layers of the strip


def number(text: str) -> float:
    """A figure as the widget writes it, with a real minus sign."""
    return float(text.replace("\N{MINUS SIGN}", "-"))


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """Share of the pixels that differ visibly."""
    assert before.shape == after.shape
    return float((np.abs(before.astype(int) - after).max(-1) > 12).mean())
