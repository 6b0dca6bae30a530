"""A training step of a flowified 784 -> 512 layer, by the form of its two rotations.

CPU seconds on one thread for log-likelihood, gradient and fused Adam on a batch of 256; the forms
take turns, so that whatever else the machine does falls on all alike. The paper's form, the
matrix exponential, is the measure; fast forms are to be at least 10 times faster.

    python benchmarks/flowified.py [--rounds 5] [--json flowified.json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

import flowviz as fv
from flowviz.layers import FlowifiedLinear

SLOW = "exponential"
FORMS = ("householder", "cayley", SLOW)
SIZES, BATCH, GOAL = (784, 512), 256, 10.0


def step_of(form: str) -> Callable[[], None]:
    """A function without arguments that takes one training step."""
    torch.manual_seed(0)
    flow = fv.Flow([FlowifiedLinear(*SIZES, decoder="standard_normal", form=form)])
    optimizer = torch.optim.Adam(flow.parameters(), lr=1e-4, fused=True)
    x = torch.randn(BATCH, SIZES[0])

    def step() -> None:
        optimizer.zero_grad()
        (-flow.log_prob(x).mean()).backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], None]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """{form: {median, min, max, times faster than the exponential}}, seconds a step."""
    steps = {form: step_of(form) for form in FORMS}
    for step in steps.values():
        step()
    taken = [{form: seconds(step) for form, step in steps.items()} for _ in range(rounds)]
    rows = {}
    for form in FORMS:
        own = [row[form] for row in taken]
        ratio = statistics.median(row[SLOW] / row[form] for row in taken)
        rows[form] = {
            "median": statistics.median(own),
            "min": min(own),
            "max": max(own),
            "faster": ratio,
        }
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--json", type=Path, default=Path(__file__).parent / "results/flowified.json"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = measure(options.rounds)
    print(f"a step of {SIZES[0]} -> {SIZES[1]} on {BATCH} points, CPU ms: median [min-max]")
    for form, row in rows.items():
        low, high = 1e3 * row["min"], 1e3 * row["max"]
        line = f"{form:12} {1e3 * row['median']:8.1f} [{low:.1f}-{high:.1f}]  {row['faster']:.1f}x"
        print(line if form == SLOW else f"{line} (goal {GOAL:.0f}x)")
    options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
