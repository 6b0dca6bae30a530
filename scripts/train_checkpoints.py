"""Train the flows that ship with the package: `python scripts/train_checkpoints.py [names]`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import flowviz as fv
from flowviz.trained import NAMES, pack

FOLDER = Path(fv.__file__).parent / "checkpoints"
DENSITIES = {
    "two_moons": fv.data.TwoMoons,
    "eight_gaussians": fv.data.EightGaussians,
    "pinwheel": fv.data.Pinwheel,
    "checkerboard": fv.data.Checkerboard,
}
STEPS = 6000


def main(names: list[str]) -> None:
    for name in names or NAMES:
        data, flow = DENSITIES[name](), getattr(fv.zoo, NAMES[name])()
        history = fv.fit(flow, data, steps=STEPS, progress=False)
        np.savez_compressed(FOLDER / f"{name}.npz", **pack(flow))
        print(name, history)


if __name__ == "__main__":
    main(sys.argv[1:])
