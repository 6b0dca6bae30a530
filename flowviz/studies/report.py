"""report: the table of results and its picture, from run folders only."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import atomic_write
from .catalogue import STUDIES
from .folder import Folder
from .published import Published, published
from .result import is_current
from .study import Study, differences

_HEAD = (
    "study", "bits/dim", "median image", "what it is", "parameters", "epochs", "ended by",
    "last tenth", "hours", "images/s", "device", "published",
)  # fmt: skip
_TEXT = """\
# Results

Test bits per dimension, lower is better. Made by `flowviz study report` from the folders in
`studies/runs`: no number here was typed. ± is the standard error over the test images; it says
how far another test set might be, not how far another training run might be. Behind the number of
draws it is the standard error over these, what noise alone does to the figure.

* **median image**: bits/dim of the image in the middle. The mean is the code length that counts;
  where it is far above the median, a few images cost the model dearly.
* **what it is**: *ELBO* is an upper bound on bits/dim from one draw of noise an image, here
  averaged over several; *IWBO-K*, with K importance weights, is a tighter one; *exact* draws none.
* **ended by**: *recipe*, all planned steps; *flat*, the validation curve no longer fell;
  *budget*, the time was over, so that more training would have helped; *diverged*, a loss or a
  gradient was not finite, and the weights are those of the last sound checkpoint.
* **last tenth**: by how much the validation figure still fell in the last tenth of the steps. A
  small number under a rate that goes to zero says that this schedule is over, not that a longer
  one would end no lower.
* **half precision**: the figure is that of the weights as they are shipped.
* **published**: [read] in the authors' code or logs, [secondary] quoted by a later work,
  [NOT FOUND] in no source that could be opened. A published figure belongs to the published
  network, which is often larger.

"""


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


def write_report(runs: Path, out: Path) -> Path:
    """Write the table to `out` and the picture, results.png, beside it; returns `out`."""
    from .picture import draw

    found = rows(runs)
    groups = dict.fromkeys(row.study.data.name for row in found)
    parts = [_TEXT]
    if any(row.figure for row in found):
        picture = out.with_name("results.png")
        atomic_write(picture, draw(found))
        parts.append(
            f"![Validation curves, and test figures beside published ones]({picture.name})\n\n"
        )
    for data in groups:
        parts += [f"## {data}\n\n", table([r for r in found if r.study.data.name == data]), "\n"]
    parts.append(_changes(found))
    return atomic_write(out, "".join(parts).rstrip("\n").encode() + b"\n")


def table(found: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = [_HEAD, ("---",) * len(_HEAD), *map(_cells, found)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    known = "" if row.published is None else str(row.published)
    figure, result = row.figure, row.result
    if figure is None:
        state = "not evaluated" if row.begun else "not run"
        if row.stale:
            state += f" since step {result['steps']:,}"
        return (f"`{row.name}`", state, *[""] * 9, known)
    planned = result["planned_epochs"]
    return (
        f"`{row.name}`",
        f"**{figure['bits_per_dim']:,.3f}**{_error(figure.get('over_images'), 3)}",
        _number(figure.get("median"), ".3f"),
        _kind(figure, result),
        f"{result['parameters']:,}",
        f"{result['epochs']:g} of {planned}",
        result["finished"],
        "" if row.last_tenth is None else f"{row.last_tenth:+.3f}",
        f"{result['hours']:.2f}",
        _number(result["images_per_second"], ",.0f"),
        result["device"],
        known,
    )


def _kind(figure: dict[str, Any], result: dict[str, Any]) -> str:
    drawn = f"{_many(figure['draws'], 'draw')}{_error(figure.get('over_draws'), 4)}"
    words = [f"{figure['kind']}, {drawn}, {_many(figure['images'], 'image')}"]
    if tight := result.get("iwbo"):
        words.append(f"{tight['kind']} {tight['bits_per_dim']:.3f} on {tight['images']:,} images")
    if shipped := result.get("shipped"):
        current = is_current(shipped, result)
        words.append("half precision" if current else f"shipped: step {shipped['step']:,}")
    return "; ".join(words)


def _error(value: float | None, digits: int) -> str:
    """ " ± 0.004", " ± <0.001"; nothing for one that is not known, of one image or one draw."""
    if value is None:
        return ""
    least = 10**-digits
    return f" ± <{least:.{digits}f}" if 0 < value < least / 2 else f" ± {value:,.{digits}f}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _changes(found: list[Row]) -> str:
    """In what runs differ from the study that they are of."""
    lines = [
        f"* `{row.name}`{_of(row)}: {'; '.join(changed)}\n"
        for row in found
        if row.begun and row.study.name in STUDIES
        and (changed := differences(row.study, STUDIES[row.study.name]))
    ]  # fmt: skip
    return "".join(["## Runs that differ from the catalogue\n\n", *lines]) if lines else ""


def _of(row: Row) -> str:
    return "" if row.name == row.study.name else f", a run of `{row.study.name}`"
