"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import torch


def atomic_write(path: str | Path, content: bytes) -> Path:
    """Write content beside `path`, then rename: a failure leaves no half file, loses no old one.

    Raises OSError with the path and the reason if the folder is missing or not writable.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"cannot write {path}: expected an existing folder, got {path.parent}"
        )
    if path.is_dir():
        raise IsADirectoryError(f"cannot write {path}: expected a file, got a folder")
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise type(error)(error.errno, f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    return path


def read_checkpoint(path: str | Path) -> dict:
    """What `Flow.save` wrote: {"layers": lines of the architecture, "state": state_dict}, on the
    CPU. Raises FileNotFoundError, or ValueError for any other file.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"expected a checkpoint at {path}, got no such file") from error
    except OSError:
        raise
    except Exception as error:  # what torch raises on a foreign file depends on its bytes
        raise ValueError(f"{path}: expected a checkpoint of Flow.save, got another file") from error
    if not isinstance(stored, dict) or stored.keys() != {"layers", "state"}:
        raise ValueError(f"{path}: expected a checkpoint of Flow.save, got other contents")
    return stored


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
