"""A run's folder: what a run leaves, and how it is read again.

    study.json           what is run
    environment.json     versions, device and threads of every leg of the run
    metrics.jsonl        one line every few steps, one every evaluation
    checkpoint.pt        all that the run goes on from (previous.pt: the one before)
    weights.safetensors  the weights that were evaluated
    result.json          the evaluation on the test images

All but checkpoints and weights are small and kept: a repository has runs that cannot go on.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import torch

from ..files import atomic_write
from .study import Study

CHECKPOINT_SECONDS = 60.0  # between two checkpoints


class Folder:
    """The files of one run. `create` makes the folder; reading makes nothing."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.metrics = self.path / "metrics.jsonl"
        self.weights = self.path / "weights.safetensors"
        self._checkpoints = self.path / "checkpoint.pt", self.path / "previous.pt"

    def create(self, study: Study) -> None:
        """Make the folder, remove what an earlier run left in it, and write the study.

        Raises OSError where that cannot be.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._clear()
        atomic_write(self.path / "study.json", study.to_json().encode())

    @property
    def started(self) -> bool:
        """True once a step was taken: a run that found no data can be started again."""
        written = (self.metrics, *self._checkpoints, self.weights, self.path / "result.json")
        return (self.path / "study.json").is_file() and any(path.is_file() for path in written)

    def check_not_lost(self) -> None:
        """Raise ValueError if the run had come past its first checkpoint, and none is here.

        A run that was killed before its first one loses little, and starts again.
        """
        if any(path.is_file() for path in self._checkpoints):
            return
        evaluated = self.weights.is_file() or (self.path / "result.json").is_file()
        lines = self.lines()
        far = bool(lines) and lines[-1].get("seconds", 0) > 2 * CHECKPOINT_SECONDS
        if evaluated or far:
            raise ValueError(
                f"{self.path} holds a run whose checkpoint is not here (a repository keeps none): "
                "--as NAME starts another run, --fresh forgets this one"
            )

    def study(self) -> Study:
        """What is run. Raises FileNotFoundError; ValueError, naming the file, for a broken one."""
        path = self.path / "study.json"
        try:
            return Study.from_json(path.read_text())
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"expected a run in {self.path}, found no study.json"
            ) from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def write(self, name: str, content: Any) -> None:
        """`content` as JSON in `name`, whole or not at all."""
        atomic_write(self.path / name, (json.dumps(content, indent=1) + "\n").encode())

    def read(self, name: str) -> Any:
        """The JSON in `name`; None if there is no such file. Raises ValueError for anything else,
        naming the file."""
        path = self.path / name
        return _parsed(path.read_bytes(), path) if path.is_file() else None

    def log(self, line: dict[str, Any]) -> None:
        """One more line of metrics."""
        with self.metrics.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """The metrics; a line that was cut off while being written is left out."""
        if not self.metrics.is_file():
            return []
        whole = self.metrics.read_bytes().split(b"\n")[:-1]
        return [_parsed(line, self.metrics) for line in whole]

    def truncate(self, step: int) -> None:
        """Forget the metrics after `step`: the run goes on from there."""
        kept = [line for line in self.lines() if line["step"] <= step]
        atomic_write(self.metrics, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint; the last good one stays until the new one is whole."""
        newest, previous = self._checkpoints
        buffer = io.BytesIO()
        torch.save(state, buffer)
        draft = atomic_write(self.path / "checkpoint.new", buffer.getvalue())
        if newest.exists():
            os.replace(newest, previous)
        os.replace(draft, newest)

    def load(self) -> dict[str, Any] | None:
        """The newest checkpoint that can be read; None if there is none.

        Raises ValueError if there are some but none can be read.
        """
        found = [path for path in self._checkpoints if path.is_file()]
        for path in found:
            try:
                return torch.load(path, map_location="cpu", weights_only=True)
            except Exception:  # what torch raises on a broken file depends on its bytes
                continue
        if found:
            raise ValueError(f"{found[0]}: expected a checkpoint of this run, cannot read it")
        return None

    def _clear(self) -> None:
        """Remove what an earlier run left, and drafts of one that was killed."""
        left = [self.path / name for name in ("environment.json", "result.json")]
        drafts = [*self.path.glob(".*.*"), *self.path.glob("checkpoint.new")]
        for path in (*self._checkpoints, *left, self.metrics, self.weights, *drafts):
            path.unlink(missing_ok=True)


def _parsed(text: bytes, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from error
