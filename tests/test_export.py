"""A notebook as one page: nothing is fetched, widgets play, formulas are drawn, gaps are named."""

from __future__ import annotations

import base64
import hashlib
import html
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import flowviz as fv
from flowviz.export import ExportWarning, export_notebook
from flowviz.widgets.page import unpacked

VIEW = "application/vnd.jupyter.widget-view+json"


STATE = "application/vnd.jupyter.widget-state+json"


DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def player_output():
    """A display of a TransportPlayer, as a notebook stores it."""
    player = fv.TransportPlayer(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=20)
    data, _ = player._repr_mimebundle_()
    return new_output("display_data", data=data)


def ran(source: str, *outputs):
    return new_code_cell(source, execution_count=1, outputs=list(outputs))


def printed(text: str):
    return new_output("stream", name="stdout", text=text)


def exported(tmp_path: Path, *cells, metadata=None) -> BeautifulSoup:
    path = tmp_path / "lesson.ipynb"
    notebook = new_notebook(cells=list(cells), metadata=metadata or {})
    nbformat.write(notebook, path)
    written = export_notebook(path)
    assert written == tmp_path / "lesson.html"
    return BeautifulSoup(written.read_text(), "html.parser")


def policy(page: BeautifulSoup) -> dict[str, str]:
    content = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    return dict(part.strip().split(" ", 1) for part in content.split(";"))


# What a page holds


def test_the_player_comes_along_with_its_script_admitted_by_hash(tmp_path: Path) -> None:
    page = exported(tmp_path, ran("fv.TransportPlayer(flow, data)", player_output()))
    frame = page.find("iframe")
    inner = BeautifulSoup(frame["srcdoc"], "html.parser")
    script = next(s for s in inner.find_all("script") if not s.get("type"))
    code = unpacked(script.string)
    digests = [hashlib.sha256(text).digest() for text in (script.string.encode(), code)]
    assert policy(page)["script-src"].split() == [
        f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests
    ]
    assert policy(page)["default-src"] == "'none'"
    assert inner.find(attrs={"data-flowviz": True}) is not None
    assert "image/png" not in str(page)  # the page that plays, not the stills beside it


def test_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(DOT)
    page = exported(
        tmp_path,
        new_markdown_cell(
            "![here](dot.png)\n\n[![badge](https://a.example/b.svg)](https://a.example)"
        ),
        new_markdown_cell(
            '<script src="https://a.example/x.js"></script><img src="dot.png" alt="x">'
        ),
        ran("fv.TransportPlayer(flow, data)", player_output()),
    )
    for element in page.find_all(src=True):
        assert element["src"].startswith("data:image/png;base64,")
    assert len(page.find_all("img")) == 2
    assert not page.find_all(["script", "link", "object", "embed"])
    assert page.find("a", href="https://a.example").get_text() == "badge"


def test_formulas_are_mathml(tmp_path: Path) -> None:
    page = exported(tmp_path, new_markdown_cell("where $x < 1$:\n\n$$\\log p(x) = \\frac{1}{2}$$"))
    inline, block = page.find_all("math")
    assert inline["display"] == "inline" and inline.get_text() == "x<1"
    assert block["display"] == "block" and block.find("mfrac").get_text() == "12"
    assert "$" not in page.main.get_text()


def test_code_is_highlighted_and_hidden_code_is_folded(tmp_path: Path) -> None:
    hidden = ran("secret = 1")
    hidden.metadata["jupyter"] = {"source_hidden": True}
    page = exported(tmp_path, ran("import torch", printed("fine\n")), hidden)
    assert page.find("span", class_="kn").get_text() == "import"
    assert page.find("details").find("div").get_text().strip() == "secret = 1"
    assert "fine" in page.find(class_="output_stdout").get_text()


def test_progress_bars_become_their_last_words(tmp_path: Path) -> None:
    state = {
        "box": {"model_module": "@jupyter-widgets/controls", "state": {
            "children": ["IPY_MODEL_a", "IPY_MODEL_b", "IPY_MODEL_c"]}},
        "a": {"state": {"value": "fit: 100%"}},
        "b": {"state": {"value": 100.0}},
        "c": {"state": {"value": " 00:05, <b>NLL</b> 2.40 &lt; 3"}},
    }  # fmt: skip
    bar = new_output(
        "display_data", data={VIEW: {"model_id": "box"}, "text/plain": "fit:   0%|          |"}
    )
    page = exported(
        tmp_path,
        ran("fit()", bar),
        ran("again()", printed("fit:  0%\rfit: 50%\rfit: 100%\ndone\n")),
        metadata={"widgets": {STATE: {"state": state}}},
    )
    text = page.main.get_text()
    assert "fit: 100% 00:05, NLL 2.40 < 3" in text and "0%|" not in text
    assert "fit: 50%" not in text and "fit: 100%\ndone" in text
    assert page.find("script") is None


