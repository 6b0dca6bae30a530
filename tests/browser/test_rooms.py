"""The player in rooms of every size: narrow, zoomed, resized, hidden, under a finger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flowviz as fv

from . import hosts
from .conftest import shoot
from .player import Player, changed

pytestmark = pytest.mark.browser

Open = Callable[..., Player]

# Things that must not lie over one another, and words that must not be cut off.
_PARTS = (
    ".flowviz-header > *, canvas, .flowviz-equation, .flowviz-scroll, .flowviz-sentence, "
    ".flowviz-transport > *"
)
_WORDS = (
    ".flowviz-title, .flowviz-toggle, .flowviz-equation, .flowviz-sentence, .flowviz-end, "
    "td, thead th, caption, .flowviz-value"
)

_OVERLAPS = """(root, parts) => {
  const all = [...root.querySelectorAll(parts)].filter(el => el.getClientRects().length);
  const boxes = all.map(el => el.getBoundingClientRect());
  const found = [];
  for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
    const [a, b] = [boxes[i], boxes[j]];
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (width > 1 && height > 1) found.push([all[i].className, all[j].className]);
  }
  return found;
}"""


def assert_tidy(player: Player) -> None:
    """Nothing overlaps, no word is cut off, and the page needs no scrolling sideways."""
    assert player.root.evaluate(_OVERLAPS, _PARTS) == []
    assert player.cut_off(_WORDS) == []
    inner, outer = player.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert inner <= outer


@pytest.mark.parametrize("width", [320, 420, 600, 800, 900, 1280])
def test_everything_has_its_place_at_every_width(
    open_player: Open, exported: Path, width: int
) -> None:
    player = open_player(exported, viewport={"width": width, "height": 900})
    player.canvas.focus()
    player.press("Enter", "]")
    player.announces(position=1)
    assert_tidy(player)
    shoot(player.page, f"wide-{width}")
    canvas, side = (box(player, one) for one in ("canvas", ".flowviz-side"))
    if width <= 600:
        assert side["y"] >= canvas["y"] + canvas["height"], "the ledger is not under the picture"
    else:
        assert side["x"] >= canvas["x"] + canvas["width"], "the ledger is not beside the picture"


def box(player: Player, selector: str) -> dict[str, float]:
    return player.root.locator(selector).first.bounding_box()


def test_zoomed_to_200_percent(open_player: Open, exported: Path) -> None:
    """A window of 1280 by 900 zoomed to 200% has 640 by 450 CSS pixels of two device pixels."""
    room = {"width": 640, "height": 450}
    player = open_player(exported, viewport=room, device_scale_factor=2)
    assert_tidy(player)
    side = box(player, "canvas")["width"]
    assert player.picture().shape[0] == min(round(2 * side), 1056), "the picture is blurred"
    player.scrub(1.4)
    shoot(player.page, "zoom-200")


def test_a_new_size_is_a_new_picture(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    wide = player.picture()
    player.page.set_viewport_size({"width": 500, "height": 900})
    player.until(lambda: player.picture().shape != wide.shape, "a smaller picture")
    assert player.picture().std() > 1, "an empty picture"
    player.page.set_viewport_size({"width": 1280, "height": 900})
    player.until(lambda: player.picture().shape == wide.shape, "the first size again")
    player.until(lambda: changed(wide, player.picture()) == 0, "the first picture again")


def test_a_hidden_player_comes_back_with_its_picture(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    before = player.picture()
    main = player.page.locator("main")
    main.evaluate("el => { el.style.display = 'none' }")
    main.evaluate("el => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    main.evaluate("el => { el.style.display = '' }")
    player.until(lambda: changed(before, player.picture()) == 0, "the picture")
    player.scrub(1.4)
    assert changed(before, player.picture()) > 0.01


def test_nothing_is_drawn_when_nothing_changes(open_player: Open, exported: Path) -> None:
    player = open_player(exported)
    frames = player.frames
    player.page.wait_for_timeout(250)
    assert player.frames == frames


def test_fingers(
    open_player: Open, exported: Path, widget: fv.TransportPlayer, flow: fv.Flow
) -> None:
    phone = {"viewport": {"width": 412, "height": 915}, "has_touch": True, "is_mobile": True}
    player = open_player(exported, **phone, device_scale_factor=2)
    shown = hosts.shown(player, widget, flow)
    chosen = shown.loner()
    player.page.touchscreen.tap(*shown.pixel(shown.points[chosen]))
    player.announces(selected=chosen)
    strip = player.strip.bounding_box()
    player.page.touchscreen.tap(strip["x"] + strip["width"] / 2, strip["y"] + strip["height"] / 2)
    player.announces(position=1.5)
    player.root.get_by_role("button", name="play", exact=True).tap()
    player.until(lambda: player.position > 1.55, "playing")
    assert_tidy(player)
    shoot(player.page, "phone")
    small = player.root.locator("button").evaluate_all(
        "all => all.filter(b => b.getClientRects().length)"
        ".map(b => [b.textContent || b.title, b.getBoundingClientRect()])"
        ".filter(([, r]) => Math.min(r.width, r.height) < 24).map(([name]) => name)"
    )
    assert small == [], "too small for a finger"
