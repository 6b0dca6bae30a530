"""The file formats of the data sets: every reader gives images (N, C, H, W) and labels (N,), bytes.

A file that is cut short, or is another file, raises ValueError with its name, what was expected and
what was given.
"""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]

_BROKEN = (EOFError, KeyError, ValueError, TypeError, OSError, zlib.error, zipfile.BadZipFile,
           pickle.UnpicklingError, tarfile.TarError)  # fmt: skip


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a reader meets in a broken file into one ValueError that names the file."""
    try:
        yield
    except (FileNotFoundError, PermissionError):
        raise
    except _BROKEN as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(
            f"{path}: expected {what}, got a broken or another file ({why})"
        ) from error


@contextmanager
def _arrays(path: Path, what: str) -> Iterator[np.lib.npyio.NpzFile]:
    # opened here: np.load forgets to close a file that it cannot read
    with reading(path, what), path.open("rb") as file, np.load(file) as stored:
        yield stored


def npz(path: Path) -> Arrays:
    """Arrays `images` (N, H, W) and `labels` (N,)."""
    with _arrays(path, "an .npz with images and labels") as stored:
        return stored["images"][:, None], stored["labels"]


def idx(images: Path, labels: Path) -> Arrays:
    """MNIST's idx files, gzipped or not."""
    return _idx(images, 3)[:, None], _idx(labels, 1)


def _idx(path: Path, dims: int) -> np.ndarray:
    with reading(path, f"an idx file of bytes in {dims} dimensions"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        head = np.frombuffer(content[: 4 * (dims + 1)], ">i4")
        if len(head) != dims + 1 or head[0] != 0x0800 + dims:
            raise ValueError(f"its header is {content[:4].hex()}")
        shape, body = tuple(map(int, head[1:])), len(content) - 4 * (dims + 1)
        if body != np.prod(shape):
            raise ValueError(f"its header says {shape}, {body:,} bytes follow")
    return np.frombuffer(content, np.uint8, offset=4 * (dims + 1)).reshape(shape)


def mosaics(paths: Sequence[Path], labels: Path, key: str) -> Arrays:
    """Lossless pictures of 25 rows and 40 columns of 32 x 32 images, and labels[key] in an .npz."""
    images = np.concatenate([_mosaic(path) for path in paths])
    with _arrays(labels, f"an .npz with labels {key!r}") as stored:
        return images, stored[key]


def _mosaic(path: Path) -> np.ndarray:
    from PIL import Image

    with reading(path, "a mosaic of 1,000 colour images"), Image.open(path) as picture:
        tiles = np.asarray(picture.convert("RGB")).reshape(25, 32, 40, 32, 3)
    return tiles.transpose(0, 2, 4, 1, 3).reshape(1000, 3, 32, 32)


CIFAR_BATCHES = {
    "train": tuple(f"data_batch_{k}" for k in range(1, 6)),
    "test": ("test_batch",),
}


def cifar_folder(folder: Path, split: str) -> Arrays:
    """The batches in the folder cifar-10-batches-py."""
    return _joined([_batch(folder / name, folder / name) for name in CIFAR_BATCHES[split]])


def cifar_archive(path: Path, split: str) -> Arrays:
    """The batches in cifar-10-python.tar.gz, read without unpacking it."""
    wanted = {f"cifar-10-batches-py/{name}": name for name in CIFAR_BATCHES[split]}
    found = {}
    with reading(path, "an archive of CIFAR-10's batches"), tarfile.open(path) as archive:
        for member in archive:
            if member.name in wanted:
                found[wanted[member.name]] = _batch(archive.extractfile(member), path)
        return _joined([found[name] for name in CIFAR_BATCHES[split]])


def _batch(file, path: Path) -> Arrays:
    with reading(path, "a pickled batch of CIFAR-10"):
        content = file.read_bytes() if isinstance(file, Path) else file.read()
        batch = _ArraysOnly(content).load()
        return batch["data"].reshape(-1, 3, 32, 32), np.array(batch["labels"], np.uint8)


def _joined(batches: list[Arrays]) -> Arrays:
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that builds numpy arrays and nothing else: a pickle could run any code."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="latin1")

    def find_class(self, module: str, name: str) -> Callable:
        builders = {
            "_reconstruct": np.zeros(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype,
        }  # fmt: skip
        if module.partition(".")[0] != "numpy" or name not in builders:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return builders[name]


def mat(path: Path) -> Arrays:
    """SVHN's MATLAB file; its label 10 is the digit 0. Needs scipy."""
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{path.name} is a MATLAB file: reading it needs scipy"
        ) from error
    with reading(path, "a MATLAB file with X and y"):
        stored = loadmat(path)
        return stored["X"].transpose(3, 2, 0, 1), stored["y"].reshape(-1) % 10