def test_title_is_the_first_heading(tmp_path: Path) -> None:
    page = exported(tmp_path, new_markdown_cell("# Moons & *more*"))
    assert page.title.get_text() == "Moons & more"
    assert "{{" not in page.get_text()


def test_tex_and_pictures_in_outputs(tmp_path: Path) -> None:
    tex = new_output("execute_result", data={"text/latex": "$\\sqrt{2}$", "text/plain": "√2"})
    still = new_output("display_data", data={"image/png": base64.b64encode(DOT).decode()})
    page = exported(tmp_path, ran("root", tex), ran("plot", still))
    assert page.find("msqrt") is not None
    assert page.find("img")["src"].startswith("data:image/png;base64,")


def test_the_notebook_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(new_notebook(cells=[ran("1", player_output())]), path)
    before = path.read_bytes()
    target = export_notebook(path, tmp_path / "b.html")
    assert path.read_bytes() == before and target == tmp_path / "b.html"
    first = target.read_bytes()
    assert export_notebook(path, target).read_bytes() == first


def test_execute_runs_the_cells_first(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    path = tmp_path / "a.ipynb"
    cells = [new_code_cell("import os\nprint(6 * 7, sorted(os.listdir()))")]
    nbformat.write(new_notebook(cells=cells, metadata=_python()), path)
    page = export_notebook(path, execute=True).read_text()
    assert "42 ['a.ipynb']" in html.unescape(page)
    failing = [new_code_cell("1"), new_code_cell("1 / 0  # here")]
    nbformat.write(new_notebook(cells=failing, metadata=_python()), path)
    with pytest.raises(RuntimeError, match=r"^cell 2 \(1 / 0  # here\) raised ZeroDivisionError"):
        export_notebook(path, tmp_path / "c.html", execute=True)
    assert not (tmp_path / "c.html").exists()


def _python() -> dict:
    return {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


# Gaps and bad input


def test_a_notebook_that_never_ran_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"none of its 2 code cells was run, from cell 2 \(a = 1\)"
    ):
        exported(tmp_path, new_markdown_cell("# T"), new_code_cell("a = 1"), new_code_cell("b"))
    assert not (tmp_path / "lesson.html").exists()


def test_a_cell_that_did_not_run_is_named(tmp_path: Path) -> None:
    with pytest.warns(ExportWarning, match=r"cell 2 \(b = 2\) was not executed"):
        exported(tmp_path, ran("a = 1"), new_code_cell("b = 2"), new_code_cell(""))


def test_a_widget_without_a_page_is_named(tmp_path: Path) -> None:
    widget = new_output("display_data", data={VIEW: {"model_id": "x"}, "text/plain": "Slider(3)"})
    with pytest.warns(ExportWarning, match=r"cell 1 \(slider\): a widget without a stored page"):
        page = exported(tmp_path, ran("slider", widget))
    assert "Slider(3)" in page.main.get_text()


def test_scripts_and_remote_pictures_are_named(tmp_path: Path) -> None:
    script = new_output("display_data", data={"application/javascript": "alert(1)"})
    with pytest.warns(ExportWarning, match=r"cell 1 \(run\): a script"):
        exported(tmp_path, ran("run", script))
    with pytest.warns(
        ExportWarning, match="https://a.example/b.png is not in the notebook's folder"
    ):
        page = exported(tmp_path, new_markdown_cell("![a moon](https://a.example/b.png)"))
    assert "a moon" in page.main.get_text() and page.find("img") is None


def test_an_output_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    odd = new_output("display_data", data={"application/x-odd": "?"})
    with pytest.warns(ExportWarning, match=r"cell 1 \(odd\): an output of kind application/x-odd"):
        exported(tmp_path, ran("odd", odd))


def test_a_script_in_someone_elses_frame_is_not_admitted(tmp_path: Path) -> None:
    frame = '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"></iframe>'
    page = exported(tmp_path, ran("x", new_output("display_data", data={"text/html": frame})))
    assert policy(page)["script-src"] == "'none'"


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="found no file"):
        export_notebook(tmp_path / "nothing.ipynb")
    (tmp_path / "text.ipynb").write_text("hello")
    with pytest.raises(ValueError, match="expected a Jupyter notebook"):
        export_notebook(tmp_path / "text.ipynb")
    nbformat.write(new_notebook(cells=[ran("1")]), tmp_path / "a.ipynb")
    with pytest.raises(FileNotFoundError, match="expected an existing folder"):
        export_notebook(tmp_path / "a.ipynb", tmp_path / "no" / "a.html")


def test_missing_tools_are_named(tmp_path: Path, monkeypatch) -> None:
    for module in ("render", "run", "formula"):
        monkeypatch.delitem(sys.modules, f"flowviz.export.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "nbconvert", None)
    with pytest.raises(ImportError, match=r'needs nbconvert, .*pip install "flowviz\[export\]"'):
        export_notebook(tmp_path / "a.ipynb")
