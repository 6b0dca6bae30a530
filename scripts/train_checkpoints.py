"""Train the flows that ship with the package: `python scripts/train_checkpoints.py [names]`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import flowviz as fv
from flowviz.trained import NAMES, pack

FOLDER = Path(fv.__file__).parent / "checkpoints"
STEPS = 6000


def main(names: list[str]) -> None:
    for name in names or NAMES:
        data, flow = getattr(fv.data, NAMES[name].density)(), NAMES[name].untrained()
        history = fv.fit(flow, data, steps=STEPS, progress=False)
        np.savez_compressed(FOLDER / f"{name}.npz", **pack(flow))
        print(name, history, f"entropy {data.entropy:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
