"""One run of maximum likelihood: its steps, averaged weights and evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..flow import Flow
from ..layers import Injective
from .budget import Budget
from .divergence import Diverged, broken_gradient, first_broken
from .history import History
from .progress import Show
from .recipe import Recipe
from .sources import Batch, Source

Measure = Callable[[Tensor, Tensor | None], Tensor]
_EVALUATIONS = 24  # evaluations and snapshots over a run, besides the first and the last


class Run:
    """One call of fit: its optimiser, its averaged weights, its history."""

    def __init__(
        self, flow: Flow, source: Source, budget: Budget, recipe: Recipe, show: Show
    ) -> None:
        self.flow, self.source, self.budget, self.recipe = flow, source, budget, recipe
        self.show = show
        self.beta = recipe.beta if isinstance(flow[0], Injective) else 0.0
        self.params = [p for p in flow.parameters() if p.requires_grad]
        fused = all(p.device.type in ("cpu", "cuda") for p in self.params)
        self.optimizer = torch.optim.Adam(self.params, lr=recipe.lr, fused=fused)
        self.mean = _copies(self.params)
        self.sound = self.mean  # the averaged weights of the last evaluation
        self.history = History(entropy=source.entropy)

    def train(self) -> History:
        """Learn, evaluate, and leave the flow with the averaged weights of the last evaluation."""
        self.budget.begin()
        try:
            self.evaluate()
            self.learn()
            if self.history.evaluations[-1][0] < self.history.steps:
                self.evaluate()
        finally:
            _put(self.sound, self.params)
        return self.history

    def learn(self) -> None:
        """Steps until the budget is spent or the user interrupts."""
        try:
            while (done := self.budget.done(self.history.steps)) < 1:
                self.step(done)
                if done * _EVALUATIONS >= len(self.history.evaluations):
                    self.evaluate()
        except KeyboardInterrupt:
            self.history.interrupted = True

    def step(self, done: float) -> None:
        """One gradient step at the rate that belongs to `done`, the share of the run behind us."""
        step = self.history.steps
        value = self.differentiate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate(step, done)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.mean, self.params, 1 - self.recipe.memory(step))
        self.history.losses.append(value)
        self.show(done, self.history)

    def differentiate(self, step: int) -> float:
        """The loss of a fresh batch; the clipped gradient is left at the parameters."""
        loss, value = self.finite("the loss", self.loss, self.source.batch(self.recipe.batch))
        self.optimizer.zero_grad()
        try:
            loss.backward()
        except ArithmeticError as error:
            raise Diverged(step, None, str(error)) from error
        norm = nn.utils.clip_grad_norm_(self.params, self.recipe.clip)
        if not torch.isfinite(norm):
            what = f"the gradient's norm is {float(norm)}"
            raise Diverged(step, broken_gradient(self.flow), what)
        return value

    def finite(self, what: str, measure: Measure, batch: Batch) -> tuple[Tensor, float]:
        """measure(*batch) and its value; `Diverged`, naming the layer, unless it is finite."""
        try:
            found = measure(*batch)
        except ArithmeticError as error:
            raise self.diverged(str(error), batch) from error
        if not math.isfinite(value := found.item()):
            raise self.diverged(f"{what} is {value}", batch)
        return found, value

    def diverged(self, what: str, batch: Batch) -> Diverged:
        """The error that says when, where and what."""
        return Diverged(self.history.steps, first_broken(self.flow, *batch), what)

    def loss(self, x: Tensor, context: Tensor | None) -> Tensor:
        """-log p(x), and on a sheet beta times the squared distance to it; a mean over points."""
        nll = self.nll(x, context)
        if not self.beta:
            return nll
        beside = x - self.flow[0].project(x, context)
        return nll + self.beta * beside.square().sum(-1).mean()

    def nll(self, x: Tensor, context: Tensor | None) -> Tensor:
        """-flow.log_prob without the checks: the source has made them once. A mean over points."""
        z, terms = self.flow.chain._forward(x, context, "sample")
        return -(self.flow.base.log_prob(z) + terms.total).mean()

    @torch.no_grad()
    def evaluate(self) -> None:
        """Held-out NLL and a snapshot of the averaged weights."""
        step, live = self.history.steps, _copies(self.params)
        _put(self.mean, self.params)
        _, nll = self.finite("the held-out NLL", self.nll, self.source.held_out)
        vector = nn.utils.parameters_to_vector(self.flow.parameters())
        _put(live, self.params)
        self.sound = _copies(self.mean)
        self.history.evaluations.append((step, self.budget.elapsed(), nll))
        self.history.snapshots.append((step, vector.cpu().half().numpy()))


def _copies(tensors: list[Tensor]) -> list[Tensor]:
    return [t.detach().clone() for t in tensors]


@torch.no_grad()
def _put(values: list[Tensor], params: list[Tensor]) -> None:
    """Write the values into the parameters."""
    for p, value in zip(params, values, strict=True):
        p.copy_(value)
