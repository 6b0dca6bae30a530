"""A run's folder: what a run leaves, and how it is read again.

    study.json           what is run
    environment.json     versions, device and threads of every leg of the run
    metrics.jsonl        one line every few steps, one every evaluation
    checkpoint.pt        all that the run goes on from (previous.pt: the one before)
    weights.safetensors  the weights that were evaluated
    result.json          the evaluation on the test images

All but checkpoints and weights are small and kept.
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


class Folder:
    """The files of one run. `create` makes the folder; reading makes nothing."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.metrics = self.path / "metrics.jsonl"
        self.weights = self.path / "weights.safetensors"
        self._checkpoints = self.path / "checkpoint.pt", self.path / "previous.pt"

    def create(self, study: Study) -> None:
        """Make the folder and write the study. Raises OSError where that cannot be."""
        self.path.mkdir(parents=True, exist_ok=True)
        atomic_write(self.path / "study.json", study.to_json().encode())

    @property
    def started(self) -> bool:
        """True once a step was taken: a run that found no data can be started again."""
        written = (self.metrics, *self._checkpoints)
        return (self.path / "study.json").is_file() and any(path.is_file() for path in written)

    def study(self) -> Study:
        try:
            return Study.from_json((self.path / "study.json").read_text())
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"expected a run in {self.path}, found no study.json"
            ) from error

    def write(self, name: str, content: Any) -> None:
        """`content` as JSON in `name`, whole or not at all."""
        atomic_write(self.path / name, (json.dumps(content, indent=1) + "\n").encode())

    def read(self, name: str) -> Any:
        """The JSON in `name`; None if there is no such file."""
        path = self.path / name
        return json.loads(path.read_text()) if path.is_file() else None

    def log(self, line: dict[str, Any]) -> None:
        """One more line of metrics."""
        with self.metrics.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """The metrics; a line that was cut off while being written is left out."""
        if not self.metrics.is_file():
            return []
        whole = self.metrics.read_text().split("\n")[:-1]
        return [json.loads(line) for line in whole]

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

    def clear(self) -> None:
        """Remove what an earlier run left, and drafts of one that was killed."""
        for name in ("environment.json", "result.json", *(p.name for p in self._checkpoints)):
            (self.path / name).unlink(missing_ok=True)
        self.metrics.unlink(missing_ok=True)
        self.weights.unlink(missing_ok=True)
        self.sweep()

    def sweep(self) -> None:
        """Remove half-written drafts."""
        for draft in [*self.path.glob(".*.*"), *self.path.glob("checkpoint.new")]:
            draft.unlink(missing_ok=True)
