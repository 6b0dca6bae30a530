"""Densities of pictures, shapes and letters: mass where the ink is."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from planar import SHADES, anywhere, density

from flowviz import data


def test_a_picture_has_its_mass_where_its_ink_is() -> None:
    paper = data.ImageDensity([[0, 255, 255], [255, 255, 51]], half_width=1.5)
    x = torch.tensor([[-1.0, 0.5], [0.0, 0.5], [1.0, -0.5]], dtype=torch.float64)
    assert paper.bounds == ((-1.5, 1.5), (-1.0, 1.0))
    torch.testing.assert_close(
        paper.log_prob(x).exp(), torch.tensor([1 / 1.8, 0.0, 0.8 / 1.8], dtype=torch.float64)
    )


def test_light_ink_is_the_negative_of_dark_ink() -> None:
    shades = torch.tensor(SHADES)
    dark, light = data.ImageDensity(1 - shades), data.ImageDensity(shades, ink="light")
    assert torch.equal(dark.log_prob(anywhere()), light.log_prob(anywhere()))


def test_a_file_is_the_array_it_holds(tmp_path: Path) -> None:
    from PIL import Image

    shades = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    Image.fromarray(shades).save(tmp_path / "picture.png")
    stored, held = data.ImageDensity(tmp_path / "picture.png"), data.ImageDensity(shades)
    assert torch.equal(stored.log_prob(anywhere()), held.log_prob(anywhere()))


def test_transparent_pixels_have_no_ink(tmp_path: Path) -> None:
    from PIL import Image

    picture = Image.new("RGBA", (2, 1), (128, 128, 128, 255))
    picture.putpixel((1, 0), (128, 128, 128, 0))
    picture.save(tmp_path / "half.png")
    for ink in ("dark", "light"):
        half = data.ImageDensity(tmp_path / "half.png", ink=ink, half_width=1.0)
        assert half.log_prob(torch.tensor([0.5, 0.0])) == -torch.inf
        assert math.exp(half.log_prob(torch.tensor([-0.5, 0.0]))) == pytest.approx(1)


def test_the_heart_stands_on_its_tip() -> None:
    heart = density("Heart")
    points = [[0.0, -2.2], [0.0, 2.7], [1.5, 2.4], [-1.5, 2.4], [0.0, 0.0], [2.0, -2.0]]
    inside = heart.log_prob(torch.tensor(points)).isfinite().tolist()
    assert inside == [True, False, True, True, True, False]
    # A uniform density's entropy is the log of its area; 2.4 is the scale of the picture.
    assert math.exp(heart.entropy) / 2.4**2 == pytest.approx(heart_area(), rel=2e-3)


def heart_area() -> float:
    """Area of (x^2 + y^2 - 1)^3 <= x^2 y^3 in polar coordinates, by bisection along each ray."""
    angle = 2 * np.pi * (np.arange(2000) + 0.5) / 2000
    low, high = np.zeros(2000), np.full(2000, 2.0)
    for _ in range(40):
        r = (low + high) / 2
        inside = (r**2 - 1) ** 3 <= r**5 * np.cos(angle) ** 2 * np.sin(angle) ** 3
        low, high = np.where(inside, r, low), np.where(inside, high, r)
    return float(np.mean(low**2) * np.pi)


def test_letters_read_upright() -> None:
    quadrants = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    share = [
        [float((data.Letter(c).sample(2000, 0) * q > 0).all(-1).float().mean()) for q in quadrants]
        for c in "LFJ"
    ]
    assert [np.argmin(row) for row in share] == [1, 3, 0]


def test_every_printable_letter_is_drawn() -> None:
    glyphs = [data.Letter(chr(code)) for code in range(ord("!"), ord("~") + 1)]
    assert len({glyph.entropy for glyph in glyphs}) > 80
    assert data.Letter("A").name == "letter A"
