"""Pictures as densities: any image, a heart, a letter."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from .density import Wrapped, check_positive
from .tiles import Tiles

Ink = Literal["dark", "light"]

_ASSETS = Path(__file__).parent / "assets"


class ImageDensity(Tiles):
    """The density that a picture draws: every pixel is uniform, with a mass that is its ink.

    image       path of a picture (colours become grey, transparency the side without ink), or a
                2-D array, top row first: integers in [0, 255] or floats in [0, 1]
    ink         "dark": black has all the mass, as on paper; "light": white has it
    half_width  the longer side of the picture spans [-half_width, half_width]

    Raises ValueError if the picture cannot be read, has values out of range, or has no ink.
    Paths need Pillow.
    """

    name = "image"

    def __init__(
        self,
        image: str | os.PathLike[str] | np.ndarray | Tensor | list[list[float]],
        ink: Ink = "dark",
        half_width: float = 3.0,
    ) -> None:
        check_positive(half_width=half_width)
        if ink not in ("dark", "light"):
            raise ValueError(f"expected ink to be 'dark' or 'light', got {ink!r}")
        light = _read(image, ink) if isinstance(image, str | os.PathLike) else _as_light(image)
        masses = 1 - light if ink == "dark" else light
        if masses.sum() == 0:
            raise ValueError(f"expected a picture with {ink} ink, got none in {_size(masses)}")
        self.ink: Ink = ink
        self.shape = tuple(masses.shape)
        height, width = (half_width * side / max(self.shape) for side in self.shape)
        super().__init__(masses.flip(0), ((-width, width), (-height, height)))

    def _parameters(self) -> dict[str, Any]:
        return {"shape": self.shape, "ink": self.ink}


class Heart(Wrapped):
    """A filled heart, (x^2 + y^2 - 1)^3 <= x^2 y^3, uniform on the pixels inside the curve."""

    name = "heart"

    def __init__(self, half_width: float = 3.0) -> None:
        self.half_width = half_width
        # Centres of 256 pixels across [-1.25, 1.25], which just holds the curve.
        side = 1.25 * ((torch.arange(256, dtype=torch.float64) + 0.5) / 128 - 1)
        x, y = side, -side[:, None]
        inside = (x**2 + y**2 - 1) ** 3 <= x**2 * y**3
        super().__init__(ImageDensity(inside.double(), ink="light", half_width=half_width))

    def _parameters(self) -> dict[str, Any]:
        return {"half_width": self.half_width}


class Letter(Wrapped):
    """A filled letter, digit or sign (printable ASCII), uniform on its pixels.

    The glyphs are Aileron Regular (public domain, CC0), 96 pixels high for a capital, shipped as
    bitmaps so that the same letter is the same density everywhere.

    Raises ValueError unless `character` is one printable ASCII character other than the space.
    """

    def __init__(self, character: str, half_width: float = 3.0) -> None:
        if not (isinstance(character, str) and len(character) == 1 and "!" <= character <= "~"):
            raise ValueError(f"expected one printable ASCII character, got {character!r}")
        self.character, self.half_width = character, half_width
        self.name = f"letter {character}"
        glyph = torch.from_numpy(_glyphs()[character]).double()
        super().__init__(ImageDensity(glyph, ink="light", half_width=half_width))

    def _parameters(self) -> dict[str, Any]:
        return {"character": self.character, "half_width": self.half_width}


def _read(path: str | os.PathLike[str], ink: Ink) -> Tensor:
    """Grey values in [0, 1], (rows, columns), of a picture file."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            layer = picture.convert("RGBA")
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"expected a readable picture at {os.fspath(path)!r}: {error}") from error
    blank = Image.new("RGBA", layer.size, "white" if ink == "dark" else "black")
    grey = np.asarray(Image.alpha_composite(blank, layer).convert("L"))
    return torch.from_numpy(grey.astype(np.float64) / 255)


def _as_light(image: np.ndarray | Tensor | list[list[float]]) -> Tensor:
    """Grey values in [0, 1], (rows, columns), of an array."""
    given = torch.as_tensor(image)
    if given.dim() != 2 or given.numel() == 0:
        raise ValueError(f"expected a 2-D picture with pixels, got shape {tuple(given.shape)}")
    white = 1.0 if given.is_floating_point() or given.dtype == torch.bool else 255.0
    light = given.detach().double() / white
    # Written so that NaN is refused too.
    if not ((light >= 0) & (light <= 1)).all():
        span = f"[{float(given.min())}, {float(given.max())}]"
        raise ValueError(f"expected pixels in [0, {white:g}] for {given.dtype}, got {span}")
    return light


def _size(masses: Tensor) -> str:
    return f"{masses.shape[0]} x {masses.shape[1]} pixels"


@cache
def _glyphs() -> dict[str, np.ndarray]:
    """Bitmaps (rows, columns) of 0 and 1 by character."""
    with np.load(_ASSETS / "letters.npz") as stored:
        bits, shapes = np.unpackbits(stored["bits"]), stored["shapes"].astype(int)
    ends = shapes.prod(axis=1).cumsum()
    flat = np.split(bits[: ends[-1]], ends[:-1])
    return {
        chr(ord("!") + k): glyph.reshape(shape)
        for k, (glyph, shape) in enumerate(zip(flat, shapes, strict=True))
    }
