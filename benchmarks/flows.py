"""flowviz against other flow libraries: density, sampling and a training step, on a CPU.

The same architecture with the same number of parameters in every library (asserted; within 3%
for Glow, where one library stores the zeros of its triangles), one process a library, in rounds:
in every round every cell is timed in every library that has it, one at a time, in shuffled
order, so that whatever else the machine does falls on all alike. CPU seconds on one thread, wall
seconds on two. Every model is checked before it is timed: its log_prob against autograd's
Jacobian, its samples against its own encoding. Training steps use fused Adam throughout.

    pip install -r benchmarks/requirements.txt      the peers; without them flowviz alone is timed
    python benchmarks/flows.py                      everything, some minutes
    python benchmarks/flows.py --quick              batch 256, CPU seconds only
    python benchmarks/flows.py --cells "nsf 2"      the cells whose name contains that
    python benchmarks/flows.py --resume             go on where an earlier run was cut off

Writes results/flows.jsonl (one line a measurement), flows.json (the table) and flows.png.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from _flows.report import draw, summarize, table
from _flows.systems import LIBRARIES, Cell, cells

HERE = Path(__file__).parent
RESULTS = HERE / "results"
RAW = RESULTS / "flows.jsonl"
LONG = 0.15  # seconds a call, in its best round, from which it gets 3 rounds; 8 times that: 2


class Library:
    """A worker process, started when first asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "_flows.worker", name],
            cwd=HERE,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name}: the worker died of {request}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    options = arguments()
    RESULTS.mkdir(exist_ok=True)
    if not options.resume:
        RAW.unlink(missing_ok=True)
    chosen = [c for c in cells(options.quick) if options.cells in c.name]
    if not chosen:
        raise SystemExit(f"no cell's name contains {options.cells!r}")
    libraries = [Library(name) for name in installed()]
    try:
        present = check(libraries, chosen)
        measure(libraries, chosen, present, options.rounds)
    finally:
        for library in libraries:
            library.close()
    rows = summarize(RAW)
    print(table(rows))
    (RESULTS / "flows.json").write_text(json.dumps(rows, indent=1) + "\n")
    draw(rows, RESULTS / "flows.png")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="batch 256 only, CPU seconds only")
    parser.add_argument("--cells", default="", help="only cells whose name contains this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    return parser.parse_args()


def installed() -> list[str]:
    """The libraries that are there; says how to install the others."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)} (pip install -r benchmarks/requirements.txt)")
    return [name for name in LIBRARIES if name not in missing]


def check(libraries: list[Library], chosen: list[Cell]) -> set[tuple[str, str, int]]:
    """Check every model, print and compare the numbers of parameters; (library, system, dim)."""
    present = set()
    for system, dim in dict.fromkeys((c.system, c.dim) for c in chosen):
        answers = {k.name: k.ask(system=system, dim=dim) for k in libraries}
        counts = {k: a["parameters"] for k, a in answers.items() if "parameters" in a}
        present |= {(name, system, dim) for name in counts}
        line = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        print(f"{system} {dim}: parameters {line}", flush=True)
        allowed = 1.03 if system == "glow" else 1.06 if system == "planar" else 1.0
        if counts and max(counts.values()) > allowed * min(counts.values()):
            raise SystemExit(f"{system} {dim}: the architectures are not the same size: {counts}")
    return present


def measure(libraries: list[Library], chosen: list[Cell], present, rounds: int) -> None:
    """Append (library, cell, round, seconds) to the raw file, all cells in every round."""
    done = {(m["library"], m["cell"], m["round"]): m for m in read_raw()}
    best: dict[tuple[str, str], float] = {}
    for (name, cell, _), m in done.items():
        best[name, cell] = min(m["seconds"], best.get((name, cell), m["seconds"]))
    order, start = random.Random(0), time.perf_counter()
    absent = set()
    with RAW.open("a") as raw:
        for number in range(rounds):
            for cell in order.sample(chosen, len(chosen)):
                for library in order.sample(libraries, len(libraries)):
                    key = library.name, cell.name
                    seconds = best.get(key, 0.0)
                    if (
                        (library.name, cell.system, cell.dim) not in present
                        or key in absent
                        or (*key, number) in done
                        or (seconds > LONG and number >= 3)
                        or (seconds > 8 * LONG and number >= 2)
                    ):
                        continue
                    answer = library.ask(**vars(cell))
                    if "absent" in answer:
                        absent.add(key)
                        continue
                    best[key] = min(answer["seconds"], best.get(key, answer["seconds"]))
                    line = {"library": key[0], "cell": key[1], "round": number, **answer}
                    raw.write(json.dumps(line | vars(cell)) + "\n")
                    raw.flush()
            print(f"round {number + 1}: {time.perf_counter() - start:.0f} s", flush=True)


def read_raw() -> list[dict]:
    return [json.loads(line) for line in RAW.read_text().splitlines()] if RAW.exists() else []


if __name__ == "__main__":
    main()
