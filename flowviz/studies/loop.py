"""The training loop: it goes on from where it stopped, bit for bit, and leaves its story."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from torch import Tensor

from .folder import CHECKPOINT_SECONDS, Folder
from .learner import Learner, bits
from .processes import decided
from .schedule import span
from .weights import story_of

_LINES = 1000  # metrics lines over a run, about
_AGREE = 16  # steps between two questions whether many devices go on


class Training:
    """One run in a folder: `train` takes it from its checkpoint as far as it may go."""

    def __init__(self, name: str, learner: Learner, held_out: Tensor, folder: Folder) -> None:
        self.name, self.learner, self.held_out, self.folder = name, learner, held_out, folder
        self.fabric, self.recipe = learner.fabric, learner.recipe
        self.log_every = max(1, learner.steps // _LINES)
        self.look_every = max(1, learner.steps // self.recipe.evaluations)
        self.check_every = 1 if self.fabric.device.type == "cpu" else self.log_every
        self.step, self.seconds, self.curve = 0, 0.0, []
        self._begin()

    def _begin(self) -> None:
        """From the first process's checkpoint, or from the start: the others need no folder."""
        if not self._goes_on(decided(self.fabric, self._checkpoint)):
            self.learner.initialize()
        if self.fabric.is_global_zero:
            self.folder.truncate(self.step)

    def _plan(self) -> None:
        """Until when, and at which rates: what the validation curve so far says."""
        learner = self.learner
        learner.span = span(self.recipe, learner.steps, self.curve, self.look_every)

    @property
    def steps(self) -> int:
        """How many the run takes, as far as its curve tells by now."""
        return self.learner.span.last

    def back(self) -> bool:
        """To the newest checkpoint, in this process only; False if there is none."""
        return self._goes_on(self.folder.load())

    def _checkpoint(self) -> dict[str, Any] | None:
        self.folder.check_not_lost()
        return self.folder.load()

    def _goes_on(self, state: dict[str, Any] | None) -> bool:
        if state is None:
            return False
        self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]
        self.learner.restore(state["learner"])
        self._plan()
        return True

    def train(
        self,
        minutes: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
        report: Callable[[int, str], None] = lambda step, text: None,
    ) -> str:
        """Train; returns why it stopped: "recipe" (all steps taken), "flat", "budget", "stopped".

        The folder then holds a checkpoint of exactly this step. Raises `Diverged`, naming the
        layer, when a loss or a gradient is not finite; the checkpoint is then the last good one.
        """
        clock = _Clock(self.seconds, self.step)
        while not (why := self._done()):
            self.learner.learn(self.step)
            self.step += 1
            self.seconds = clock.seconds()
            self._observe(clock, report)
            spent = minutes is not None and clock.spent() >= 60 * minutes
            due = clock.unsaved() >= CHECKPOINT_SECONDS
            why = self._agreed("stopped" if stopped() else "budget" if spent else "save" * due)
            if why == "save":
                self.save()
                clock.saved()
            elif why:
                break
        self.seconds = clock.seconds()
        self.save()
        return why

    def _done(self) -> str:
        if self.step < self.steps:
            return ""
        return "flat" if self.learner.span.flat else "recipe"

    def _agreed(self, wish: str) -> str:
        """What the first process wishes, for all of them at the same step."""
        if self.fabric.world_size == 1:
            return wish
        return self.fabric.broadcast(wish) if self.step % _AGREE == 0 else ""

    def _observe(self, clock: _Clock, report: Callable[[int, str], None]) -> None:
        """Guard, log, look at the held-out images: each when its step has come."""
        last = self.step == self.steps
        log, look = last or self.step % self.log_every == 0, self.step % self.look_every == 0
        if log or look or self.step % self.check_every == 0:
            self.learner.check()
        if log:
            self._log(clock, report)
        if (look or last) and len(self.held_out):
            seen = self._bits(self.learner.nats(self.held_out))
            self.curve.append(self.fabric.broadcast(seen))  # by which all decide whether it is flat
            self._write({"valid": self.curve[-1]})
            self._plan()

    def _log(self, clock: _Clock, report: Callable[[int, str], None]) -> None:
        seen = self.learner.since()
        train, speed = self._bits(-seen["nats"]), clock.speed(self.step) * self.recipe.batch
        self._write({"train": train, "lr": self.learner.lr, "grad_norm": seen["grad_norm"],
                     "images_per_second": round(speed, 1)})  # fmt: skip
        valid = f", {self.curve[-1]:.3f} held out" if self.curve else ""
        report(self.step, f"{train:.3f} bits/dim{valid}")

    def _bits(self, nats: float) -> float:
        return bits(nats, self.learner.flow.data_shape)

    @property
    def epoch(self) -> float:
        return round(self.step / self.learner.batches.steps, 3)

    def _write(self, values: dict[str, Any]) -> None:
        if self.fabric.is_global_zero:
            head = {"step": self.step, "epoch": self.epoch, "seconds": round(self.seconds, 2)}
            self.folder.log(head | values)

    def story(self, why: str) -> dict[str, Any]:
        """Where in the run the weights are, for the file that holds them."""
        return story_of(self.name, why, self.step, self.epoch, self.seconds, self.recipe.batch)

    def save(self) -> None:
        """Write a checkpoint of this step, unless a step before it was not finite."""
        self.learner.check()
        if self.fabric.is_global_zero:
            state = {"step": self.step, "seconds": self.seconds, "curve": self.curve}
            self.folder.save(state | {"learner": self.learner.state()})
        self.fabric.barrier()


class _Clock:
    """Seconds of this leg and of the whole run, since the last checkpoint, and speed."""

    def __init__(self, before: float, step: int) -> None:
        self._start = self._save = self._last = time.perf_counter()
        self._before, self._step = before, step

    def spent(self) -> float:
        return time.perf_counter() - self._start

    def seconds(self) -> float:
        return self._before + self.spent()

    def unsaved(self) -> float:
        return time.perf_counter() - self._save

    def saved(self) -> None:
        self._save = time.perf_counter()

    def speed(self, step: int) -> float:
        """Steps a second since last asked."""
        now = time.perf_counter()
        per_second = (step - self._step) / (now - self._last)
        self._last, self._step = now, step
        return per_second
