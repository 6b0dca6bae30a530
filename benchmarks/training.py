"""How close each default architecture comes to the data, in how many CPU seconds, on one thread.

For every planar density: fit for a number of steps that takes 3 CPU seconds on this machine (15 as
well for the checkerboard), from scratch; then the gap KL(data || flow) in nats on 20,000 fresh
points. The data's own log_prob is exact, so nothing but those points is random. CPU seconds, not
wall clock, so that other work on the machine does not count. `--quick` runs nsf only.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

import flowviz as fv

RESULTS = Path(__file__).parent / "results"
DENSITIES = {
    "two moons": fv.data.TwoMoons,
    "eight Gaussians": fv.data.EightGaussians,
    "pinwheel": fv.data.Pinwheel,
    "checkerboard": fv.data.Checkerboard,
    "circles": fv.data.Circles,
    "rings": fv.data.Rings,
    "two spirals": fv.data.TwoSpirals,
    "corners": fv.data.Corners,
    "heart": fv.data.Heart,
    "letter": lambda: fv.data.Letter("f"),
    "Gaussian mixture": lambda: fv.data.GaussianMixture([[-2.0, 0.0], [2.0, 0.0], [0.0, 3.0]]),
}
FLOWS = {"nsf": fv.zoo.nsf, "realnvp": fv.zoo.realnvp, "nice": fv.zoo.nice}
GOALS = {"two moons": 3, "eight Gaussians": 3, "pinwheel": 3, "checkerboard": 15}  # nsf, 0.05 nats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    flows = {"nsf": FLOWS["nsf"]} if quick else FLOWS
    rows = []
    for name, density in DENSITIES.items():
        data = density()
        test = data.sample(20_000, seed=2**20)
        truth = data.log_prob(test)
        for architecture, make in flows.items():
            for budget in sorted({3, GOALS.get(name, 3)}):
                rows.append(measure(name, architecture, make, data, test, truth, budget))
                print(line(rows[-1]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "training.json").write_text(json.dumps(rows, indent=1) + "\n")


def measure(name, architecture, make, data, test, truth, budget) -> dict:
    """One run of `budget` CPU seconds: its gap, its steps, its curve of (CPU seconds, NLL)."""
    steps = steps_for(budget, make, data)
    flow, start = make(), time.process_time()
    history = fv.fit(flow, data, steps=steps, progress=False)
    spent = time.process_time() - start
    with torch.no_grad():
        gap = float((truth - flow.log_prob(test)).mean())
    share = spent / max(history.seconds, 1e-9)
    curve = [(round(s * share, 2), round(nll, 4)) for _, s, nll in history.evaluations]
    return {
        "data": name,
        "flow": architecture,
        "cpu_seconds": round(spent, 2),
        "steps": history.steps,
        "entropy": round(data.entropy, 4),
        "gap": round(gap, 4),
        "goal": GOALS.get(name) == budget and architecture == "nsf",
        "curve": curve,
    }


def steps_for(budget: float, make, data) -> int:
    """How many steps of fit take `budget` CPU seconds: a fixed part and a cost a step."""
    cpu_seconds(make, data, 5)  # warms up
    few, many = cpu_seconds(make, data, 50), cpu_seconds(make, data, 250)
    cost = (many - few) / 200
    return max(1, int((budget - few) / cost) + 50)


def cpu_seconds(make, data, steps: int) -> float:
    start = time.process_time()
    fv.fit(make(), data, steps=steps, progress=False)
    return time.process_time() - start


def line(row: dict) -> str:
    mark = "" if not row["goal"] else "  goal 0.05: " + ("met" if row["gap"] <= 0.05 else "MISSED")
    return (
        f"{row['data']:17} {row['flow']:8} {row['cpu_seconds']:6.2f} CPU s {row['steps']:6} steps  "
        f"gap {row['gap']:.3f} nats{mark}"
    )


if __name__ == "__main__":
    main()
