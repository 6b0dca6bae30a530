"""The flowviz command: what it writes, what it says, how it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import flowviz as fv
from flowviz.cli import main


def run(*arguments: str, capsys) -> tuple[int | str, str, str]:
    """Exit status (or the message that Python would print, status 1), stdout and stderr."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def test_version(capsys) -> None:
    assert run("--version", capsys=capsys) == (0, f"flowviz {fv.__version__}\n", "")


def test_help_lists_the_commands(capsys) -> None:
    code, out, _ = run("--help", capsys=capsys)
    assert code == 0 and "demo" in out and "export" in out


def test_demo_trains_and_writes_a_page(tmp_path: Path, capsys) -> None:
    target = tmp_path / "moons.html"
    code, out, _ = run("demo", "--seconds", "0.3", "--out", str(target), capsys=capsys)
    page = target.read_text()
    assert code == 0 and page.startswith("<!doctype html>") and "Content-Security-Policy" in page
    nll, entropy = (float(line.split("  ")[-1].split()[0]) for line in out.splitlines()[:2])
    assert entropy == pytest.approx(fv.data.TwoMoons().entropy, abs=1e-3)
    assert entropy - 0.1 < nll < 4
    assert str(target) in out


@pytest.mark.parametrize("arguments", [["frobnicate"], ["demo", "--seconds", "soon"], ["export"]])
def test_misspelt_commands_end_with_status_2(arguments: list[str], capsys) -> None:
    code, _, err = run(*arguments, capsys=capsys)
    assert code == 2 and "Error" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--out", "nowhere/x.html"], ["cannot write nowhere/x.html", "folder"]),
        (["demo", "--out", "x.mp4"], ["expected .html, .gif or .png", "'.mp4'"]),
        (["demo", "--seconds", "-1"], ["above 0", "-1"]),
        (["export", "missing.ipynb"], ["expected a notebook", "missing.ipynb"]),
    ],
)
def test_failures_are_one_line(arguments, words, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    message, out, _ = run(*arguments, capsys=capsys)
    assert isinstance(message, str) and message.startswith("flowviz: ")
    assert "\n" not in message and all(word in message for word in words)
    assert not list(tmp_path.iterdir()) and not out


def test_a_failure_is_status_1_without_a_traceback(tmp_path: Path) -> None:
    """In a process of its own, as a shell sees it."""
    code = "from flowviz.cli import main; main()"
    command = [sys.executable, "-c", code, "export", "missing.ipynb"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr == "flowviz: expected a notebook, found no file missing.ipynb\n"
