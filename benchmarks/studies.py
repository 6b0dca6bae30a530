"""What a training step of the image models costs, on one thread, in CPU seconds.

A step is log_prob of a batch of 128 random images, its gradient, and one step of fused Adam. The
flowified 784-512-...-8 network is timed once more with rotations as the authors' released code has
them (a matrix exponential of a full matrix, N(0, 1) at the start), in the same run, the two in
turn: the goal is a ratio of 15 or more. `--quick` leaves all other models out.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from flowviz.studies.models import SMALL, build

RESULTS = Path(__file__).parent / "results"
SHAPE, BATCH, GOAL = (1, 28, 28), 128, 15
PAPER = {"rotation": "matrix_exponential", "init": "paper"}
FORMS = ("cayley", "householder", "exponential")
OTHERS = (
    "flowified-conv1", "flowified-conv2", "flowified-conv1-nsf", "flowified-conv2-nsf",
    "nice", "realnvp", "glow", "rq-nsf", "maf", "funnel-mlp", "funnel-conv",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        "machine": f"{platform.machine()}, one thread, torch {torch.__version__}, CPU seconds",
        "batch": BATCH,
        "flowified-mlp": compare(options.rounds),
    }
    if not options.quick:
        result["models"] = [alone(name, options.rounds) for name in OTHERS]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "studies.json").write_text(json.dumps(result, indent=1) + "\n")


def compare(rounds: int) -> dict:
    """The same network with every form of rotation, a step of each in turn."""
    steps = {form: stepper("flowified-mlp", rotation=form) for form in FORMS}
    steps["matrix_exponential"] = stepper("flowified-mlp", **PAPER)
    times = {form: [] for form in steps}
    for _ in range(rounds):
        for form, step in steps.items():
            times[form].append(cpu_seconds(step))
    table = {form: summary(seconds) for form, seconds in times.items()}
    slow = times["matrix_exponential"]
    ratios = [a / b for a, b in zip(slow, times["cayley"], strict=True)]
    table["ratio"] = {**summary(ratios), "goal": GOAL}
    for form, row in table.items():
        print(f"flowified-mlp, {form:20}" + line(row), flush=True)
    return table


def alone(name: str, rounds: int) -> dict:
    """One model, at the size that a CPU trains if there is one."""
    step = stepper(name, **SMALL.get(name, {}))
    row = {"model": name, "options": SMALL.get(name, {}), "parameters": step.parameters}
    row |= summary([cpu_seconds(step) for _ in range(rounds)])
    print(f"{name:35}" + line(row), flush=True)
    return row


class Step:
    """One training step, to be called again and again."""

    def __init__(self, flow, images: torch.Tensor) -> None:
        self.flow, self.images = flow, images
        self.optimizer = torch.optim.Adam(flow.parameters(), 1e-5, fused=True)
        self.parameters = sum(p.numel() for p in flow.parameters())

    def __call__(self) -> None:
        self.optimizer.zero_grad()
        (-self.flow.log_prob(self.images).mean()).backward()
        self.optimizer.step()


def stepper(name: str, **options) -> Step:
    """A step of the model, warmed up."""
    images = torch.randint(256, (BATCH, *SHAPE), generator=torch.Generator().manual_seed(0)).float()
    flow = build(name, SHAPE, **options)
    flow.initialize(images)
    step = Step(flow, images)
    step()
    return step


def cpu_seconds(step: Callable[[], None]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


def summary(values: list[float]) -> dict[str, float]:
    numbers = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {key: round(value, 4) for key, value in numbers.items()}


def line(row: dict) -> str:
    return f"  median {row['median']:8.3f}   min {row['min']:8.3f}   max {row['max']:8.3f}"


if __name__ == "__main__":
    main()
