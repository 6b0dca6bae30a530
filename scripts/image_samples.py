"""Cut the samples that ship in flowviz/studies/samples from the whole data sets.

python scripts/image_samples.py: from FLOWVIZ_DATA, or downloaded. KMNIST: test images only.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from flowviz.files import atomic_write
from flowviz.studies.data import load

FOLDER = Path(__file__).parents[1] / "flowviz" / "studies" / "samples"
COUNTS = {"mnist": (512, 256), "fashion_mnist": (256, 128), "kmnist": (0, 256)}


def main() -> None:
    for name, counts in COUNTS.items():
        arrays = {}
        for split, count in zip(("train", "test"), counts, strict=True):
            # the split that is not shipped need not be at hand
            whole = load(name, split if count else "test")[:count]
            arrays[f"{split}_images"] = whole.images[:, 0].numpy()
            arrays[f"{split}_labels"] = whole.labels.byte().numpy()
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        path = atomic_write(FOLDER / f"{name}.npz", buffer.getvalue())
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
