"""How the record of an ImageLab travels to its picture: all of it, or a part for a notebook."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..wire import pack
from .imagelab_costs import HEAT_BITS
from .imagelab_record import Record, Room, pairs_of

# What a notebook's stored output holds: parts of the record.
STORED = Room(images=3, draws=6, temperatures=(0.5, 0.7, 1.0), steps=5, latents=2,
               shifts=(-3, 0, 3))  # fmt: skip


def encode(record: Record, title: str) -> tuple[dict[str, Any], bytes]:
    """The record as its head (JSON) and body (`flowviz.wire`)."""
    heads, body = pack(
        (name, array, _bits(name, array), _runs(name)) for name, array in record.arrays.items()
    )
    return {"title": title, **record.words, "arrays": heads}, body


def _bits(name: str, array: np.ndarray) -> int:
    """Of an element; a figure that is far above the others must not round them."""
    return 8 if array.dtype == np.uint8 else 24 if name.endswith("/bits") else HEAT_BITS


def with_images(room: Room, *states: Mapping[str, Any]) -> Room:
    """Room for every image that these states show: a page must not show another in its place."""
    places = (state.get(name, 0) for state in states for name in ("chosen", "other"))
    return dataclasses.replace(room, images=max(room.images, *(k + 1 for k in places)))


def part_of(record: Record, room: Room) -> Record:
    """The part of a record that a smaller room has, where it has that much."""
    words, arrays = record.words, record.arrays
    count = min(room.images, len(words["labels"]))
    at = {
        "temperatures": near(words["temperatures"], room.temperatures),
        "shifts": near(words["shifts"], room.shifts),
    }
    total = len(words["labels"])
    pairs = [i for i, pair in enumerate(pairs_of(total)) if max(pair) < count]
    every = np.rint(np.linspace(0, len(arrays["walk"]) - 1, room.steps)).astype(int)
    n, m = room.draws, room.latents
    cut = {
        "images": arrays["images"][:count],
        "codes": arrays["codes"][:count],
        "heat": arrays["heat"][:count],
        "draws": arrays["draws"][at["temperatures"], :n],
        "draws/bits": arrays["draws/bits"][at["temperatures"], :n],
        "walk": arrays["walk"][every][:, :, pairs],
        "walk/bits": arrays["walk/bits"][every][:, :, pairs],
        "moved": arrays["moved"][at["shifts"], :, :count, :m],
        "depths": arrays["depths"][:, :, :count],
        "depths/bits": arrays["depths/bits"][:, :, :count],
    }
    lists = {name: [words[name][i] for i in places] for name, places in at.items()}
    first = {name: words[name][:count] for name in ("labels", "terms", "bits")}
    return Record(cut, {**words, **lists, **first, "latents": words["latents"][:m]})


def near(have: list[float], wanted: tuple[float, ...]) -> list[int]:
    return sorted({min(range(len(have)), key=lambda i: abs(have[i] - w)) for w in wanted})


def _runs(name: str) -> bool:
    """Arrays whose first axis a slider runs along change little from row to row."""
    return name in ("draws", "walk", "moved", "depths")
