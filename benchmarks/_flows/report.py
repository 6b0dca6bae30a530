"""From single measurements to the table and the picture."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from .systems import LIBRARIES

KEYS = ("system", "dim", "operation", "batch", "clock")
COLOURS = dict(
    zip(
        LIBRARIES,
        ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"),
        strict=True,
    )
)


def summarize(raw: Path) -> list[dict]:
    """One row a cell: {library: {median, min, max, rounds}} in seconds, and the ratio.

    ratio: seconds of the best peer over those of flowviz, the median over the rounds that both
    ran (above 1: flowviz is ahead).
    """
    found: dict[tuple, dict[str, dict[int, float]]] = {}
    for m in map(json.loads, raw.read_text().splitlines()):
        cell = found.setdefault(tuple(m[k] for k in KEYS), {})
        cell.setdefault(m["library"], {})[m["round"]] = m["seconds"]
    return [_row(key, cell) for key, cell in sorted(found.items(), key=lambda item: str(item[0]))]


def _row(key: tuple, cell: dict[str, dict[int, float]]) -> dict:
    figures = {
        name: {
            "median": statistics.median(rounds.values()),
            "min": min(rounds.values()),
            "max": max(rounds.values()),
            "rounds": len(rounds),
        }
        for name, rounds in cell.items()
    }
    row = {**dict(zip(KEYS, key, strict=True)), "seconds": figures, "best_peer": None}
    peers = [name for name in figures if name != "flowviz"]
    if peers and "flowviz" in figures:
        best = min(peers, key=lambda name: figures[name]["median"])
        both = cell[best].keys() & cell["flowviz"].keys()
        ratio = statistics.median(cell[best][r] / cell["flowviz"][r] for r in both)
        row |= {"best_peer": best, "ratio": ratio}
    return row


def table(rows: list[dict]) -> str:
    """Milliseconds, median [min-max] for every library, and best peer / flowviz."""
    lines = []
    for clock, title in (("cpu", "CPU ms, one thread"), ("wall", "wall ms, two threads")):
        chosen = [r for r in rows if r["clock"] == clock]
        names = [k for k in LIBRARIES if any(k in r["seconds"] for r in chosen)]
        body = [("cell", *names, "best peer / flowviz")] if chosen else []
        for r in chosen:
            cell = f"{r['system']} {r['dim']} {r['operation']} {r['batch']}"
            figures = [_figures(r["seconds"].get(name)) for name in names]
            body.append((cell, *figures, f"{r['ratio']:.2f}" if r["best_peer"] else "-"))
        widths = [max(map(len, column)) for column in zip(*body, strict=True)]
        lines += [f"\n{title}: median [min-max]"] if body else []
        lines += ["  ".join(c.ljust(w) for c, w in zip(b, widths, strict=True)) for b in body]
    return "\n".join(lines)


def _figures(seconds: dict | None) -> str:
    if seconds is None:
        return "-"
    median, low, high = (f"{1e3 * seconds[k]:.3g}" for k in ("median", "min", "max"))
    return f"{median} [{low}-{high}]"


def draw(rows: list[dict], path: Path) -> None:
    """Every cell a line, every library a point on it: seconds, logarithmic, with min and max."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    clocks = [c for c in ("cpu", "wall") if any(r["clock"] == c for r in rows)]
    height = 1.5 + 0.17 * max(sum(r["clock"] == c for r in rows) for c in clocks)
    figure, axes = plt.subplots(1, len(clocks), figsize=(7 * len(clocks), height), squeeze=False)
    for axis, clock in zip(axes[0], clocks, strict=True):
        chosen = [r for r in rows if r["clock"] == clock][::-1]
        for name in LIBRARIES:
            points = [(s, i) for i, r in enumerate(chosen) if (s := r["seconds"].get(name))]
            if points:
                _points(axis, points, name)
        labels = [f"{r['system']} {r['dim']} {r['operation']} {r['batch']:,}" for r in chosen]
        axis.set_yticks(range(len(chosen)), labels, fontsize=7)
        axis.set(xscale="log", ylim=(-1, len(chosen)))
        axis.set_xlabel("CPU ms, one thread" if clock == "cpu" else "wall ms, two threads")
        axis.grid(alpha=0.3)
    axes[0][0].legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _points(axis, points: list[tuple[dict, int]], name: str) -> None:
    median = [1e3 * s["median"] for s, _ in points]
    spread = [
        [1e3 * (s["median"] - s["min"]) for s, _ in points],
        [1e3 * (s["max"] - s["median"]) for s, _ in points],
    ]
    axis.errorbar(
        median,
        [i for _, i in points],
        xerr=spread,
        fmt="D" if name == "flowviz" else "o",
        markersize=5 if name == "flowviz" else 4,
        color=COLOURS[name],
        linewidth=1,
        label=name,
        zorder=3 if name == "flowviz" else 2,
    )
