"""A contact sheet of LayerLab: every kind at its start, at an extreme, dark, and presented.

    python scripts/contact_sheet.py docs/widgets.png [--shots FOLDER] [KIND ...]

Each picture is taken in a real browser from the page that `LayerLab.save` writes. With --shots
the full screenshots are kept, too: look at them after every change to the widget.
"""

from __future__ import annotations

import argparse
import io
import runpy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

import flowviz as fv

STATES = ("start", "extreme", "dark", "presenter")
WIDE = {"width": 1164, "height": 900}
THUMB = 300  # pixels across
COLOURS = 96  # of the sheet's palette
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]

# What each kind looks like when it is pulled far.
EXTREMES: dict[str, dict[str, Any]] = {
    "affine": {"s1": 1.4, "s2": -1.6, "t1": -1},
    "actnorm": {"m1": -1.5, "s1": -1.2, "s2": 1.2},
    "shear": {"upper": 2.2, "lower": -1.4},
    "rotation": {"angle": 3},
    "cayley": {"tangent": 9},
    "householder": {"v1": -0.6, "v2": 1.8},
    "lu": {"lower": 1.6, "upper": 1.4, "d1": -1, "d2": 1},
    "leakyrelu": {"slope": 0.05},
    "flowified22": {"turn1": 2.2, "w1": 1.4, "w2": -1.8, "flip": 1},
    "planar": {"w1": 3, "w2": -2, "u1": -3, "u2": 3},
    "radial": {"b": -5, "alpha": 1},
    "sylvester": {"a1": 3, "a2": 3, "q": -2, "d2": 1.2},
    "coupling": {"s": [-2, 2] * 8 + [-2], "t": [3 - 0.375 * k for k in range(17)]},
    "additive": {"t": [3, -3] * 8 + [3]},
    "autoregressive": {"s1": -1, "s": [2 - 0.25 * k for k in range(17)]},
    "spline": {"y1": [-0.4, -0.2, 0, 0.2, 0.4], "d1": [0.05, 0.3, 5, 0.3, 0.05]},
    "residual": {"coefficient": 1.6},
    "ode": {"strength": 2.6, "time": 3, "steps": 24},
    "abs": {"odds1": [-4, -3, -2, -1, 0, 1, 2, 3, 4], "odds2": [3.0] * 9},
    "max": {"odds": 3, "spread1": -1.4, "spread2": 0.8},
    "slice": {"mean": [3, 1, -1, -2, -2, -1, 0, 1, 3], "spread": [-1.0] * 9},
    "flowified21": {"turn1": -1.2, "w": 1, "spread": [-1.4] * 9},
    "funnel": {"t": [3, 3, 1.5, 0, -1.5, 0, 1.5, 3, 3], "spread": [-0.8] * 9},
    "augment": {"noise": 2, "spread": [-1.6, -1.2, -0.8, -0.4, 0, 0.3, 0.5, 0.6, 0.6]},
    "flowified12": {"noise": 1, "w2": 1.2, "turn2": 0.9, "b1": 0.8},
    "dequantization": {"levels": 8, "noise": 1, "centre": 1.2, "spread": 0.4},
    "tile": {"turn1": 1.1, "w": 0.7, "spread": 0.8},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--shots", type=Path)
    given = parser.parse_args()
    kinds = given.kinds or list(fv.LayerLab.kinds())
    with browser() as one:
        rows = {kind: [shot(one, kind, state) for state in STATES] for kind in kinds}
    if given.shots:
        keep(rows, given.shots)
    given.sheet.write_bytes(sheet(rows))
    print(f"{given.sheet}: {given.sheet.stat().st_size:,} bytes, {len(rows)} kinds")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = runpy.run_path(str(Path(__file__).with_name("chromium.py")))["find_chromium"]()
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield one
        one.close()


def lab_for(kind: str, state: str) -> fv.LayerLab:
    """The widget of one picture."""
    data = None if kind in ("abs", "sort", "permutation") else fv.data.TwoMoons()
    params = EXTREMES.get(kind, {}) if state == "extreme" else {}
    way = 0.5 if state == "presenter" else 1.0
    return fv.LayerLab(kind, data=data, points=800, params=params, tau=way, draws=8)


def shot(one: Browser, kind: str, state: str) -> Image.Image:
    """What the browser shows."""
    dark = "dark" if state == "dark" else "light"
    with tempfile.TemporaryDirectory() as folder:
        path = lab_for(kind, state).save(Path(folder) / "lab.html")
        page = one.new_page(viewport=WIDE, color_scheme=dark)
        page.goto(path.as_uri())
        root = page.locator(".flowviz-lab[data-ready]")
        root.wait_for()
        if state == "presenter":
            root.locator("canvas").first.focus()
            page.keyboard.press("f")
        page.wait_for_timeout(350)
        raw = page.screenshot(full_page=state != "presenter")
        page.close()
    return Image.open(io.BytesIO(raw)).convert("RGB")


def keep(rows: dict[str, list[Image.Image]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, images in rows.items():
        for state, image in zip(STATES, images, strict=True):
            image.save(folder / f"{kind}-{state}.png")


def sheet(rows: dict[str, list[Image.Image]]) -> bytes:
    """All pictures, small, a row for each kind; few colours, so that the file stays small."""
    small = {kind: [thumb(image) for image in images] for kind, images in rows.items()}
    heights = [max(image.height for image in images) + 22 for images in small.values()]
    canvas = Image.new("RGB", (len(STATES) * (THUMB + 8) + 8, sum(heights) + 8), "#d5d9e0")
    pen = ImageDraw.Draw(canvas)
    top = 4
    for (kind, images), height in zip(small.items(), heights, strict=True):
        for column, (state, image) in enumerate(zip(STATES, images, strict=True)):
            left = 8 + column * (THUMB + 8)
            pen.text((left, top + 4), f"{kind}, {state}", fill="#1b2330")
            canvas.paste(image, (left, top + 18))
        top += height
    return png(canvas.quantize(COLOURS, dither=Image.Dither.NONE))


def thumb(image: Image.Image) -> Image.Image:
    return image.resize((THUMB, round(image.height * THUMB / image.width)), Image.LANCZOS)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
