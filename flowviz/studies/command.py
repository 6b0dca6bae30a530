"""`flowviz study`: list, run, eval, report."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from .catalogue import STUDIES, find
from .study import Study, differences

if TYPE_CHECKING:
    from .folder import Folder

app = typer.Typer(help="Train the papers' models on images, and report.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A study: `flowviz study list` names them.")]
Runs = Annotated[Path, typer.Option("--runs", help="Where the runs' folders lie.")]
RUNS = Path("studies") / "runs"


@app.command("list")
def list_studies() -> None:
    """Name the studies: model, data, epochs, batch."""
    width = max(map(len, STUDIES))
    for study in STUDIES.values():
        recipe = study.recipe
        print(f"{study.name:{width}}  {recipe.epochs:4} epochs of {recipe.batch}  {study.note}")


@app.command()
def run(
    name: Name,
    minutes: Annotated[float | None, typer.Option(help="Stop after so many minutes.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier run.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change the study: recipe.batch=256.")
    ] = None,
    save_as: Annotated[str | None, typer.Option("--as", help="A name of its own.")] = None,
    runs: Runs = RUNS,
    threads: Annotated[int | None, typer.Option(help="Torch threads.")] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda, mps.")] = "auto",
    devices: Annotated[int, typer.Option(help="Devices on each machine.")] = 1,
    nodes: Annotated[int, typer.Option(help="Machines.")] = 1,
    precision: Annotated[
        str, typer.Option(help="32-true; faster: bf16-mixed, 16-mixed.")
    ] = "32-true",
    compile: Annotated[str | None, typer.Option(help="A mode of torch.compile.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Train a study, from the start or from where it stopped."""
    import torch

    from .processes import decided, start
    from .run import run as run_study

    own = save_as or name
    folder = _folder(runs, own)
    if threads is not None:
        torch.set_num_threads(threads)
    fabric = start(accelerator, devices, nodes, precision)
    study = decided(fabric, lambda: _study_for(name, own, folder, settings or [], resume, fresh))
    why = run_study(study, folder, fabric, minutes=minutes, fresh=fresh, compile=compile,
                    progress=not quiet)  # fmt: skip
    if fabric.is_global_zero:
        print(_ended(why, own, runs))


@app.command("eval")
def evaluate(
    name: Name,
    draws: Annotated[int, typer.Option(help="Noise draws an image.")] = 5,
    importance: Annotated[int, typer.Option(help="K of IWBO-K as well; 0: not.")] = 0,
    images: Annotated[int | None, typer.Option(help="The first so many test images only.")] = None,
    batch: Annotated[int, typer.Option(help="Images in one pass.")] = 250,
    runs: Runs = RUNS,
    threads: Annotated[int | None, typer.Option(help="Torch threads.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda; auto: cuda where there is one.")] = "auto",
) -> None:
    """Bits/dim of a run's weights on the test images."""
    import torch

    from .result import evaluate as evaluate_run
    from .result import is_current

    if threads is not None:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    result = evaluate_run(_folder(runs, name), device=device, draws=draws,
                          importance=importance, images=images, batch=batch)  # fmt: skip
    for kind in ("elbo", "iwbo"):
        if row := result.get(kind):
            print(f"{name}: {row['bits_per_dim']:.4f} bits/dim ({row['kind']}, draws: "
                  f"{row['draws']}, images: {row['images']:,})")  # fmt: skip
    if (shipped := result.get("shipped")) and not is_current(shipped, result):
        print(f"{name}: these are weights of step {result['steps']:,}, the shipped file is of step "
              f"{shipped['step']:,}: `flowviz study ship {name}`")  # fmt: skip


@app.command()
def ship(
    name: Name,
    draws: Annotated[int, typer.Option(help="Noise draws an image.")] = 5,
    images: Annotated[int | None, typer.Option(help="The first so many test images only.")] = None,
    into: Annotated[Path, typer.Option(help="The package's folder of checkpoints.")] = Path(
        "flowviz/studies/checkpoints"
    ),
    runs: Runs = RUNS,
) -> None:
    """Write a run's weights in half precision for the package, and evaluate those."""
    from .ship import ship as ship_run

    done = ship_run(name, _folder(runs, name), into, draws=draws, images=images)
    figure = done["shipped"]
    print(f"{name}: {figure['bits_per_dim']:.4f} bits/dim in half precision; "
          f"wrote {done['file']} ({done['bytes'] / 1000:,.0f} kB)")  # fmt: skip


@app.command()
def report(
    runs: Runs = RUNS,
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("studies/RESULTS.md"),
) -> None:
    """Write the table of results and its picture, from the runs' folders only."""
    from .report import write_report

    print(f"wrote {write_report(runs, out)}")


def _folder(runs: Path, name: str) -> Folder:
    """The folder of a run. Raises ValueError for a name that would lie elsewhere."""
    from .folder import Folder

    place = PurePosixPath(name)
    if not place.parts or place.is_absolute() or ".." in place.parts:
        raise ValueError(f"expected a run's name such as mnist/mine, got {name!r}")
    return Folder(runs / place)


def _study_for(
    name: str, own: str, folder: Folder, settings: list[str], resume: bool, fresh: bool
) -> Study:
    """The study to run: the folder's where the run `own` goes on. Nothing is written."""
    if resume and fresh:
        raise ValueError("expected --resume or --fresh, got both")
    if not folder.started or fresh:
        return find(name).override(settings)
    folder.check_not_lost()
    if not resume:
        raise ValueError(
            f"{folder.path} holds a run: --resume goes on with it, --fresh starts again, "
            "--as NAME starts another"
        )
    study = folder.study()
    if name not in (own, study.name):
        raise ValueError(f"{folder.path} holds a run of {study.name}, got {name}")
    if changed := differences(study.override(settings), study):
        raise ValueError(
            f"a run keeps its recipe, got {'; '.join(changed)}: start another with --as NAME"
        )
    return study


def _ended(why: str, name: str, runs: Path) -> str:
    place = "" if runs == RUNS else f" --runs {runs}"
    go_on = f"go on with `flowviz study run {name} --resume{place}`"
    return {
        "recipe": f"{name}: all steps are taken",
        "flat": f"{name}: the validation curve is flat",
        "budget": f"{name}: the time is over; {go_on}",
        "stopped": f"{name}: stopped; {go_on}",
    }[why]
