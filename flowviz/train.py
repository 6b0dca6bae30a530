"""fit: maximum likelihood in seconds, with a history that pictures can be made from."""

from __future__ import annotations

import contextlib
import math
import operator
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from .flow import Flow, seeded
from .layers import Injective
from .sources import Source, source_of

_EVALUATIONS = 24  # evaluations and snapshots over a run, besides the first and the last
_SMALL = 1_000_000  # parameters below which one thread is faster than many


class Diverged(RuntimeError):
    """Training left the finite numbers. `step` and `layer` ("layer 2 (ActNorm)") say where."""

    def __init__(self, step: int, layer: str | None, what: str) -> None:
        self.step, self.layer = step, layer
        where = f"in {layer}" if layer else "in the gradient"
        super().__init__(
            f"training diverged at step {step}: {what} {where}; try a smaller learning rate "
            "(lr=...), gradient clipping (clip=...), or data scaled to unit spread"
        )


@dataclass
class History:
    """What a training run did. Losses and NLL are in nats.

    losses: one a step. evaluations: (step, seconds, held-out NLL of the averaged weights).
    snapshots: (step, parameters as one float16 vector), taken with every evaluation.
    """

    entropy: float | None = None
    losses: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float, float]] = field(default_factory=list)
    snapshots: list[tuple[int, np.ndarray]] = field(default_factory=list)
    interrupted: bool = False

    @property
    def steps(self) -> int:
        """Gradient steps taken."""
        return len(self.losses)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds from the first step to the last evaluation."""
        return self.evaluations[-1][1]

    @property
    def nll(self) -> float:
        """Held-out negative log-likelihood of the returned weights, nats."""
        return self.evaluations[-1][2]

    def restore(self, flow: nn.Module, index: int) -> int:
        """Put snapshot `index` into the flow (half precision) and return its step."""
        step, vector = self.snapshots[index]
        owned = sum(p.numel() for p in flow.parameters())
        if owned != vector.size:
            raise ValueError(f"expected a flow of {vector.size} parameters, got one of {owned}")
        values = torch.from_numpy(vector.astype(np.float32))
        first = next(flow.parameters())
        nn.utils.vector_to_parameters(values.to(first), flow.parameters())
        return step

    def __repr__(self) -> str:
        known = "" if self.entropy is None else f" (entropy of the data {self.entropy:.2f})"
        cut = ", interrupted" if self.interrupted else ""
        return f"History: {self.steps} steps{cut}, held-out NLL {self.nll:.2f} nats{known}"


def fit(
    flow: Flow,
    data: object,
    *,
    seconds: float | None = None,
    steps: int | None = None,
    batch: int = 256,
    lr: float = 1e-2,
    clip: float = 5.0,
    average: float = 0.99,
    beta: float = 50.0,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = True,
) -> History:
    """Train a flow by maximum likelihood and return its `History`.

    Adam with a short warm-up, a cosine decay to zero, gradient clipping at norm `clip`, and a
    running average of the weights (decay `average`) that the flow keeps at the end. Give `steps`
    for a run that is the same on every machine, or `seconds` of wall-clock time (5 by default).
    Called again on a trained flow it goes on from there. Ctrl-C keeps what was learned.

    data: a density with .sample(n, seed=...) (fresh points every step), a tensor (N, *shape), or
    a pair of tensors (x, context); of tensors a tenth is held out.
    beta: a flow that begins with a sheet (`Injective`) learns -log p(x) + beta |x - g(z)|^2, with
    g(z) the point of the sheet that x goes to: the likelihood, a density per length or area of
    the sheet, does not know how far data lie beside it. beta=0 leaves that out; other flows have
    no such term. Losses contain it, the NLL does not. Caterini et al. 2021, "Rectangular flows".
    threads: torch threads while training; by default 1 for a small flow on a CPU.

    Raises ValueError for data that do not fit the flow, `Diverged` (naming step and layer) when
    the loss, a gradient or the held-out NLL stops being finite; the flow then holds the averaged
    weights of the last evaluation.
    """
    budget = _Budget(seconds, steps)
    _check_recipe(batch, lr, clip, average, beta)
    if not any(p.requires_grad for p in flow.parameters()):
        raise ValueError("expected a flow with parameters to learn, got none that requires_grad")
    source = source_of(data, flow, seed)
    with _threads(_choose_threads(flow, threads)), seeded(seed), _bar(budget, progress) as bar:
        flow.initialize(*source.warm_up())
        with torch.enable_grad():
            return _Run(flow, source, budget, batch, lr, clip, average, beta, bar).train()


class _Budget:
    """How far a run is, from 0 to 1, counted in steps or in seconds."""

    def __init__(self, seconds: float | None, steps: int | None) -> None:
        if seconds is not None and steps is not None:
            raise ValueError("expected seconds or steps, got both")
        if steps is None and seconds is None:
            seconds = 5.0
        given = seconds if steps is None else operator.index(steps)
        if not 0 < given < math.inf:
            raise ValueError(f"expected a finite budget above 0, got {given}")
        self.seconds, self.steps = seconds, steps
        self.start = time.perf_counter()

    def elapsed(self) -> float:
        return time.perf_counter() - self.start

    def done(self, step: int) -> float:
        return step / self.steps if self.steps else min(self.elapsed() / self.seconds, 1.0)


class _Run:
    """One call of fit: its optimiser, its averaged weights, its history."""

    def __init__(self, flow, source: Source, budget, batch, lr, clip, average, beta, bar) -> None:
        self.flow, self.source, self.budget, self.bar = flow, source, budget, bar
        self.beta = beta if isinstance(flow[0], Injective) else 0.0
        self.batch, self.lr, self.clip, self.average = batch, lr, clip, average
        self.params = [p for p in flow.parameters() if p.requires_grad]
        fused = all(p.device.type in ("cpu", "cuda") for p in self.params)
        self.optimizer = torch.optim.Adam(self.params, lr=lr, fused=fused)
        self.mean = _copies(self.params)
        self.sound = self.mean  # the averaged weights of the last evaluation
        self.history = History(entropy=source.entropy)

    def train(self) -> History:
        self.budget.start = time.perf_counter()
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
        x, context = self.source.batch(self.batch)
        loss = self.loss(x, context)
        value = loss.item()
        if not math.isfinite(value):
            raise Diverged(step, first_broken(self.flow, x, context), f"the loss is {value}")
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.params, self.clip)
        if not torch.isfinite(norm):
            raise Diverged(
                step, broken_gradient(self.flow), f"the gradient's norm is {float(norm)}"
            )
        warm = min(1.0, (step + 1) / 20)
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr * warm * 0.5 * (1 + math.cos(math.pi * done))
        self.optimizer.step()
        with torch.no_grad():
            decay = min(self.average, (1 + step) / (10 + step))
            torch._foreach_lerp_(self.mean, self.params, 1 - decay)
        self.history.losses.append(value)
        self.report(done)

    def loss(self, x: Tensor, context: Tensor | None) -> Tensor:
        """-log p(x), and on a sheet beta times the squared distance to it; a mean over points."""
        loss = -self.log_prob(x, context).mean()
        if not self.beta:
            return loss
        beside = x - self.flow[0].project(x, context)
        return loss + self.beta * beside.square().sum(-1).mean()

    def log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        """flow.log_prob without the checks: the source has made them once."""
        z, terms = self.flow.chain._forward(x, context, "sample")
        return self.flow.base.log_prob(z) + terms.total

    @torch.no_grad()
    def evaluate(self) -> None:
        """Held-out NLL and a snapshot of the averaged weights."""
        step, live = self.history.steps, _copies(self.params)
        _put(self.mean, self.params)
        x, context = self.source.held_out
        nll = -float(self.log_prob(x, context).mean())
        if not math.isfinite(nll):
            broken = first_broken(self.flow, x, context)
            raise Diverged(step, broken, f"the held-out NLL is {nll}")
        vector = nn.utils.parameters_to_vector(self.flow.parameters())
        _put(live, self.params)
        self.sound = _copies(self.mean)
        self.history.evaluations.append((step, self.budget.elapsed(), nll))
        self.history.snapshots.append((step, vector.cpu().half().numpy()))

    def report(self, done: float) -> None:
        if self.bar is None:
            return
        self.bar.n = round(100 * done, 1)
        self.bar.set_postfix_str(
            f"step {self.history.steps}, NLL {self.history.nll:.3f}", refresh=False
        )
        self.bar.update(0)


def _copies(tensors: list[Tensor]) -> list[Tensor]:
    return [t.detach().clone() for t in tensors]


@torch.no_grad()
def _put(values: list[Tensor], params: list[Tensor]) -> None:
    """Write the values into the parameters."""
    for p, value in zip(params, values, strict=True):
        p.copy_(value)


@torch.no_grad()
def first_broken(flow: Flow, x: Tensor, context: Tensor | None) -> str | None:
    """The first layer whose output, terms or parameters are not finite, numbered from 1."""
    for number, layer in enumerate(flow.layers, 1):
        x, terms = layer._forward(x, context, "sample")
        values = [x, *(t for t in terms if t is not None), *layer.parameters()]
        if not all(torch.isfinite(v).all() for v in values):
            return f"layer {number} ({layer.title})"
    return f"the base ({flow.base.title})"


def broken_gradient(flow: Flow) -> str | None:
    for number, layer in enumerate(flow.layers, 1):
        grads = [p.grad for p in layer.parameters() if p.grad is not None]
        if not all(torch.isfinite(g).all() for g in grads):
            return f"layer {number} ({layer.title})"
    return None


def _check_recipe(batch: int, lr: float, clip: float, average: float, beta: float) -> None:
    if batch < 1 or not lr > 0 or not clip > 0 or not 0 <= average < 1 or not 0 <= beta < math.inf:
        raise ValueError(
            "expected batch >= 1, lr > 0, clip > 0, 0 <= average < 1 and a finite beta >= 0, "
            f"got batch={batch}, lr={lr}, clip={clip}, average={average}, beta={beta}"
        )


def _choose_threads(flow: Flow, threads: int | None) -> int:
    if threads is not None:
        return threads
    size = sum(p.numel() for p in flow.parameters())
    on_cpu = all(p.device.type == "cpu" for p in flow.parameters())
    return 1 if size < _SMALL and on_cpu else torch.get_num_threads()


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Train with `count` torch threads, then put the number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _bar(budget: _Budget, wanted: bool) -> Iterator[object | None]:
    """A tqdm bar over 100 per cent, at home in terminals and notebooks."""
    if not wanted:
        yield None
        return
    from tqdm.auto import tqdm

    layout = "{l_bar}{bar}| {elapsed}{postfix}"
    with tqdm(total=100, desc="fit", bar_format=layout, mininterval=0.2) as bar:
        yield bar
        bar.n = 100
        bar.refresh()
