"""How fast the player is: to its first picture, while it is scrubbed, on disk.

In JupyterLab and Chromium (software rendering): milliseconds from the end of the cell that makes
the player of a shipped checkpoint to its first picture; pictures a second while the strip is
dragged, with an idle kernel and with one that trains. Then the size of an exported page.

    python benchmarks/player.py [--repeats 5] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import flowviz as fv

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from browser.lab import jupyterlab  # noqa: E402
from browser.notebook import Notebook, write_notebook  # noqa: E402
from browser.player import Player  # noqa: E402
from browser.watch import Watched, chromium  # noqa: E402

RESULTS = HERE / "results"
ROOMS = [(20_000, 64), (20_000, 96), (100_000, 64)]  # particles, cells a side
GOALS = {"first picture": 300, "scrub": 50, "export": 1_000_000}
SCRUB_SECONDS = 3

SETUP = """import pathlib, time, flowviz as fv
flow, data = fv.zoo.trained("two_moons"), fv.data.TwoMoons()"""
FIRST = "fv.TransportPlayer(flow, data)"
TRAIN = """while not pathlib.Path({path!r}).exists():
    fv.fit(fv.zoo.nsf(dim=2), data, steps=20, progress=False)"""

# The cell ends when the kernel says so, by its own clock; the picture is there when the widget
# says that it is. Both clocks are this machine's.
RUN_AND_WAIT = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("no picture")), 60000);
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let started = Date.now(), ended = null, drawn = null;
  const done = () => {
    if (ended !== null && drawn !== null) resolve([drawn - ended, drawn - started]);
  };
  kernel.anyMessage.connect((_, {msg}) => {
    if (msg.header.msg_type === "execute_reply") { ended = Date.parse(msg.header.date); done(); }
  });
  const look = () => {
    if (!document.querySelector(".flowviz-player[data-ready]")) return requestAnimationFrame(look);
    drawn = Date.now();
    done();
  };
  requestAnimationFrame(look);
  jupyterapp.commands.execute("notebook:run-cell");
})"""

