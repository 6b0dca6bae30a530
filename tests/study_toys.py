"""A small run of the studies' loop, also as a process of its own that a test can kill.

python tests/study_toys.py FOLDER [--pause SECONDS] [--stop STEP] [--devices N]
    [--nodes N] [--set SETTING ...]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor

from flowviz.flow import Flow, seeded
from flowviz.layers import ActNorm, AffineCoupling, Flatten, Logit, UniformDequantization
from flowviz.studies import Data, Recipe, Study, loop
from flowviz.studies.folder import Folder
from flowviz.studies.learner import Learner
from flowviz.studies.processes import decided, start

loop._LINES = 60  # of 360 steps: so a run also stops between two lines
SHAPE = (1, 4, 4)
STUDY = Study(
    name="toy/realnvp",
    model="toy",
    data=Data("toy", held_out=24),
    recipe=Recipe(
        epochs=40, batch=12, pieces=2, lr=5e-3, warm_up=10, clip=200.0, average=0.9,
        initialize=64, evaluations=50,
    ),
    seed=3,
)  # fmt: skip


def toy_images(n: int = 124) -> Tensor:
    """uint8 images of a few bright pixels that go together."""
    generator = torch.Generator().manual_seed(1)
    bright = torch.rand(n, 1, 1, 4, generator=generator).expand(n, *SHAPE)
    noise = torch.rand(n, *SHAPE, generator=generator)
    return (200 * bright + 55 * noise).to(torch.uint8)


def toy_flow() -> Flow:
    """A RealNVP of 16 pixels."""
    with seeded(0):
        couplings = [AffineCoupling(16, keep, (16,)) for keep in ("first", "second", "first")]
    first = [UniformDequantization(SHAPE, 256), Logit(SHAPE, 0.05), Flatten(SHAPE)]
    return Flow([*first, ActNorm(16), *couplings])


def toy_training(folder: Path, study: Study = STUDY, fabric=None, flow: Flow | None = None):
    """A `Training` of the toy in `folder`, which goes on from a checkpoint there."""
    fabric = fabric or start("cpu")
    place, images = Folder(folder), toy_images()
    decided(fabric, lambda: None if place.started else place.create(study))
    flow = toy_flow() if flow is None else flow
    train, held_out = images[: -study.data.held_out], images[-study.data.held_out :]
    learner = Learner(fabric, study, flow, train)
    return loop.Training(study.name, learner, held_out, place)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--stop", type=int)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[])
    given = parser.parse_args()
    torch.set_num_threads(1)
    loop.CHECKPOINT_SECONDS = 0.03
    fabric = start("cpu", given.devices, given.nodes)
    training = toy_training(given.folder, STUDY.override(given.set), fabric)
    last = given.stop or training.steps

    def stopped() -> bool:
        time.sleep(given.pause)
        return last <= training.step < training.steps

    training.train(stopped=stopped)


if __name__ == "__main__":
    main()
