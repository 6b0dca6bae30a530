"""The report of fv.check: lines, a table in a notebook, words for an assert."""

from __future__ import annotations

import html.parser
import re

import pytest
from checked import points
from homework import InverseNotWritten, MinusTheVolume, Scale

import flowviz as fv


class Cells(html.parser.HTMLParser):
    """The table's rows of texts, and the scopes of its headers."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.scopes = [], []

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.scopes += [dict(attrs)["scope"]] if tag == "th" else []

    def handle_data(self, data):
        if self.rows:
            self.rows[-1][-1] += data


class TestReport:
    def test_a_line_for_each_law_aligned(self):
        report = fv.check(MinusTheVolume(), points())
        head, *lines = repr(report).splitlines()
        assert head == "MinusTheVolume: 2 of 21 laws fail"
        assert len(lines) == len(report.rows)
        starts = {line.index(row.sentence) for line, row in zip(lines, report.rows, strict=True)}
        assert len(starts) == 1
        assert [line[0] for line in lines].count("✗") == len(report.failed) == 2

    def test_a_law_that_holds_shows_what_is_allowed_not_the_rounding(self):
        row = fv.check(Scale(), points())["volume"]
        assert row.size == "< 1e-05" and 0 <= row.error < 1e-12

    def test_the_table_in_a_notebook_tells_without_colour(self):
        report = fv.check(InverseNotWritten(), points())
        cells = Cells()
        cells.feed(report._repr_html_())
        assert cells.rows[0] == ["law", "result", "worst error", "in words"]
        assert [row[0] for row in cells.rows[1:]] == [row.law for row in report.rows]
        results = {row[0]: row[1] for row in cells.rows[1:]}
        assert results["forward"] == "✓ passed" and results["inverse"] == "✗ failed"
        assert results["volume"] == "– not applicable"
        assert cells.scopes.count("col") == 4 and cells.scopes.count("row") == len(report.rows)
        assert report["inverse"].sentence in [row[3] for row in cells.rows]

    def test_a_sentence_cannot_break_the_table(self):
        class Sly(Scale):
            def _map(self, x, context):
                raise RuntimeError("<script>\n" + "long " * 99)

        report = fv.check(Sly(), points())
        assert "<script>" not in report._repr_html_()
        assert "<script> long" in report["forward"].sentence
        assert len(report["forward"].sentence) < 300

    def test_an_assert_cell_tells_what_failed(self):
        fv.check(Scale(), points()).raise_if_failed()
        report = fv.check(MinusTheVolume(), points())
        with pytest.raises(AssertionError, match="2 of 21 laws fail\n  volume: .*a sign error"):
            report.raise_if_failed()

    def test_an_unknown_law_raises(self):
        with pytest.raises(KeyError, match="expected one of .*volume.*got 'speed'"):
            fv.check(Scale(), points())["speed"]

    def test_a_small_error_points_to_the_tolerance(self):
        class Fudged(Scale):
            def _unmap(self, z, context):
                x, volume = super()._unmap(z, context)
                return x + 1e-4, volume

        report = fv.check(Fudged(), points())
        (tolerance,) = re.findall(r"tolerance=([\d.e-]+)", report["round trip"].sentence)
        assert fv.check(Fudged(), points(), tolerance=float(tolerance)).ok
