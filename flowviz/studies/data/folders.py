"""Data sets in a folder: one layout of plain arrays and pictures, and torchvision's.

mnist/mnist_train.npz            MNIST/raw/train-images-idx3-ubyte[.gz]
fashion_mnist/fashion_train.npz  FashionMNIST/raw/...
ood/kmnist_test.npz              KMNIST/raw/...
cifar10/train_00.webp ...        cifar-10-batches-py/data_batch_1 ... or the archive itself
svhn/test_00.webp ...            train_32x32.mat
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import formats
from .formats import Arrays

Reader = Callable[[], Arrays]

_NPZ = {
    "mnist": ("mnist/mnist_{}.npz", "MNIST"),
    "fashion_mnist": ("fashion_mnist/fashion_{}.npz", "FashionMNIST"),
    "kmnist": ("ood/kmnist_{}.npz", "KMNIST"),
}
_SHARDS = {("cifar10", "train"): 50, ("cifar10", "test"): 10, ("svhn", "test"): 10}


def find(name: str, split: str, folder: Path) -> tuple[str, Reader] | None:
    """The place within the folder where the split lies, and what reads it; None: it is not there.

    A place counts as there if its first file is; the reader then wants them all.
    """
    for place, reader in _places(name, split, folder):
        if (folder / place).exists():
            return place, reader
    return None


def wanted(name: str, split: str) -> str:
    """The places that `find` looks at, in words."""
    return " or ".join(place for place, _ in _places(name, split, Path()))


def _places(name: str, split: str, folder: Path) -> list[tuple[str, Reader]]:
    if name in _NPZ:
        return _grey_places(name, split, folder)
    places = _mosaic_places(name, split, folder)
    if name == "svhn":
        place = f"{split}_32x32.mat"
        return [*places, (place, partial(formats.mat, folder / place))]
    unpacked, archive = "cifar-10-batches-py", "cifar-10-python.tar.gz"
    return [
        *places,
        (unpacked, partial(formats.cifar_folder, folder / unpacked, split)),
        (archive, partial(formats.cifar_archive, folder / archive, split)),
    ]


def _grey_places(name: str, split: str, folder: Path) -> list[tuple[str, Reader]]:
    pattern, raw = _NPZ[name]
    plain = pattern.format(split)
    places = [(plain, partial(formats.npz, folder / plain))]
    stem = f"{raw}/raw/{'train' if split == 'train' else 't10k'}"
    for end in ("", ".gz"):
        images, labels = f"{stem}-images-idx3-ubyte{end}", f"{stem}-labels-idx1-ubyte{end}"
        places.append((images, partial(formats.idx, folder / images, folder / labels)))
    return places


def _mosaic_places(name: str, split: str, folder: Path) -> list[tuple[str, Reader]]:
    if (name, split) not in _SHARDS:
        return []
    place = f"{name}/{split}_{{:02d}}.webp"
    shards = [folder / place.format(k) for k in range(_SHARDS[name, split])]
    key = "test10k" if name == "svhn" else split
    reader = partial(formats.mosaics, shards, folder / name / "labels.npz", key)
    return [(place.format(0), reader)]
