"""The course: every notebook in the same order, small, still, and with an exercise that is one."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from lessons import (
    LESSONS,
    SECTIONS,
    Lesson,
    functions,
    has_picture,
    printed,
    raises_not_implemented,
    tags,
)
from nbclient import NotebookClient

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
from student_copies import is_solution, student_copy, write  # noqa: E402

MOST_BYTES = 400_000
LIVE = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return Lesson(request.param)


def test_it_opens_with_a_title_three_objectives_the_time_and_what_is_needed(lesson) -> None:
    head = lesson.cells[0].source
    assert head.startswith("# ")
    assert "**After this notebook you can**" in head
    assert re.findall(r"^(\d)\. \*\w", head, re.MULTILINE) == ["1", "2", "3"]
    assert 10 <= int(re.search(r"About (\d+) minutes", head)[1]) <= 25
    assert "You need:" in head


def test_its_badges_open_this_very_notebook(lesson) -> None:
    targets = re.findall(r"\]\((https://\S+\.ipynb)\)", lesson.cells[0].source)
    assert [re.search(r"mybinder|colab", url)[0] for url in targets] == ["mybinder", "colab"]
    assert all(url.endswith(f"notebooks/{lesson.path.name}") for url in targets)


def test_its_sections_come_in_the_order_of_the_course(lesson) -> None:
    words = [words for _, words in lesson.headings]
    found = [next((s for s in SECTIONS if w.startswith(s)), None) for w in words]
    assert [one for one in found if one] == list(SECTIONS)


def test_a_picture_to_touch_comes_before_the_explanation(lesson) -> None:
    first = lesson.cells[lesson.start("Predict") : lesson.start("Explain")]
    assert any(has_picture(cell) and "nbval-ignore-output" in tags(cell) for cell in first)


def test_what_a_widget_asks_is_answered_for_in_a_sentence_by_a_later_cell(lesson) -> None:
    for i, cell in enumerate(lesson.code):
        for name in re.findall(r"^(\w+)\.ask\(", cell.source, re.MULTILINE):
            readers = [c for c in lesson.code[i + 1 :] if f"{name}.answer(" in c.source]
            assert readers, f"nothing reads {name}.answer()"
            assert re.match(r"[A-Z].+[.:?]\s", printed(readers[0])), "silent where nobody answered"


def test_the_stub_raises_and_its_solution_is_hidden_and_passes_the_check(lesson) -> None:
    stub, solution, check = lesson.exercise
    missing = {name for name, node in functions(stub).items() if raises_not_implemented(node)}
    assert missing, "no function of the stub raises NotImplementedError"
    assert not is_solution(stub)
    assert missing <= functions(solution).keys()
    assert not raises_not_implemented(functions(solution)[missing.pop()])
    assert is_solution(solution)
    assert solution.metadata["jupyter"]["source_hidden"]
    assert printed(check).startswith("Right")


def test_it_is_small_and_holds_nothing_of_a_live_kernel(lesson) -> None:
    assert lesson.path.stat().st_size <= MOST_BYTES
    assert "widgets" not in lesson.notebook.metadata
    outputs = [output for cell in lesson.code for output in cell.outputs]
    assert not any(LIVE in output.get("data", {}) for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)


def test_its_cells_were_run_in_order_and_its_identities_are_its_own(lesson) -> None:
    counts = [cell.execution_count for cell in lesson.code]
    assert counts == list(range(1, len(counts) + 1))
    assert len({cell.id for cell in lesson.cells}) == len(lesson.cells)


# The student's copy


def test_a_students_copy_lacks_the_solution_its_outputs_and_nothing_else(lesson) -> None:
    before = deepcopy(lesson.notebook)
    copy = student_copy(lesson.notebook)
    kept = [cell for cell in lesson.cells if not is_solution(cell)]
    assert [cell.id for cell in copy.cells] == [cell.id for cell in kept]
    assert [c.source for c in copy.cells[1:]] == [c.source for c in kept[1:]]
    assert "mybinder" not in copy.cells[0].source
    assert "colab" not in copy.cells[0].source
    assert not any(cell.get("outputs") for cell in copy.cells)
    assert lesson.exercise[1].source not in nbformat.writes(copy)
    assert lesson.notebook == before


@pytest.mark.slow
@pytest.mark.notebook
def test_a_students_copy_runs_up_to_its_check_which_finds_nothing_to_praise(lesson) -> None:
    copy = student_copy(lesson.notebook)
    check = next(i for i, c in enumerate(copy.cells) if c.id == lesson.exercise[2].id)
    copy.cells = copy.cells[: check + 1]
    NotebookClient(
        copy, timeout=120, allow_errors=True, resources={"metadata": {"path": lesson.path.parent}}
    ).execute()
    *before, last = [cell for cell in copy.cells if cell.cell_type == "code"]
    errors = [o for cell in before for o in cell.outputs if o.output_type == "error"]
    assert not errors, errors
    refused = [o.ename for o in last.outputs if o.output_type == "error"]
    assert refused == ["NotImplementedError"] or printed(last).startswith("Nothing to check yet")


def test_copies_are_written_beside_nothing_and_never_over_the_course(tmp_path: Path) -> None:
    path = LESSONS[0]
    copy = write(path, tmp_path / "class")
    assert copy == tmp_path / "class" / path.name
    nbformat.validate(nbformat.read(copy, as_version=4))
    with pytest.raises(ValueError, match="another folder"):
        write(path, path.parent)
    with pytest.raises(ValueError, match="tagged 'solution', got none"):
        student_copy(nbformat.read(copy, as_version=4))
