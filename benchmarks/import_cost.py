"""What `import flowviz` costs over `import torch`: seconds, and megabytes of resident memory.

Each run is a fresh interpreter that imports torch, reads its clock and its memory, imports
flowviz and reads both again: every run is its own baseline, so torch's spread (hundreds of
milliseconds from run to run) cancels.

    python benchmarks/import_cost.py [--runs 15] [--json import_cost.json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

LIMIT = {"seconds": 0.15, "megabytes": 20.0}

# An installed package is byte-compiled, whatever this shell asks for.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

PROBE = """
import json, time
import psutil, torch
memory = psutil.Process().memory_info
before, start = memory().rss, time.perf_counter()
import flowviz
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "megabytes": (memory().rss - before) / 2**20}))
"""


def probe() -> dict[str, float]:
    """What flowviz adds to torch in one fresh interpreter."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE], env=ENVIRONMENT, check=True, capture_output=True, text=True
    )
    return json.loads(run.stdout)


def measure(runs: int) -> dict[str, dict[str, float]]:
    """{quantity: {median, min, max, limit}} over so many runs."""
    probe()  # byte-compiles flowviz and fills the file cache
    taken = [probe() for _ in range(runs)]
    return {
        quantity: summary([run[quantity] for run in taken], LIMIT[quantity]) for quantity in LIMIT
    }


def summary(values: list[float], limit: float) -> dict[str, float]:
    median = statistics.median(values)
    return {"median": median, "min": min(values), "max": max(values), "limit": limit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    result = measure(options.runs)
    for quantity, figures in result.items():
        row = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"import flowviz over torch, {quantity:9}  {row}")
    text = json.dumps(result)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
