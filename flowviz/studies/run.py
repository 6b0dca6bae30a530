"""run: from a study to its folder."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor

from ..train import Diverged
from .environment import environment
from .folder import Folder
from .learner import Learner
from .loop import Training
from .processes import decided
from .setup import build_flow, load_images
from .study import Study
from .weights import write_weights


def run(
    study: Study,
    folder: Folder,
    fabric: Fabric,
    *,
    minutes: float | None = None,
    fresh: bool = False,
    compile: str | None = None,
    progress: bool = True,
) -> str:
    """Train `study` in `folder`, from its checkpoint if it has one; returns why it stopped.

    "recipe": all steps are taken; "flat": see `Recipe`; "budget": `minutes` are over; "stopped":
    Ctrl-C or SIGTERM. In all four the folder holds a checkpoint of the last step, and its averaged
    weights; after `Diverged` those of the last sound checkpoint.

    fresh: forget an earlier run in the folder, once data and model of this one are there.
    Raises ValueError for a run whose checkpoint is not here, and what loading and building raise.
    """
    if minutes is not None and not minutes > 0:
        raise ValueError(f"expected minutes above 0, got {minutes}")
    train, held_out = _parted(load_images(study, "train").images, study.data.held_out)
    flow = build_flow(study, tuple(train.shape[1:]))
    with torch.random.fork_rng(), _interruptible() as stopped:
        learner = Learner(fabric, study, flow, train, compile)
        decided(fabric, lambda: None if folder.started and not fresh else folder.create(study))
        training = Training(study.name, learner, held_out, folder)
        _note_environment(folder, fabric, training.step)
        try:
            with _bar(training, progress and fabric.is_global_zero) as report:
                why = training.train(minutes, stopped, report)
        except Diverged:
            if fabric.is_global_zero and training.back():
                _write_averaged(training, "diverged")
            raise
    if fabric.is_global_zero:
        _write_averaged(training, why)
    return why


def _parted(images: Tensor, held_out: int) -> tuple[Tensor, Tensor]:
    """Images to train on, and the last `held_out` ones."""
    if held_out >= len(images):
        raise ValueError(
            f"data.held_out: expected fewer than the {len(images):,} training images, "
            f"got {held_out:,}"
        )
    return images[: len(images) - held_out], images[len(images) - held_out :]


def _write_averaged(training: Training, why: str) -> None:
    with training.learner.averaged() as flow:
        write_weights(flow, training.folder.weights, training.story(why))


def _note_environment(folder: Folder, fabric: Fabric, step: int) -> None:
    if not fabric.is_global_zero:
        return
    legs = folder.read("environment.json") or []
    precision = str(fabric._precision.precision)
    here = environment(fabric.device, fabric.world_size, precision)
    if not legs or {**legs[-1], "from_step": None} != {**here, "from_step": None}:
        folder.write("environment.json", [*legs, {"from_step": step, **here}])


@contextmanager
def _interruptible() -> Iterator[Any]:
    """Ctrl-C and SIGTERM ask for a stop at the next step; a second one stops at once."""
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(number, before[number])

    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, ask)
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar(training: Training, wanted: bool) -> Iterator[Any]:
    if not wanted:
        yield lambda step, text: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=training.steps, initial=training.step, desc=training.name) as bar:

        def report(step: int, text: str) -> None:
            bar.total = training.steps  # fewer, once the curve is flat
            bar.set_postfix_str(text, refresh=False)
            bar.update(step - bar.n)

        yield report