# One move of the pointer a frame, as fast as the browser paints; pictures are those drawn.
SCRUB = """(root, seconds) => new Promise(resolve => {
  const strip = root.querySelector("[role=slider]"), box = strip.getBoundingClientRect();
  const send = (kind, share) => strip.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, pointerId: 1, button: 0, isPrimary: true,
    clientX: box.left + 2 + share * (box.width - 4), clientY: box.top + 10,
  }));
  strip.setPointerCapture = () => undefined;
  const start = performance.now(), before = Number(root.dataset.framesDrawn);
  send("pointerdown", 0);
  const move = now => {
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed < seconds) {
      send("pointermove", Math.abs((elapsed / 2) % 2 - 1));
      return requestAnimationFrame(move);
    }
    send("pointerup", 0);
    resolve((Number(root.dataset.framesDrawn) - before) / elapsed);
  };
  requestAnimationFrame(move);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one room, two repeats")
    options = parser.parse_args()
    repeats, rooms = (2, ROOMS[:1]) if options.quick else (options.repeats, ROOMS)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        root, home = Path(folder, "notebooks"), Path(folder, "jupyter")
        root.mkdir(), home.mkdir()
        with jupyterlab(root, home) as url:
            context = browser.new_context(viewport={"width": 1400, "height": 1000})
            open_ = opener(context, url, root)
            rows = first_picture(open_, repeats)
            for particles, cells in rooms:
                rows += scrubbing(open_, particles, cells, repeats, Path(folder, "done"))
        rows.append(export(browser, Path(folder)))
    RESULTS.mkdir(exist_ok=True)
    record = {"load": os.getloadavg(), "cores": os.cpu_count(), "rows": rows}
    (RESULTS / "player.json").write_text(json.dumps(record, indent=1) + "\n")


def opener(context, url: str, root: Path) -> Callable[..., Notebook]:
    """open_(name, *cells): a new notebook of these cells, open and with its kernel idle."""

    def open_(name: str, *cells: str) -> Notebook:
        write_notebook(root / name, *cells)
        return Notebook(context.new_page(), url, name)

    return open_


def first_picture(open_: Callable[..., Notebook], repeats: int) -> list[dict]:
    """To the first picture from the end of its cell, and from its start; a fresh notebook each."""
    taken = []
    for number in range(repeats):
        notebook = open_(f"first{number}.ipynb", SETUP, FIRST)
        notebook.command("notebook:run-cell-and-select-next")
        notebook.idle()
        taken.append(notebook.page.evaluate(RUN_AND_WAIT))
        close(notebook)
    after, whole = zip(*taken, strict=True)
    return [
        report("first picture after the end of its cell", "ms", after, GOALS["first picture"]),
        report("first picture after the start of its cell", "ms", whole, None),
    ]


def scrubbing(
    open_: Callable[..., Notebook], particles: int, cells: int, repeats: int, done: Path
) -> list[dict]:
    """Pictures a second of one player, its kernel idle and then training."""
    make = f"fv.TransportPlayer(flow, data, particles={particles}, cells={cells})"
    notebook = open_(f"scrub-{particles}-{cells}.ipynb", f"{SETUP}\n{make}")
    notebook.run_all()
    player = Player(notebook.page).ready()
    what = f"scrubbing {particles:,} particles, {cells}x{cells} cells"
    idle = [player.root.evaluate(SCRUB, SCRUB_SECONDS) for _ in range(repeats)]
    notebook.start(TRAIN.format(path=str(done)))
    busy = [player.root.evaluate(SCRUB, SCRUB_SECONDS) for _ in range(repeats)]
    still_busy = notebook.busy()
    done.touch()
    notebook.idle()
    done.unlink()
    close(notebook)
    if not still_busy:
        raise RuntimeError("expected the kernel to train all the while, but it had stopped")
    goal = GOALS["scrub"] if (particles, cells) == ROOMS[0] else None
    return [
        report(f"{what}, kernel idle", "pictures/s", idle, goal, least=True),
        report(f"{what}, kernel training", "pictures/s", busy, goal, least=True),
    ]


def export(browser, folder: Path) -> dict:
    """Bytes of a page with 5,000 particles through 8 layers, and what it asks the network for."""
    data = fv.data.TwoMoons()
    flow = fv.zoo.realnvp(couplings=7)
    fv.fit(flow, data, steps=300, progress=False)
    if len(flow.layers) != 8:
        raise RuntimeError(f"expected a flow of 8 layers, got {len(flow.layers)}")
    path = fv.TransportPlayer(flow, data).save(folder / "eight.html")
    watched = Watched(browser.new_context(offline=True).new_page())
    watched.page.goto(path.as_uri())
    Player(watched.page).ready()
    requests = [address for address in watched.requests if address != path.as_uri()]
    size = path.stat().st_size
    row = report("export of 5,000 particles, 8 layers", "bytes", [size], GOALS["export"])
    print(f"{'requests of that page':58} {len(requests)}")
    return row | {"requests": len(requests), "errors": watched.errors}


def close(notebook: Notebook) -> None:
    """Ends the kernel too: it would take a core from the next measurement."""
    notebook.end()
    notebook.page.close()


def report(
    what: str, unit: str, values: Sequence[float], goal: float | None, least: bool = False
) -> dict:
    median = statistics.median(values)
    figures = {"median": median, "min": min(values), "max": max(values)}
    met = None if goal is None else (median >= goal if least else median <= goal)
    numbers = "  ".join(f"{name} {value:,.1f}" for name, value in figures.items())
    mark = {None: "", True: f"  goal {goal}: met", False: f"  goal {goal}: MISSED"}[met]
    print(f"{what:58} {numbers} {unit}{mark}", flush=True)
    rounded = {name: round(value, 1) for name, value in figures.items()}
    return {"what": what, "unit": unit, **rounded, "goal": goal, "met": met, "runs": len(values)}


if __name__ == "__main__":
    main()
