"""What a law is, and how it says that it holds, that it is broken, or that it does not apply."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from .subject import Subject

_LONGEST = 200  # characters of a quoted error
_LIBRARIES = (Path(torch.__file__).parent, Path(__file__).parents[1], Path(copy.__file__).parent)


class Margin(NamedTuple):
    """How a law held: the worst error over all points, and the error that it allows."""

    error: float
    tolerance: float


class Broken(Exception):
    """A law does not hold: the sentence that explains it, and the worst error if it is a number."""

    def __init__(self, sentence: str, error: float | None = None) -> None:
        super().__init__(sentence)
        self.error = error


class Skip(Exception):
    """A law has nothing to say about this layer, and why."""


@dataclass(frozen=True)
class Law:
    """A law: its name, what it promises, how to look, and the laws that must hold before it.

    `look(subject)` returns a `Margin` or None, or raises `Broken` or `Skip`; any other exception
    comes from the layer and is quoted.
    """

    name: str
    promise: str
    look: Callable[[Subject], Margin | None]
    needs: tuple[str, ...] = ()


def quoted(error: Exception) -> str:
    """An exception in one line: "ValueError in _map, line 12: too many values to unpack"."""
    text = " ".join(str(error).split()) or "no message"
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}{_place(error)}: {text}"


def _place(error: Exception) -> str:
    """The last line that was neither torch's nor ours: the author's own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not any(Path(f.filename).is_relative_to(p) for p in _LIBRARIES)]
    return f" in {own[-1].name}, line {own[-1].lineno}" if own else ""


def number(value: Tensor | float) -> str:
    """Three digits."""
    return f"{float(value) + 0.0:.3g}"  # + 0.0: never minus zero


def place(x: Tensor) -> str:
    """A point in words: (0.5, -1.2), or its first four coordinates."""
    values = x.flatten().tolist()
    return "(" + ", ".join(map(number, values[:4])) + (", …)" if len(values) > 4 else ")")


def deviation(got: Tensor, want: Tensor) -> Tensor:
    """|got - want| / (1 + |want|), the largest of each point (N,); infinite where it is NaN."""
    error = (got - want).abs() / (1 + want.abs())
    error = torch.where(torch.isnan(error), torch.inf, error)
    return error.reshape(len(error), -1).amax(1)
