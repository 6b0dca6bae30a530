"""The data sets that are known, and every address that anything is fetched from.

Checksums are those of the files as their authors distribute them, read in the source of
torchvision (torchvision/datasets/mnist.py, cifar.py, svhn.py), which checks against the same.
"""

from __future__ import annotations

from dataclasses import dataclass

SPLITS = ("train", "test")


@dataclass(frozen=True)
class Remote:
    """A file to fetch: its checksum ("md5:..." or "sha256:...") and where it lies, best first."""

    name: str
    checksum: str
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A data set: its name in words, one image's shape, and how many there are in each split."""

    title: str
    shape: tuple[int, int, int]
    counts: dict[str, int]
    remotes: dict[str, tuple[Remote, ...]]


def _idx(folders: tuple[str, ...], *sums: str) -> dict[str, tuple[Remote, ...]]:
    """Images and labels of train and test, in MNIST's format."""
    kinds = ("images-idx3", "labels-idx1")
    names = [f"{split}-{kind}-ubyte.gz" for split in ("train", "t10k") for kind in kinds]
    files = [Remote(n, f"md5:{s}", folders) for n, s in zip(names, sums, strict=True)]
    return {"train": tuple(files[:2]), "test": tuple(files[2:])}


_CIFAR = Remote(
    "cifar-10-python.tar.gz",
    "md5:c58f30108f718f92721af3b95e74349a",
    ("https://www.cs.toronto.edu/~kriz/",),
)


def _svhn(split: str, checksum: str) -> tuple[Remote, ...]:
    folders = ("http://ufldl.stanford.edu/housenumbers/",)
    return (Remote(f"{split}_32x32.mat", f"md5:{checksum}", folders),)


_GREY, _COLOUR = (1, 28, 28), (3, 32, 32)
_SIXTY = {"train": 60_000, "test": 10_000}

SETS: dict[str, Known] = {
    # LeCun et al. 1998
    "mnist": Known(
        "MNIST", _GREY, _SIXTY,
        _idx(
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "http://yann.lecun.com/exdb/mnist/",
            ),
            "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ),
    # Xiao, Rasul & Vollgraf 2017
    "fashion_mnist": Known(
        "Fashion-MNIST", _GREY, _SIXTY,
        _idx(
            ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    # Clanuwat et al. 2018
    "kmnist": Known(
        "KMNIST", _GREY, _SIXTY,
        _idx(
            ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
            "bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134",
        ),
    ),
    # Krizhevsky 2009
    "cifar10": Known(
        "CIFAR-10", _COLOUR, {"train": 50_000, "test": 10_000},
        {"train": (_CIFAR,), "test": (_CIFAR,)},
    ),
    # Netzer et al. 2011, cropped digits
    "svhn": Known(
        "SVHN", _COLOUR, {"train": 73_257, "test": 26_032},
        {
            "train": _svhn("train", "e26dedcc434d2e4c54c9b2d4a06d8373"),
            "test": _svhn("test", "eb5a983be6a315427106f1b164d9cef3"),
        },
    ),
}  # fmt: skip

# Checkpoints too large for the package: the folder where they are published (None: nowhere), and
# the file name and "sha256:..." of each.
CHECKPOINTS_AT: str | None = None
CHECKPOINTS: dict[str, str] = {}


def named(name: str, split: str) -> Known:
    """The data set of that name; ValueError for an unknown name or split."""
    if name not in SETS:
        raise ValueError(f"expected one of {', '.join(SETS)}, got {name!r}")
    if split not in SPLITS:
        raise ValueError(f"{SETS[name].title}: expected split train or test, got {split!r}")
    return SETS[name]
