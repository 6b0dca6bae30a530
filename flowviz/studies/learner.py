"""Learner: one gradient step of maximum likelihood, on one device or many.

Everything that is drawn is drawn from a generator seeded by (seed, step, piece): see `batches`.
Nothing here waits for the device unless it is asked for a number.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from ..asking import unasked
from ..flow import Flow
from ..train import Diverged, broken_gradient, first_broken
from .batches import Batches, mixed
from .schedule import rate, span
from .study import Recipe, Study

_NOISE, _START, _LOOK = 0, 2, 3  # what a seed is for; `batches` has 1


class LogProb(nn.Module):
    """x (N, C, H, W) of whole numbers -> log p(x) (N,), nats: what Fabric wraps.

    In mixed precision conditioners answer from bfloat16; data and log p are float32. Fabric hands
    images over in bfloat16: whole numbers up to 256 survive that, numbers with noise would not.
    """

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(self.flow.base.anchor.dtype)
        z, terms = self.flow.chain._forward(x, None, "sample")
        return self.flow.base.log_prob(z.to(x.dtype)) + terms.total


class Learner:
    """A flow, its optimizer, the running average of its weights.

    compile: a mode of torch.compile ("default", "reduce-overhead": CUDA graphs), or none.
    Raises ValueError if the pieces of a batch cannot be shared out evenly among the devices.
    """

    def __init__(
        self, fabric: Fabric, study: Study, flow: Flow, images: Tensor, compile: str | None = None
    ) -> None:
        recipe, devices = study.recipe, fabric.world_size
        if recipe.pieces % devices:
            raise ValueError(
                f"expected recipe.pieces to be a multiple of the {devices} devices, "
                f"got {recipe.pieces}"
            )
        self.fabric, self.seed, self.recipe = fabric, study.seed, recipe
        self.flow = flow.to(fabric.device)
        self.batches = Batches(images.to(fabric.device), recipe.batch, study.seed)
        self.steps = recipe.epochs * self.batches.steps
        self.span = span(recipe, self.steps, [], 1)
        self.params = [p for p in self.flow.parameters() if p.requires_grad]
        self._mine = range(fabric.global_rank, recipe.pieces, devices)
        self._module = LogProb(self.flow)
        module = torch.compile(self._module, mode=compile) if compile else self._module
        self._model, self._optimizer = fabric.setup(module, _adam(self.params, recipe))
        self._mean = _copies(self.params) if recipe.average else None
        self._sums = torch.zeros(2, device=fabric.device)  # of losses, of steps
        self._norm = torch.zeros((), device=fabric.device)
        self._broken = torch.full((), -1, device=fabric.device)  # the first step not finite

    def initialize(self) -> None:
        """Let layers that start from data see some of it."""
        if self.recipe.initialize:
            self._reseed(_START)
            self.flow.initialize(self.batches.images[: self.recipe.initialize].float())
            self._mean = _copies(self.params) if self._mean is not None else None

    @unasked()
    def learn(self, step: int) -> None:
        """One gradient step; none from the first one on whose loss or gradient is not finite."""
        self._set_rate(step)
        self._model.train()
        losses = [self._gradient(step, piece) for piece in self._mine]
        loss, self._norm = torch.stack(losses).mean(), self._clip()
        sound = torch.isfinite(loss) & torch.isfinite(self._norm)
        self._broken = torch.where(sound | (self._broken >= 0), self._broken, step)
        self._optimizer.optimizer.found_inf = (self._broken >= 0).float()  # then Adam stands still
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._sums += torch.stack([loss, torch.ones_like(loss)])
        if self._mean is not None:
            decay = min(self.recipe.average, (1 + step) / (10 + step))
            with torch.no_grad():
                torch._foreach_lerp_(self._mean, self.params, 1 - decay)

    @unasked()
    def check(self) -> None:
        """Raise `Diverged`, naming the layer, if a step was not finite; the weights then are those
        before it."""
        if (step := int(self._broken)) < 0:
            return
        for piece in self._mine:
            with self.fabric.autocast():
                loss = -self._module(self._draw(step, piece)).mean()
            if not math.isfinite(value := loss.item()):
                layer = first_broken(self.flow, self._draw(step, piece), None)
                raise Diverged(step, layer, f"the loss is {value}")
            loss.backward()
        raise Diverged(step, broken_gradient(self.flow), "the gradient is not finite")

    def since(self) -> dict[str, float]:
        """Mean loss (nats) since last asked, over all devices, and the last gradient's norm."""
        total, count = self.fabric.all_reduce(self._sums, reduce_op="sum").tolist()
        self._sums = torch.zeros_like(self._sums)
        return {"nats": total / count, "grad_norm": float(self._norm)}

    @torch.no_grad()
    def nats(self, images: Tensor) -> float:
        """Mean log p(x) of uint8 images under the averaged weights; the same noise every time.

        In float32, whatever the precision of the run: past Fabric, which would round.
        """
        self._module.eval()
        self._reseed(_LOOK)
        with self.averaged():
            rows = images.to(self.fabric.device).split(self.recipe.batch)
            return sum(float(self._module(x.float()).double().sum()) for x in rows) / len(images)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[Flow]:
        """The flow with its averaged weights, for a while."""
        live = _copies(self.params) if self._mean is not None else []
        _put(self._mean or [], self.params)
        try:
            yield self.flow
        finally:
            _put(live, self.params)

    def state(self) -> dict[str, Any]:
        """All that learning goes on from."""
        return {
            "flow": self.flow.state_dict(), "optimizer": self._optimizer.state_dict(),
            "mean": self._mean, "sums": self._sums, "norm": self._norm,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.flow.load_state_dict(state["flow"])
        self._optimizer.load_state_dict(state["optimizer"])
        device = self.fabric.device
        self._sums, self._norm = state["sums"].to(device), state["norm"].to(device)
        if self._mean is not None:
            self._mean = [value.to(device) for value in state["mean"]]

    def _gradient(self, step: int, piece: int) -> Tensor:
        """Add one piece's gradients; its loss, nats an image. Devices talk after their last one."""
        x = self._draw(step, piece)
        with self.fabric.no_backward_sync(self._model, enabled=piece != self._mine[-1]):
            loss = -self._model(x).mean()
            self.fabric.backward(loss / len(self._mine))
        return loss.detach()

    def _draw(self, step: int, piece: int) -> Tensor:
        """The images of a piece; the generator is set to its noise."""
        self._reseed(_NOISE, step, piece)
        return self.batches.piece(step, piece, self.recipe.pieces).float()

    def _reseed(self, *numbers: int) -> None:
        torch.manual_seed(mixed(self.seed, *numbers))

    def _set_rate(self, step: int) -> None:
        self.lr = rate(self.recipe, step, self.span.last, self.span.falls)
        for group in self._optimizer.param_groups:
            group["lr"] = self.lr

    def _clip(self) -> Tensor:
        """The gradient's norm, before it is clipped."""
        if self.recipe.clip:
            return nn.utils.clip_grad_norm_(self.params, self.recipe.clip)
        return nn.utils.get_total_norm([p.grad for p in self.params if p.grad is not None])


def _adam(params: list[Tensor], recipe: Recipe) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        params, lr=recipe.lr, betas=(recipe.beta1, recipe.beta2), eps=recipe.eps,
        weight_decay=recipe.weight_decay, fused=True,
    )  # fmt: skip


def _copies(tensors: list[Tensor]) -> list[Tensor]:
    return [t.detach().clone() for t in tensors]


@torch.no_grad()
def _put(values: list[Tensor], params: list[Tensor]) -> None:
    """Write the values into the parameters; none are given, none written."""
    for p, value in zip(params, values, strict=False):
        p.copy_(value)


def bits(nats: float, shape: tuple[int, ...]) -> float:
    """Bits per dimension of a mean log p(x) in nats, for images of `shape`."""
    return -nats / (math.prod(shape) * math.log(2))
