"""The still picture of an ImageLab: what its views show at their settings, side by side."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..figures.account import plain
from ..figures.images import colours_of, enlarged, heat_colours
from ..figures.page import Page
from ..figures.palette import Palette
from ..figures.theme import Theme
from ..figures.waterfall import waterfall
from .imagelab_record import Record, pairs_of

_WIDTH, _HEIGHT, _MARGIN = 1400, 756, 36
_LEFT, _RIGHT = (_MARGIN, 600), (700, 664)  # columns: left edge, width
_TOP, _MIDDLE, _LOWER = 100, 246, 436  # baselines of headings
_GAP, _MOST_IMAGES, _MOST_DEPTHS = 10, 5, 9
_LOW = -0.4  # where the scale of heat begins, as a share of its end


@dataclass(frozen=True)
class Settings:
    """Of the widget: places in the record's lists; `texts` are its words. veiled: no figures."""

    title: str
    texts: dict[str, str]
    theme: Theme
    chosen: int
    other: int
    temperature: int
    mode: int
    veiled: bool


def still(record: Record, settings: Settings) -> bytes:
    """PNG, 1400 pixels wide: draws, a walk, what layers give back, where the bits go, the ledger.

    The figures are those of the widget. While a question about them is open (`veiled`), neither
    they nor what would tell them are drawn. The same record and settings give the same bytes.
    """
    pixels = _Still(record, settings).draw()
    if record.words["shape"][0] == 1:
        return Palette(settings.theme, images=True).png(pixels)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Still:
    """Where things are on the page."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self.words, self.arrays, self.at = record.words, record.arrays, settings
        self.theme = settings.theme
        height = _LOWER - 24 if settings.veiled else _HEIGHT
        self.page = Page(_WIDTH, height, self.theme.paper)

    def draw(self) -> np.ndarray:
        """The page's pixels."""
        self.page.text(_MARGIN, 46, self.at.title, self.theme.ink, 20, weight="bold")
        self.sample()
        self.walk()
        self.layers()
        if not self.at.veiled:
            self.note()
            self.bits()
            self.ledger()
        return self.page.pixels()

    def note(self) -> None:
        """What the figures are."""
        words = self.say(self.words["likelihood"], noise=self.words["noise"])
        words = f"{self.say('cost')}, {words}"
        self.page.text(_WIDTH - _MARGIN, 46, words, self.theme.mute, 12.5, ha="right")

    def say(self, key: str, **values: object) -> str:
        return self.at.texts[key].format(**values)

    def heading(self, view: str, x: int, y: int, more: str = "") -> None:
        name = self.say(f"view {view}")
        self.page.text(x, y, name, self.theme.ink, 14, weight="bold")
        x += self.page.measure(name, 14, weight="bold") + 10
        self.page.text(x, y, self.say(f"view {view} title") + more, self.theme.mute, 12.5)

    def row(
        self,
        images: Sequence[np.ndarray],
        place: tuple[float, float, int],
        below: Iterable[str] = (),
        most: int = 112,
    ) -> int:
        """Colours (H, W, 3) from (x, y) over a width, none wider than `most`; gives the height."""
        x, y, width = place
        each = (width - (len(images) - 1) * _GAP) // len(images)
        zoom = max(1, min(each, most) // images[0].shape[1])
        side = zoom * images[0].shape[1]
        step = min(side + 2 * _GAP, (width - side) / max(1, len(images) - 1))
        for k, image in enumerate(images):
            left = round(x + k * step)
            self.page.picture(left, y, enlarged(image, zoom))
            self.page.box(left, y, side, zoom * len(image), "none", self.theme.line)
        for k, text in enumerate(below):
            middle = round(x + k * step) + side / 2
            foot = y + zoom * len(images[0]) + 15
            self.page.text(middle, foot, text, self.theme.ink, 11.5, ha="center")
        return zoom * len(images[0])

    def costs(self, bits: Iterable[float]) -> list[str]:
        return [] if self.at.veiled else [plain(float(one)) for one in bits]

    def sample(self) -> None:
        (x, width), at = _LEFT, self.at.temperature
        temperature = plain(self.words["temperatures"][at])
        self.heading("sample", x, _TOP, f": {self.say('temperature')} {temperature}")
        images = [colours_of(one) for one in self.arrays["draws"][at]]
        bits, y, half = self.arrays["draws/bits"][at], _TOP + 14, -(-len(images) // 2)
        for part in (slice(half), slice(half, None)):
            y += self.row(images[part], (x, y, width), self.costs(bits[part]), 96) + 26

    def walk(self) -> None:
        x, width = _RIGHT
        start, end = sorted((self.at.chosen, self.at.other))
        self.heading("walk", x, _TOP)
        if start == end:
            images = [self.arrays["images"][start]] * len(self.arrays["walk"])
            bits = [self.words["bits"][start]] * len(images)
        else:
            pair = pairs_of(len(self.words["bits"])).index((start, end))
            way = slice(None, None, -1 if self.at.chosen > self.at.other else 1)
            images = self.arrays["walk"][way, self.at.mode, pair]
            bits = self.arrays["walk/bits"][way, self.at.mode, pair]
        self.row([colours_of(one) for one in images], (x, _TOP + 14, width), self.costs(bits), 72)

    def layers(self) -> None:
        x, width = _RIGHT
        told, k = self.words["depths"], self.at.chosen
        shown = np.unique(np.rint(np.linspace(0, len(told) - 1, min(len(told), _MOST_DEPTHS))))
        self.heading("layers", x, _MIDDLE)
        y = _MIDDLE + 14
        for side, name in enumerate(("mean", "drawn")):
            images = [colours_of(self.arrays["depths"][int(d), side, k]) for d in shown]
            layers = [str(told[int(d)]["layer"]) for d in shown] if side else []
            high = self.row(images, (x + 60, y, width - 60), layers, 56)
            self.page.text(x, y + high / 2 + 4, self.say(name), self.theme.mute, 12)
            y += high + 6
        self.page.text(x, y + 9, self.say("layer"), self.theme.mute, 12)

    def bits(self) -> None:
        x, width = _LEFT
        self.heading("bits", x, _LOWER)
        first = dict.fromkeys((self.at.chosen, self.at.other, *range(len(self.words["bits"]))))
        shown = sorted([*first][:_MOST_IMAGES])
        images = [colours_of(self.arrays["images"][k]) for k in shown]
        hottest = max(
            float(np.quantile(np.abs(self.arrays["heat"]), 0.995, method="nearest")), 1e-9
        )
        heat = [heat_colours(self.arrays["heat"][k] / hottest, self.theme) for k in shown]
        costs = [self.say("bits", bits=plain(self.words["bits"][k])) for k in shown]
        y = _LOWER + 14
        y += self.row(images, (x, y, width), (), 112) + 6
        y += self.row(heat, (x, y, width), costs, 112) + 30
        self.scale(x, y, hottest)

    def scale(self, x: int, y: int, hottest: float) -> None:
        """The colours of heat and their bits."""
        page, theme, width = self.page, self.theme, 240
        strip = np.repeat(np.linspace(_LOW, 1, width)[None], 10, axis=0)
        page.picture(x, y, heat_colours(strip, theme))
        page.box(x, y, width, 10, "none", theme.line)
        page.text(x, y + 24, f"≤ {plain(_LOW * hottest)}", theme.mute, 11)
        page.text(x - _LOW / (1 - _LOW) * width, y + 24, "0", theme.mute, 11, ha="center")
        end = self.say("scale", most=plain(hottest))
        page.text(x + width, y + 24, end, theme.mute, 11, ha="right")
        page.text(x + width + 12, y + 9, self.say("heat"), theme.mute, 11)

    def ledger(self) -> None:
        """Of the chosen image, latent side first."""
        (x, width), k = _RIGHT, self.at.chosen
        terms, rows = self.words["terms"][k], self.words["rows"]
        name = {"number": k + 1, "label": self.words["labels"][k]}
        name = self.say("image labelled" if name["label"] else "image", **name)
        told = f"{name}: {self.say('terms', count=len(terms))}"
        self.page.text(x, _LOWER, told, self.theme.mute, 12.5)
        columns = ["base", *(column for _, _, column in rows)]
        relation = {"exact": "=", "lower bound": "≤"}.get(self.words["likelihood"], "≈")
        total = f"{relation} {plain(self.words['bits'][k])}"
        box = x, _LOWER + 24, width, 214
        waterfall(self.page, box, terms, columns, total, self.theme)
