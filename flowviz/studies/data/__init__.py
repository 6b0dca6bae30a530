"""Image sets as bytes: whole ones from a folder or the network, samples from the package.

train = data.load("mnist", "train")      # FLOWVIZ_DATA, else downloaded once
train, test = data.sample("mnist")       # a few hundred images, offline
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from . import folders, formats
from .fetch import cache_folder, fetch_checkpoint, fetched
from .formats import Arrays
from .imageset import ImageSet
from .known import SETS, Known, named
from .shipped import SAMPLES, sample

__all__ = [
    "SAMPLES",
    "SETS",
    "ImageSet",
    "cache_folder",
    "fetch_checkpoint",
    "load",
    "sample",
]

_PARTIAL = {("svhn", "webp"): 10_000}  # the folder layout holds the first of SVHN's test split


def load(name: str, split: str = "train", folder: str | Path | None = None) -> ImageSet:
    """All images of a split: mnist, fashion_mnist, kmnist, cifar10 or svhn.

    Read from `folder` if one is given, else from the folder named in FLOWVIZ_DATA, else from the
    official files, downloaded once into the cache and checked against their official checksums.
    A folder may have the layout of `folders` or torchvision's.

    Raises ValueError for an unknown name and for a file that is broken or holds something else,
    FileNotFoundError for a given folder without the data, and what `fetched` raises.
    """
    what = named(name, split)
    if folder is not None:
        return _from_folder(name, split, _existing(Path(folder), "folder"), "the folder given")
    chosen, missing = os.environ.get("FLOWVIZ_DATA"), ""
    if chosen:
        place = _existing(Path(chosen), "FLOWVIZ_DATA")
        if folders.find(name, split, place):
            return _from_folder(name, split, place, "FLOWVIZ_DATA")
        missing = f" (FLOWVIZ_DATA has no {folders.wanted(name, split)})"
    try:
        paths = [fetched(remote, f"{name}-") for remote in what.remotes[split]]
    except ConnectionError as error:
        raise ConnectionError(f"{what.title} {split}{missing}: {error}") from error
    arrays = _read_official(paths, name, split)
    return _checked(arrays, what, split, "the official files", what.counts[split])


def _existing(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        raise NotADirectoryError(f"{what}: expected a folder of data sets, got {str(folder)!r}")
    return folder


def _from_folder(name: str, split: str, folder: Path, words: str) -> ImageSet:
    what, found = SETS[name], folders.find(name, split, folder)
    if found is None:
        expected = folders.wanted(name, split)
        raise FileNotFoundError(f"{what.title} {split}: expected {expected} in {folder}, got none")
    place, reader = found
    count = _PARTIAL.get((name, place.rpartition(".")[2]), what.counts[split])
    return _checked(reader(), what, split, f"{place} in {words}", count)


def _read_official(paths: list[Path], name: str, split: str) -> Arrays:
    if name == "cifar10":
        return formats.cifar_archive(*paths, split)
    return formats.mat(*paths) if name == "svhn" else formats.idx(*paths)


def _checked(arrays: Arrays, what: Known, split: str, place: str, count: int) -> ImageSet:
    """The arrays as a set; ValueError unless they are `count` images of the right shape."""
    images, labels = arrays
    expected, given = (count, *what.shape), images.shape
    if given != expected or labels.shape != (count,) or images.dtype != np.uint8:
        raise ValueError(
            f"{what.title} {split}, {place}: expected uint8 images {expected} and {count} labels, "
            f"got {images.dtype} {given} and labels {labels.shape}"
        )
    if not ((labels >= 0) & (labels < 10)).all():
        raise ValueError(f"{what.title} {split}, {place}: expected labels 0 to 9, got others")
    total = what.counts[split]
    part = "" if count == total else f"the first {count:,} of {total:,}, "
    tensors = (
        torch.from_numpy(np.require(images, requirements=["C", "W"])),
        torch.from_numpy(labels.astype(np.int64)),
    )
    return ImageSet(*tensors, what.title, split, f"{part}from {place}")
