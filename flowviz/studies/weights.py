"""Weights in files: safetensors, with where in the run they come from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from ..files import atomic_write
from ..flow import Flow

# Shifts, scales and rotations that all pixels go through are few, and rounded they cost the most:
# 0.025 bits/dim of a Glow, where the rest of its weights cost 0.0001.
WHOLE = 1024


def write_weights(flow: Flow, path: Path, story: Mapping[str, Any], half: bool = False) -> Path:
    """Write the flow's state, whole or not at all; `story` goes into the header as text.

    half: floating point numbers in half precision, but for tensors of at most `WHOLE` numbers.
    Raises ValueError if that loses one to infinity, OSError for a full disk.
    """
    from safetensors.torch import save

    state = {k: _stored(v, k, half) for k, v in flow.state_dict().items()}
    return atomic_write(path, save(state, {key: str(value) for key, value in story.items()}))


def story_of(
    name: str, why: str, step: int, epoch: float, seconds: float, batch: int
) -> dict[str, Any]:
    """Where in the run of the study `name` weights are, and why it stopped there."""
    return {"study": name, "why": why, "step": step, "epoch": epoch, "seconds": seconds,
            "images": step * batch}  # fmt: skip


def read_weights(flow: Flow, path: Path) -> dict[str, str]:
    """Put the weights in `path` into the flow; returns their story.

    Raises FileNotFoundError; ValueError for a broken file, or for weights of another model.
    """
    with _opened(path) as file:
        stored, story = {k: file.get_tensor(k) for k in file.keys()}, file.metadata() or {}
    own = flow.state_dict()
    put_state(flow, {k: v.to(own[k].dtype) if k in own else v for k, v in stored.items()}, path)
    return story


def put_state(flow: Flow, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Put a state from `path` into the flow. Raises ValueError for that of another model."""
    try:
        flow.load_state_dict(state)
    except RuntimeError as error:
        _, *first = str(error).splitlines()  # a line for every number that does not fit
        told = f"expected weights of this model, got others: {(first or [str(error)])[0].strip()}"
        raise ValueError(f"{path}: {told}") from error


def read_story(path: Path) -> dict[str, str]:
    """The story of the weights in `path`, without the weights."""
    with _opened(path) as file:
        return file.metadata() or {}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"expected weights at {path}, found no such file")
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{path}: expected weights in safetensors, got {error}") from error


def _stored(value: torch.Tensor, name: str, half: bool) -> torch.Tensor:
    value = value.detach().cpu().contiguous().clone()
    if not half or not value.is_floating_point() or value.numel() <= WHOLE:
        return value
    small = value.half()
    if not torch.isfinite(small).all():
        raise ValueError(f"{name}: expected numbers that half precision holds, got {value.max()}")
    return small
