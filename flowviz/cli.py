"""The `flowviz` command: a demo without a notebook, and notebooks as pages."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

import flowviz as fv

from .studies.command import app as study

app = typer.Typer(
    name="flowviz",
    help="See, touch and trust normalizing flows.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(study, name="study")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a failure is one line and exit status 1 (2: the command was misspelt)."""
    try:
        app(arguments)
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        sys.exit(f"flowviz: {error}")


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"flowviz {fv.__version__}")
        raise typer.Exit()


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(help="How long to train.")] = 5.0,
    out: Annotated[Path, typer.Option(help="File to write: .html, or .gif or .png.")] = Path(
        "two_moons.html"
    ),
) -> None:
    """Train a flow on two moons and write a page on which it moves."""
    _check_place(out)
    data = fv.data.TwoMoons()
    flow = fv.zoo.nsf(dim=2)
    history = fv.fit(flow, data, seconds=seconds)
    print(f"held-out NLL         {history.nll:.3f} nats, after {history.steps} steps")
    print(f"entropy of the data  {data.entropy:.3f} nats: no model can do better")
    _say_written(fv.TransportPlayer(flow, data).save(out))


@app.command()
def export(
    notebook: Annotated[Path, typer.Argument(help="The notebook, .ipynb.")],
    out: Annotated[Path | None, typer.Option(help="File to write; by default beside it.")] = None,
    execute: Annotated[bool, typer.Option("--execute", help="Run all cells first.")] = False,
) -> None:
    """Write a notebook as one HTML file in which every widget plays, offline."""
    from flowviz.export import ExportWarning, export_notebook

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ExportWarning)
        written = export_notebook(notebook, out, execute=execute)
    for warning in caught:
        if issubclass(warning.category, ExportWarning):
            print(f"flowviz: warning: {warning.message}", file=sys.stderr)
    _say_written(written)


def _check_place(out: Path) -> None:
    """Fail before the training, not after it."""
    if out.suffix.lower() not in (".html", ".htm", ".gif", ".png"):
        raise ValueError(f"{out}: expected .html, .gif or .png, got {out.suffix or 'no ending'!r}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"cannot write {out}: expected an existing folder, {out.parent}")


def _say_written(path: Path) -> None:
    print(f"wrote {path} ({path.stat().st_size / 1000:,.0f} kB): open it in a browser")
