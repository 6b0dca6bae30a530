"""The training loop: maximum likelihood on images, resumable bit for bit, on one device or many.

Everything that is drawn is drawn from a generator seeded by (seed, step, piece): see `batches`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from ..flow import Flow
from ..train import Diverged, broken_gradient, first_broken
from .batches import Batches, mixed
from .folder import Folder
from .schedule import is_flat, rate
from .study import Study

_LINES = 1000  # metrics lines over a run, about
_CHECKPOINT_SECONDS = 60.0
_AGREE = 16  # steps between two questions of many devices whether to stop


class Nats(nn.Module):
    """x (N, C, H, W) of whole numbers -> log p(x) (N,), nats: what Fabric wraps."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, x: Tensor) -> Tensor:
        z, terms = self.flow.chain._forward(x, None, "sample")
        return self.flow.base.log_prob(z.to(x.dtype)) + terms.total


class Training:
    """One run: `train` takes it from its checkpoint, or from the start, as far as it may go."""

    def __init__(
        self,
        fabric: Fabric,
        study: Study,
        flow: Flow,
        images: Tensor,
        held_out: Tensor,
        folder: Folder,
        *,
        compile: bool = False,
    ) -> None:
        recipe = study.recipe
        if recipe.pieces % fabric.world_size:
            raise ValueError(
                f"expected recipe.pieces to be a multiple of the {fabric.world_size} devices, "
                f"got {recipe.pieces}"
            )
        self.fabric, self.study, self.recipe, self.folder = fabric, study, recipe, folder
        self.flow = flow.to(fabric.device)
        self.batches = Batches(images.to(fabric.device), recipe.batch, study.seed)
        self.held_out = held_out.to(fabric.device)
        self.steps = recipe.epochs * self.batches.steps
        self.log_every = max(1, self.steps // _LINES)
        self.look_every = max(1, self.steps // recipe.evaluations)
        self.bits = 1 / (math.prod(flow.data_shape) * math.log(2))
        self.step, self.seconds, self.curve = 0, 0.0, []
        self.summed = torch.zeros(2, dtype=torch.float64)
        self._set_up(compile)

    def _set_up(self, compile: bool) -> None:
        recipe, state = self.recipe, self.folder.load()
        if state is not None:
            self.flow.load_state_dict(state["flow"])
        elif recipe.initialize:
            self._seed(2)
            self.flow.initialize(self.batches.images[: recipe.initialize].float())
        self.params = [p for p in self.flow.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            self.params, lr=recipe.lr, betas=(recipe.beta1, recipe.beta2), eps=recipe.eps,
            weight_decay=recipe.weight_decay, fused=True,
        )  # fmt: skip
        module = Nats(self.flow)
        self.model, self.optimizer = self.fabric.setup(
            torch.compile(module) if compile else module, optimizer
        )
        self.mean = [p.detach().clone() for p in self.params] if recipe.average else None
        if state is not None:
            self._restore(state)

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
        started, before = time.perf_counter(), self.seconds
        saved, self._window = started, (started, self.step)
        self.model.train()
        why = self._done()
        while not why:
            self._step()
            now = time.perf_counter()
            self.seconds = before + now - started
            if self.step % self.log_every == 0 or self.step == self.steps:
                self._log(report)
            if self.step % self.look_every == 0 or self.step == self.steps:
                self._look()
            spent = minutes is not None and now - started >= 60 * minutes
            why = self._done() or self._agreed("stopped" if stopped() else "budget" * spent)
            if not why and now - saved >= _CHECKPOINT_SECONDS:
                self.save()
                saved = time.perf_counter()
        self.seconds = before + time.perf_counter() - started
        self.save()
        return why

    def _done(self) -> str:
        if self.step >= self.steps:
            return "recipe"
        flat = is_flat(self.curve, self.recipe.patience, self.recipe.tolerance)
        return "flat" if flat else ""

    def _agreed(self, why: str) -> str:
        """All devices stop at the same step, for the first one's reason."""
        if self.fabric.world_size == 1:
            return why
        return self.fabric.broadcast(why, src=0) if self.step % _AGREE == 0 else ""

    def _step(self) -> None:
        """One gradient step on one batch."""
        recipe, devices = self.recipe, self.fabric.world_size
        self.lr = rate(recipe, self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr
        mine = range(self.fabric.global_rank, recipe.pieces, devices)
        losses = [self._piece(piece, last=piece == mine[-1]) for piece in mine]
        self.norm = nn.utils.clip_grad_norm_(self.params, recipe.clip or math.inf)
        self._check(losses, mine)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.mean is not None:
            decay = min(recipe.average, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(self.mean, self.params, 1 - decay)
        self.summed += torch.tensor([float(sum(losses)) / len(mine), 1.0], dtype=torch.float64)
        self.step += 1

    def _piece(self, piece: int, last: bool) -> Tensor:
        """Gradients of one piece; its loss in nats per image."""
        x = self._draw(piece)
        with self.fabric.no_backward_sync(self.model, enabled=not last):
            loss = -self.model(x).mean()
            share = self.recipe.pieces // self.fabric.world_size
            self.fabric.backward(loss / share)
        return loss.detach()

    def _draw(self, piece: int) -> Tensor:
        """The images of a piece of this step's batch; the generator is set to the piece's noise."""
        self._seed(0, self.step, piece)
        return self.batches.piece(self.step, piece, self.recipe.pieces).float()

    def _seed(self, *numbers: int) -> None:
        torch.manual_seed(mixed(self.study.seed, *numbers))

    def _check(self, losses: list[Tensor], mine: range) -> None:
        """Raise `Diverged` before a step that would spoil the weights."""
        for piece, loss in zip(mine, losses, strict=True):
            if not math.isfinite(value := float(loss)):
                raise Diverged(self.step, self._broken_layer(piece), f"the loss is {value}")
        if not math.isfinite(norm := float(self.norm)):
            what = f"the gradient's norm is {norm}"
            raise Diverged(self.step, broken_gradient(self.flow), what)

    def _broken_layer(self, piece: int) -> str | None:
        """The first layer whose ledger is not finite: the same images, the same noise again."""
        x = self._draw(piece)
        with self.fabric.autocast():
            return first_broken(self.flow, x, None)

    def _log(self, report: Callable[[int, str], None]) -> None:
        nats, count = self.fabric.all_reduce(self.summed, reduce_op="sum").tolist()
        self.summed.zero_()
        now, (then, step) = time.perf_counter(), self._window
        self._window = now, self.step
        speed = (self.step - step) * self.recipe.batch / (now - then)
        train = nats / count * self.bits
        self._write({"train": train, "lr": self.lr, "grad_norm": float(self.norm),
                     "images_per_second": round(speed, 1)})  # fmt: skip
        report(self.step, f"{train:.3f} bits/dim")

    def _look(self) -> None:
        """Bits/dim of the held-out images, with the same noise every time."""
        if len(self.held_out):
            self.curve.append(self.validate())
            self._write({"valid": self.curve[-1]})

    def _write(self, values: dict[str, Any]) -> None:
        if self.fabric.is_global_zero:
            epoch = self.step / self.batches.steps
            head = {"step": self.step, "epoch": round(epoch, 3), "seconds": round(self.seconds, 2)}
            self.folder.log(head | values)

    def story(self, why: str) -> dict[str, Any]:
        """Where in the run the weights are, for the file that holds them."""
        epoch = round(self.step / self.batches.steps, 3)
        return {"study": self.study.name, "why": why, "step": self.step, "epoch": epoch,
                "seconds": self.seconds, "images": self.step * self.recipe.batch}  # fmt: skip

    @torch.no_grad()
    def validate(self) -> float:
        """Bits/dim of the held-out images under the averaged weights, one draw each."""
        self.model.eval()
        live = self.use_average()
        self._seed(3)
        rows = self.held_out.split(self.recipe.batch)
        nats = sum(float(self.model(x.float()).double().sum()) for x in rows)
        self._put(live)
        self.model.train()
        return -nats / len(self.held_out) * self.bits

    @torch.no_grad()
    def use_average(self) -> list[Tensor] | None:
        """Put the averaged weights into the flow; returns the ones that were there."""
        if self.mean is None:
            return None
        live = [p.detach().clone() for p in self.params]
        self._put(self.mean)
        return live

    @torch.no_grad()
    def _put(self, values: list[Tensor] | None) -> None:
        for p, value in zip(self.params, values or [], strict=values is not None):
            p.copy_(value)

    def save(self) -> None:
        """Write a checkpoint of this step."""
        if self.fabric.is_global_zero:
            self.folder.save({
                "step": self.step, "seconds": self.seconds, "curve": self.curve,
                "summed": self.summed, "flow": self.flow.state_dict(),
                "optimizer": self.optimizer.state_dict(), "mean": self.mean,
            })  # fmt: skip
        self.fabric.barrier()

    def _restore(self, state: dict[str, Any]) -> None:
        self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]
        self.summed = state["summed"]
        self.optimizer.load_state_dict(state["optimizer"])
        if self.mean is not None:
            self.mean = [m.to(self.fabric.device) for m in state["mean"]]
        if self.fabric.is_global_zero:
            self.folder.truncate(self.step)
