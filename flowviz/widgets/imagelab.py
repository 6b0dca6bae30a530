"""ImageLab: an image flow under your fingers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import torch
import traitlets
from torch import Tensor

from ..flow import Flow
from ..layer import size_name
from ..studies.data import ImageSet
from .imagelab_live import Kernel
from .imagelab_record import Room, record_of
from .imagelab_wire import STORED, encode, near, part_of, with_images
from .main_thread import on_main_thread
from .page import for_host, static_text
from .texts import texts
from .widget import VIEWED, Widget

VIEWS = ("sample", "walk", "latent", "layers", "bits", "draw")


class ImageLab(Widget):
    """Draw from an image flow, walk between images, move a latent, and see what every image costs.

        train, test = fv.studies.data.sample("mnist")
        lab = fv.ImageLab(flow, test[:5])     # flow: a model of whole numbers, of fv.studies.models
        lab.save("digits.html")               # a page that works by itself; also .png

    views: "sample" (draws at a temperature), "walk" (from one image to another, straight between
    their codes), "latent" (one number of z is moved), "layers" (an image given back from what
    arrives after layer k: what was dropped is its mean, or drawn), "bits" (the ledger of an image,
    and where on it the bits go), "draw" (your own image, scored while you draw).

    images: an `ImageSet` or bytes (N, C, H, W), of which the first `shown` are worked with. What
    the views need is worked out here, once (seconds: a few hundred passes through the flow); then
    the pictures live without the kernel. With it, drawings are scored, any latent can be moved and
    new draws are made. seed: of everything that is drawn here.

    view, chosen, other (images), temperature, along (0 to 1, on the walk), rest ("kept", "mean":
    what layers dropped goes along, or is guessed), latent (its place in z), shift, depth (index of
    the layer), heat (whether the map is shown), pixel ([row, column] or []) and drawing (base64,
    one byte a number) can be set at any time.

    Questions (`ask`) that it answers by itself: "choice" of two options with of="costlier" (which
    of chosen and other costs more bits), "number" with of="bits" (of the chosen image), and
    "point" (where on it the most bits go).

    Raises ValueError for a flow that is no model of such images.
    """

    _name = "imagelab"
    _esm = static_text("imagelab.js")
    _height = 760
    _view = (
        *("view", "chosen", "other", "temperature", "along", "rest", "latent", "shift", "depth"),
        *("heat", "pixel", "drawing"),
    )

    view = traitlets.Enum(VIEWS, "sample").tag(**VIEWED)
    chosen = traitlets.Int(0, min=0).tag(**VIEWED)
    other = traitlets.Int(1, min=0).tag(**VIEWED)
    temperature = traitlets.Float(1.0, min=0.0).tag(**VIEWED)
    along = traitlets.Float(0.5, min=0.0, max=1.0).tag(**VIEWED)
    rest = traitlets.Enum(("kept", "mean"), "kept").tag(**VIEWED)
    latent = traitlets.Int(0, min=0).tag(**VIEWED)
    shift = traitlets.Float(2.0).tag(**VIEWED)
    depth = traitlets.Int(1, min=0).tag(**VIEWED)
    heat = traitlets.Bool(True).tag(**VIEWED)
    pixel = traitlets.List(traitlets.Int()).tag(**VIEWED)
    drawing = traitlets.Unicode("").tag(**VIEWED)

    meta = traitlets.Dict().tag(sync=True)
    payload = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()]).tag(sync=True)
    kernel = traitlets.Bool(True).tag(sync=True)
    wish = traitlets.Dict().tag(**VIEWED)
    reply = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        flow: Flow,
        images: ImageSet | Tensor,
        *,
        shown: int = 5,
        seed: int = 0,
        title: str = "ImageLab",
        **traits: Any,
    ) -> None:
        found = images if isinstance(images, ImageSet) else _named(images)
        if not 2 <= shown <= 12 or len(found) < 2:
            raise ValueError(f"expected 2 to 12 images, got shown={shown} of {len(found)}")
        room = dataclasses.replace(Room(), images=min(shown, len(found)))
        self.record = record_of(flow, found, room, seed)
        self._title, self._flow = title, flow
        words = self.record.words
        self._wishes: dict[Any, dict[str, Any]] = {}
        self._kernel = Kernel(flow, found.images[: room.images], words["dim"], words)
        meta, body = encode(self.record, title)
        traits = {"latent": words["latents"][0], **traits}
        super().__init__(
            meta=meta, payload=for_host(body), origin={"print": words["bits"]}, **traits
        )

    @traitlets.observe("wish")
    def _answer(self, change: dict[str, Any]) -> None:
        if wish := change["new"]:
            self._wishes[wish.get("kind")] = wish
            on_main_thread(self._serve)

    def _serve(self) -> None:
        """Answers the newest wish of each kind; what came before it nobody waits for any more."""
        while self._wishes:
            _, wish = self._wishes.popitem()
            self.reply = self._kernel.answer(wish)

    @traitlets.validate("chosen", "other")
    def _check_image(self, proposal: dict[str, Any]) -> int:
        value, count = proposal["value"], len(self.record.words["labels"])
        if value >= count:
            raise traitlets.TraitError(f"expected one of {count} images, got {value}")
        return value

    @traitlets.validate("temperature", "along", "shift")
    def _check_number(self, proposal: dict[str, Any]) -> float:
        if not math.isfinite(value := proposal["value"]):
            name = proposal["trait"].name
            raise traitlets.TraitError(f"{name}: expected a finite number, got {value}")
        return value

    @traitlets.validate("latent", "depth")
    def _check_place(self, proposal: dict[str, Any]) -> int:
        words, name, value = self.record.words, proposal["trait"].name, proposal["value"]
        count = math.prod(words["latent"]) if name == "latent" else len(words["depths"])
        if value >= count:
            raise traitlets.TraitError(f"{name}: expected 0 to {count - 1}, got {value}")
        return value

    @traitlets.validate("pixel")
    def _check_pixel(self, proposal: dict[str, Any]) -> list[int]:
        value, sizes = proposal["value"], self.record.words["shape"][1:]
        inside = len(value) == 2 and all(0 <= k < n for k, n in zip(value, sizes, strict=True))
        if value and not inside:
            raise traitlets.TraitError(
                f"pixel: expected [] or [row, column] of {size_name(sizes)}, got {value}"
            )
        return value

    @traitlets.validate("drawing")
    def _check_drawing(self, proposal: dict[str, Any]) -> str:
        if value := proposal["value"]:
            try:
                self._kernel.image(value)
            except ValueError as error:
                raise traitlets.TraitError(f"drawing: {error}") from error
        return value

    @property
    def title(self) -> str:
        return self._title

    def _said(self) -> Iterable[str]:
        words = self.record.words
        return [*(row[1] for row in words["rows"]), *(d["title"] for d in words["depths"])]

    def _makers(self) -> dict[str, Any]:
        return {".png": self._png}

    def _png(self) -> bytes:
        from ..figures.theme import theme_of
        from .imagelab_still import Settings, still

        words = self.record.words
        modes = words["modes"]
        return still(self.record, Settings(
            title=self._title,
            texts=texts(self._name, self.language),
            theme=theme_of(self.theme == "dark"),
            chosen=self.chosen,
            other=min(self.other, len(words["bits"]) - 1),
            temperature=near(words["temperatures"], (self.temperature,))[0],
            mode=len(modes) - 1 if self.rest == "mean" else 0,
            veiled=self._veiled,
        ))  # fmt: skip

    @property
    def _veiled(self) -> bool:
        """A question is open whose answer the figures would give away."""
        asked = next((one for one in self.questions if one["id"] == self.asked), None)
        choice = asked is not None and asked["kind"] == "choice" and asked.get("of") != "costlier"
        return asked is not None and not self.revealed and not choice

    def _heavy(self) -> dict[str, Any]:
        return {"meta": self.meta, "payload": self.payload, "kernel": False}

    def _stored(self) -> dict[str, Any]:
        told = (one.get("set") or {} for one in self.questions)
        beats = (one.get("state") or {} for one in self.beats)
        here = {"chosen": self.chosen, "other": self.other}
        room = with_images(STORED, here, *told, *beats)
        meta, payload = encode(part_of(self.record, room), self._title)
        return {"meta": meta, "payload": payload, "kernel": False}

    def __repr__(self) -> str:
        shape, count = size_name(self._flow.data_shape), len(self.record.words["labels"])
        return f"ImageLab({self._title!r}, {count} images {shape}, {self._flow.likelihood})"


def _named(images: Tensor) -> ImageSet:
    return ImageSet(images, torch.full((len(images),), -1), "images", "given", "given")
