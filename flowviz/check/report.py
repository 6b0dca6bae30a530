"""The report: one line a law, in plain sentences."""

from __future__ import annotations

import html
from dataclasses import dataclass

PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "not applicable"
_MARKS = {PASSED: "✓", FAILED: "✗", NOT_APPLICABLE: "–"}
_HEAD = ("law", "result", "worst error", "in words")


@dataclass(frozen=True)
class Row:
    """One law: "passed", "failed" or "not applicable", and the sentence that explains it.

    error: the worst error over all points (relative, |a - b| / (1 + |b|)) where there is a number;
    tolerance: the error that the law allows.
    """

    law: str
    status: str
    sentence: str
    error: float | None = None
    tolerance: float | None = None

    @property
    def size(self) -> str:
        """The worst error in words; where the law holds only that it is allowed, since the rest
        is rounding and differs from machine to machine."""
        if self.error is None:
            return ""
        return f"< {self.tolerance:.1g}" if self.status == PASSED else f"{self.error:.2g}"

    @property
    def result(self) -> str:
        return f"{_MARKS[self.status]} {self.status}"


@dataclass(frozen=True)
class Report:
    """What `fv.check` found. `ok` is True if no law failed; `rows` has one `Row` for each law."""

    title: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows of the laws that do not hold."""
        return tuple(row for row in self.rows if row.status == FAILED)

    @property
    def summary(self) -> str:
        """One line: how many of the laws that apply hold."""
        held = sum(row.status == PASSED for row in self.rows)
        if self.ok:
            return f"{self.title}: all {held} laws that apply hold"
        broken, told = len(self.failed), held + len(self.failed)
        return f"{self.title}: {broken} of {told} laws {'fail' if broken > 1 else 'fails'}"

    def __getitem__(self, law: str) -> Row:
        """The row of a law by its name: report["volume"]."""
        for row in self.rows:
            if row.law == law:
                return row
        raise KeyError(f"expected one of {[row.law for row in self.rows]}, got {law!r}")

    def raise_if_failed(self) -> None:
        """Raise AssertionError, telling what failed, unless `ok`. For the last line of a cell."""
        if not self.ok:
            lines = [f"  {row.law}: {row.sentence}" for row in self.failed]
            raise AssertionError("\n".join([self.summary, *lines]))

    def __repr__(self) -> str:
        cells = [(_MARKS[row.status], row.law, row.size, row.sentence) for row in self.rows]
        wide = [max(len(row[k]) for row in cells) for k in (1, 2)]
        body = [f"{m} {law:<{wide[0]}}  {size:>{wide[1]}}  {s}" for m, law, size, s in cells]
        return "\n".join([self.summary, *body])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in _HEAD)
        body = "".join(map(_html_row, self.rows))
        caption = f'<caption style="text-align:left">{html.escape(self.summary)}</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(row: Row) -> str:
    """Marks and words tell the result; weight only helps the eye, in light and dark alike."""
    weight = "bold" if row.status == FAILED else "normal"
    cell = f'<td style="text-align:left;font-weight:{weight}">'
    cells = "".join(f"{cell}{html.escape(t)}</td>" for t in (row.result, row.size, row.sentence))
    head = f'<th scope="row" style="text-align:left;font-weight:{weight}">{html.escape(row.law)}'
    return f"<tr>{head}</th>{cells}</tr>"
