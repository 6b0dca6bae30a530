"""What a kernel adds to an ImageLab: costs of a drawing, any latent, new draws.

The browser writes a wish, {"id", "kind", ...}; the reply carries its id. Images travel as base64
text, one byte a number.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..flow import Flow
from ..studies.latents import encode
from ..wire import pack
from .imagelab_costs import HEAT_BITS, account, costs, heat_of, terms_of
from .imagelab_record import Room, draws_of, moved_latent

Wish = dict[str, Any]


class Kernel:
    """A flow that answers wishes about the images shown."""

    def __init__(self, flow: Flow, images: Tensor, dim: int, words: dict[str, Any]) -> None:
        self.flow, self.images, self.dim, self.words = flow, images, dim, words
        self.room = Room()
        self._answers: dict[str, Callable[[Wish], Wish]] = {
            "score": self._score,
            "moved": self._moved,
            "draws": self._draws,
        }

    def answer(self, wish: Wish) -> Wish:
        """The reply to a wish. What cannot be done is said in it: {"id", "kind", "error"}."""
        head = {"id": wish.get("id"), "kind": wish.get("kind")}
        try:
            return head | self._answers[wish["kind"]](wish)
        except (KeyError, ValueError) as error:
            return head | {"error": str(error)}

    def image(self, text: str) -> Tensor:
        """The image (C, H, W) in base64. Raises ValueError for any other text or size."""
        shape = self.flow.data_shape
        try:
            raw = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        except binascii.Error as error:
            raise ValueError(f"expected an image in base64: {error}") from error
        if raw.size != np.prod(shape):
            raise ValueError(f"expected {np.prod(shape)} bytes of an image, got {raw.size}")
        return torch.from_numpy(raw.reshape(shape).copy())

    def _score(self, wish: Wish) -> Wish:
        """{"drawing", "heat"}: what a drawing costs, its terms, and where its bits go if wanted."""
        image, draws = self.image(wish["drawing"]), self.room.noise
        ledger = account(self.flow, image, self.dim, draws, 0)
        terms = terms_of(ledger)
        reply = {
            "drawing": wish["drawing"],
            "bits": ledger.bits_per_dim,
            "terms": [terms[0], *(terms[i + 1] for i in self.words["kept"])],
        }
        if wish.get("heat"):
            heat = heat_of(self.flow, image, self.dim, draws, 0)
            arrays, body = pack([("heat", heat, HEAT_BITS, False)])
            reply |= {"arrays": arrays, "payload": _text(body)}
        return reply

    def _moved(self, wish: Wish) -> Wish:
        """{"image", "latent"}: that image for every shift of that latent, in every mode."""
        chosen, latent = int(wish["image"]), int(wish["latent"])
        code = encode(self.flow, self.images[chosen : chosen + 1])
        if not 0 <= latent < code.z.numel():
            raise ValueError(f"expected one of {code.z.numel()} latents, got {latent}")
        shifts, modes = tuple(self.words["shifts"]), tuple(self.words["modes"])
        moved = moved_latent(self.flow, code, latent, shifts, modes, 0)
        return {"image": chosen, "latent": latent, "pixels": _pixels(moved)}

    def _draws(self, wish: Wish) -> Wish:
        """{"seed", "count"}: so many draws at every temperature, and what they cost."""
        seed = int(wish["seed"])
        drawn = draws_of(self.flow, int(wish["count"]), tuple(self.words["temperatures"]), seed)
        bits = costs(self.flow, drawn, self.dim, seed)
        return {"seed": seed, "pixels": _pixels(drawn), "bits": np.round(bits, 4).tolist()}


def _pixels(images: Tensor) -> str:
    return _text(images.numpy().tobytes())


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode()
