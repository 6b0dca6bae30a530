"""Formulas of the course as MathML, and what is shown where one cannot be converted."""

from __future__ import annotations

import html
import re
import warnings

import pytest
from bs4 import BeautifulSoup

from flowviz.export import ExportWarning
from flowviz.export.formula import mathml


@pytest.mark.parametrize(
    "tex",
    [
        r"\log p \;=\; \sum_{\text{layers}} \underbrace{\log\left|\det x\right|}_{\text{volume}}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{cases} x & y \\ z & w \end{cases}",
        r"\mathbb{E}_{x \sim p}\,\lVert x \rVert^2 \in \mathbb R^d, \mathcal N(0, I)",
        r"\arg\max_x \operatorname{tr}(A), \hat x, \tilde{z}, \boldsymbol{\theta}",
    ],
)
def test_what_the_course_writes_is_converted_whole(tex: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = BeautifulSoup(mathml(tex, block=True), "html.parser")
    assert drawn.math and "\\" not in drawn.get_text() and "&" not in drawn.get_text()


def test_names_of_functions_stand_apart() -> None:
    drawn = mathml(r"\log p + \log(x)", block=False)
    assert drawn.count("<mspace") == 1 and re.search(r"log</mi><mspace[^>]*/?><mi>p", drawn)


def test_letters_of_the_blackboard() -> None:
    assert "ℝ" in mathml(r"\mathbb R", block=False)


@pytest.mark.parametrize("tex", [r"\foo{x} < 1", r"\frac{1", r"a \\ b", "a & b", "}{", r"x^"])
def test_a_formula_that_fails_shows_its_source(tex: str) -> None:
    with pytest.warns(ExportWarning, match=f"the formula {re.escape(repr(tex))}"):
        drawn = mathml(tex, block=False)
    assert drawn == f"<code>{html.escape(tex)}</code>"
