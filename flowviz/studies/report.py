"""report: the table of results and its picture, from run folders only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..files import atomic_write
from .catalogue import STUDIES
from .result import is_current
from .rows import Row, rows
from .study import differences

__all__ = ["Row", "rows", "table", "write_report"]

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
* **ended by**: *recipe*, all planned steps; *flat*, the validation curve no longer fell (a held
  rate then went to zero); *budget*, the time was over, so that more training would have helped;
  *diverged*, a loss or a gradient was not finite, and the weights are those of the last sound
  checkpoint.
* **last tenth**: by how much the validation figure changed in the last tenth of the steps; below
  zero it still fell. A small number under a rate that goes to zero says that this schedule is over,
  not that a longer one would end no lower.
* **half precision**: the figure is that of the weights as they are shipped: small tensors, such as
  shifts and scales, stay in single precision.
* **published**: [read] in the authors' code or logs, [secondary] quoted by a later work,
  [NOT FOUND] in no source that could be opened. A published figure belongs to the published
  network, which is often larger.

"""


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
        here = [row for row in found if row.study.data.name == data]
        parts += [f"## {data}\n\n", table(here), "\n"]
    parts.append(_changes(found))
    return atomic_write(out, "".join(parts).rstrip("\n").encode() + b"\n")


def table(found: Iterable[Row]) -> str:
    """The rows in Markdown: one line a run, then the studies without one by published figure."""
    found = list(found)
    runs = [row for row in found if row.begun]
    others: dict[str, list[str]] = {}
    for row in found:
        if not row.begun:
            others.setdefault(_known(row), []).append(f"`{row.name}`")
    tables = []
    if runs:
        tables.append([_HEAD, *map(_cells, runs)])
    if others:
        lines = [(", ".join(names), known) for known, names in others.items()]
        tables.append([("not run", "published"), *lines])
    return "\n".join(map(_markdown, tables))


def _markdown(lines: list[tuple[str, ...]]) -> str:
    lines = [lines[0], ("---",) * len(lines[0]), *lines[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _known(row: Row) -> str:
    return "" if row.published is None else str(row.published)


def _cells(row: Row) -> tuple[str, ...]:
    known = _known(row)
    figure, result = row.figure, row.result
    if figure is None:
        state = "not evaluated"
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
