"""A few hundred real images that come with the package, for a first look without a network."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
import torch

from .imageset import ImageSet
from .known import SETS, SPLITS

SAMPLES = ("mnist", "fashion_mnist", "kmnist")


def sample(name: str) -> tuple[ImageSet, ImageSet]:
    """The first images of train and of test; NOTICE.txt beside them has their terms.

    KMNIST has test images only: its train set here is empty. Raises ValueError for others:
    the terms of CIFAR-10 and SVHN do not say that they may be shipped.
    """
    if name not in SAMPLES:
        raise ValueError(
            f"expected one of the samples {', '.join(SAMPLES)}, got {name!r}; "
            "load() reads or downloads whole data sets"
        )
    source = files("flowviz").joinpath("studies", "samples", f"{name}.npz")
    with as_file(source) as path, np.load(path) as stored:
        train, test = (_part(stored, name, split) for split in SPLITS)
    return train, test


def _part(stored: np.lib.npyio.NpzFile, name: str, split: str) -> ImageSet:
    images, labels = (torch.from_numpy(stored[f"{split}_{part}"]) for part in ("images", "labels"))
    source = f"the first {len(images):,} of {SETS[name].counts[split]:,}, shipped with flowviz"
    return ImageSet(images[:, None], labels.long(), SETS[name].title, split, source)
