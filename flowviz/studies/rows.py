"""Rows of the report: what a run's folder says of it, and whether that is of its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import STUDIES
from .folder import Folder
from .published import Published, published
from .result import is_current
from .study import Study

_RESULT = ("parameters", "device", "hours", "images_per_second", "steps", "epochs",
           "planned_epochs", "finished")  # fmt: skip
_FIGURE = ("bits_per_dim", "kind", "draws", "images")


@dataclass(frozen=True)
class Row:
    """A run, or a study that has none: then `result` and `lines` are empty."""

    name: str
    study: Study
    result: dict[str, Any]
    lines: list[dict[str, Any]]
    begun: bool

    @property
    def published(self) -> Published | None:
        return published(self.study.data.name, self.study.paper)

    @property
    def figure(self) -> dict[str, Any] | None:
        """The evaluation that the table states: that of the shipped weights where they are those
        of the result. None if there is none of the weights that the run has now."""
        if not self.result or self.stale:
            return None
        shipped = self.result.get("shipped")
        return shipped if shipped and is_current(shipped, self.result) else self.result["elbo"]

    @property
    def stale(self) -> bool:
        """True if the run went on after its evaluation."""
        seen = max(self.result.get("steps", 0), self.result.get("logged", 0))
        return bool(self.result and self.lines) and self.lines[-1]["step"] > seen

    @property
    def last_tenth(self) -> float | None:
        """By how much the validation bits/dim changed in the last tenth of the steps taken."""
        seen = [(line["step"], line["valid"]) for line in self._looks]
        before = [value for step, value in seen if step <= 0.9 * seen[-1][0]]
        return seen[-1][1] - before[-1] if before else None

    @property
    def curve(self) -> tuple[list[float], list[float]]:
        """(hours, validation bits/dim)."""
        return ([line["seconds"] / 3600 for line in self._looks],
                [line["valid"] for line in self._looks])  # fmt: skip

    @property
    def _looks(self) -> list[dict[str, Any]]:
        """The lines that hold validation figures, up to the weights that were evaluated."""
        last = self.result.get("steps", math.inf)
        return [line for line in self.lines if "valid" in line and line["step"] <= last]


def rows(runs: Path) -> list[Row]:
    """One row a run, in the order of the catalogue, then runs under other names."""
    found = {path.parent.relative_to(runs).as_posix(): Folder(path.parent)
             for path in sorted(runs.rglob("study.json"))}  # fmt: skip
    names = [*STUDIES, *(name for name in found if name not in STUDIES)]
    return [_row(name, found.get(name)) for name in names]


def _row(name: str, folder: Folder | None) -> Row:
    if folder is None:
        return Row(name, STUDIES[name], {}, [], begun=False)
    return Row(name, folder.study(), _result(folder), folder.lines(), begun=True)


def _result(folder: Folder) -> dict[str, Any]:
    """The result in a folder, {} if there is none. Raises ValueError where something is missing."""
    if (result := folder.read("result.json")) is None:
        return {}
    missing = [name for name in (*_RESULT, "elbo") if name not in result]
    for name in [name for name in ("elbo", "iwbo", "shipped") if name in result]:
        missing += [f"{name}.{part}" for part in _FIGURE if part not in result[name]]
    if missing:
        raise ValueError(
            f"{folder.path / 'result.json'}: expected a result of `flowviz study eval`, "
            f"got one without {', '.join(missing)}"
        )
    return result
