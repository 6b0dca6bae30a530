"""Nothing waits for a device that could go on: neither layers nor a training step."""

from __future__ import annotations

import pytest
import torch
from laws import close
from registry import every
from study_toys import STUDY, toy_training
from test_study_models import FEW, TINY, pixels
from torch.utils._python_dispatch import TorchDispatchMode

from flowviz.asking import unasked
from flowviz.flow import seeded
from flowviz.layers import Continuous, Logit, Residual, Rotation, UniformDequantization
from flowviz.layers.runge_kutta import ADAPTIVE
from flowviz.studies.learner import LogProb
from flowviz.studies.models import NAMES, build
from flowviz.studies.processes import start


def asks(part: torch.nn.Module) -> bool:
    """Its steps are counted by what they find: an inverse by iteration, a roulette, a solver."""
    return isinstance(part, Residual) or (isinstance(part, Continuous) and part.method in ADAPTIVE)


OLD = tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13)


@pytest.mark.skipif(OLD, reason="torch before 2.13 draws no Gamma on the meta device, and mistakes"
                    " the shape of a norm over one number there")  # fmt: skip
@every()
def test_layers_work_where_there_are_no_numbers(case):
    """On the meta device, where whoever looks at a number fails, and most mixtures of devices."""
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    z, _ = layer(x, context)
    if any(map(asks, layer.modules())):
        pytest.skip("asks by its nature")
    layer, there = layer.to("meta"), x.to("meta")
    context = None if context is None else context.to("meta")
    with unasked():
        out, terms = layer(there, context)
        back, row = layer.inverse(out, context)
    assert {v.device.type for v in (out, terms.total, back, row.total)} == {"meta"}
    assert out.shape == z.shape and back.shape == x.shape and terms.total.shape == row.total.shape


class Waits(TorchDispatchMode):
    """What was done that a GPU must finish its queue for."""

    asked = ("_local_scalar_dense", "equal", "nonzero", "masked_select", "is_nonzero", "_unique2")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.split("::")[1]
        chosen = name.startswith("index") and isinstance(args[1], (list, tuple))
        if name in self.asked or (chosen and any(_is_mask(i) for i in args[1])):
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def _is_mask(index: torch.Tensor | None) -> bool:
    return index is not None and index.dtype == torch.bool


@pytest.mark.parametrize("dequantization", ["uniform", "variational"])
@pytest.mark.parametrize("name", NAMES)
def test_a_training_step_asks_nothing(name, dequantization, tmp_path):
    """Every model; loss, gradients, clipping, Adam, the running average."""
    settings = ["recipe.average=0.9", "recipe.clip=100.0", "recipe.epochs=2"]
    flow = build(name, TINY, **FEW[name], dequantization=dequantization)
    learner = toy_training(tmp_path, STUDY.override(settings), start("cpu"), flow).learner
    learner.learn(0)
    with Waits() as waits:
        learner.learn(1)
    assert waits.found == []
    with Waits() as waits:
        learner.since()
    assert waits.found  # the mode sees a question where there is one


@pytest.mark.parametrize(
    ("name", "dequantization"), [*((name, "uniform") for name in NAMES), ("glow", "variational")]
)
def test_a_loss_is_one_graph(name, dequantization):
    """What a compiler or a CUDA graph takes whole; the same numbers, with the same noise."""
    flow, x = build(name, TINY, **FEW[name], dequantization=dequantization), pixels(6, TINY)
    torch.compiler.reset()
    loss = LogProb(flow)
    whole = torch.compile(loss, fullgraph=True, backend="eager")
    with seeded(1):
        found = whole(x)
    with seeded(1):
        close(found, loss(x), 1e-4)
    found.mean().backward()
    assert all(p.grad.isfinite().all() for p in flow.parameters() if p.grad is not None)


def test_unasked_lets_numbers_through_that_are_refused_otherwise():
    logit, dequantization = Logit(2), UniformDequantization(2, 4)
    outside = torch.tensor([[0.5, 1.5]])
    with unasked(), unasked():
        z, terms = logit(outside)
        assert z.isfinite().tolist() == [[True, False]] and not terms.total.isfinite().any()
    with unasked():
        dequantization(outside)
    with pytest.raises(RuntimeError, match="stop"), unasked():
        raise RuntimeError("stop")
    with pytest.raises(ValueError, match="expected numbers strictly between 0 and 1"):
        logit(outside)
    with pytest.raises(ValueError, match="expected whole numbers from 0 to 3"):
        dequantization(outside)


@torch.no_grad()
def test_a_matrix_that_is_remembered_follows_its_numbers_unasked():
    layer = Rotation(3, form="householder", learn=False)
    numbers = next(iter(layer.parameters()))
    with unasked():
        first = layer.matrix().clone()
        assert layer.matrix() is layer.matrix()
        numbers.add_(torch.randn_like(numbers))
        second = layer.matrix().clone()
        numbers.data = torch.randn_like(numbers)
        third = layer.matrix()
    fresh = Rotation(3, form="householder", learn=False)
    fresh.load_state_dict(layer.state_dict())
    close(third, fresh.matrix(), 1e-6)
    assert not torch.allclose(first, second) and not torch.allclose(second, third)
