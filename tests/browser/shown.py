"""What every widget is on a page: a root that announces its state, a picture, keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Locator, Page

_PATIENCE = 60.0  # seconds: the machine may be busy with other things
_LOOK = 30  # milliseconds between looks

_FOCUSED = """() => {
  const el = document.activeElement;
  if (!el.closest(".flowviz-widget")) return [null, null];
  const around = el.closest("label, button, summary, tr");
  const name = el.getAttribute("aria-label") ?? (around ?? el).textContent;
  return [name, getComputedStyle(el).outlineStyle !== "none"];
}"""
# A frame of a page that is out of sight draws nothing: it is not waited for.
_TWO_FRAMES = """() => new Promise(done => {
  requestAnimationFrame(() => requestAnimationFrame(() => done()));
  setTimeout(done, 5000);
})"""

_CUT_OFF = """(root, words) => {
  const edge = root.getBoundingClientRect();
  const read = el => el.getClientRects().length && el.innerText.trim();
  return [...root.querySelectorAll(words)].filter(read).filter(el => {
    const range = document.createRange();
    range.selectNodeContents(el);
    const [text, box] = [range.getBoundingClientRect(), el.getBoundingClientRect()];
    return text.right > Math.min(box.right, edge.right) + 1
      || text.left < Math.max(box.left, edge.left) - 1;
  }).map(el => el.className + ": " + el.textContent);
}"""


class Shown:
    """One widget on a page, or in a frame of it. Its attributes are what it announces."""

    kind: ClassVar[str]

    def __init__(
        self, page: Page, within: Page | FrameLocator | Locator | None = None, nth: int = 0
    ):
        self.page = page
        self._root = (within or page).locator(f".flowviz-{self.kind}").nth(nth)

    @property
    def root(self) -> Locator:
        """The widget, once all that was asked of it is drawn."""
        self.settle()
        return self._root

    @property
    def canvas(self) -> Locator:
        return self.root.locator(".flowviz-canvas")

    def settle(self) -> None:
        """Two frames from now: what an event has changed is in the picture by then."""
        if self._root.count():
            self._root.evaluate(_TWO_FRAMES)

    def ready(self) -> Self:
        """Waits for the first picture and brings it into view."""
        self._root.wait_for(timeout=1000 * _PATIENCE)
        self._root.scroll_into_view_if_needed()
        self.until(lambda: self.read("ready") or self.read("error"), "a first picture")
        assert not self.read("error"), self.root.inner_text()
        return self

    def read(self, name: str) -> str | None:
        return self.root.get_attribute(f"data-{name}")

    def state(self) -> dict[str, str]:
        return self.root.evaluate("el => ({...el.dataset})")

    def cut_off(self, words: str) -> list[str]:
        """The texts of these elements that leave their room or the widget's, sideways."""
        return self.root.evaluate(_CUT_OFF, words)

    def until(self, holds: Callable[[], Any], wanted: str) -> None:
        """Waits for something that the widget has yet to do; AssertionError if it does not."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            if time.monotonic() > end:
                state = self.state()
                raise AssertionError(f"expected {wanted} within {_PATIENCE:.0f} s, got {state}")
            self.page.wait_for_timeout(_LOOK)

    def announces(self, **state: object) -> None:
        """Waits until the widget announces this state: view="walk", position=2, ..."""
        self.until(lambda: all(_same(self.read(k), v) for k, v in state.items()), f"{state}")

    def press(self, *keys: str) -> None:
        """Keys, wherever the keyboard is now."""
        for key in keys:
            self.page.keyboard.press(key)

    def tabs(self, most: int) -> list[str]:
        """The names of what Tab reaches from here, to the widget's end; each is seen to have it."""
        names = []
        for _ in range(most):
            self.press("Tab")
            self.settle()  # what focus changes is drawn before the next one
            name, ring = self.page.evaluate(_FOCUSED)
            if name is None:
                break
            assert ring, f"{name}: no ring shows that it has the keyboard"
            names.append(name)
        return names


def serious(shown: Shown) -> list[str]:
    """What axe calls serious or critical on its page, with the first element that has it."""
    found = Axe().run(shown.page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def _same(read: str | None, wanted: object) -> bool:
    if read is None or not isinstance(wanted, float | int):
        return read == wanted
    return abs(float(read) - wanted) < 1e-6
