"""Gradients are the slopes of what is computed, and their gradients theirs: central differences."""

from __future__ import annotations

from collections.abc import Callable

import torch
from case import seeded
from laws import close
from registry import every
from torch import Tensor

from flowviz.layer import Layer, Terms

STEP = 1e-6  # no longer, or kinks of a ReLU come in between


@every()
def test_gradients_are_slopes_in_the_parameters(case) -> None:
    layer = calm(case.build())
    params = [p for p in layer.parameters() if p.requires_grad]
    if not params:
        return
    x = case.points(6, seed=5)[:6]
    context = case.contexts(x)
    with torch.no_grad():
        z = layer(x, context, "mean")[0]
    ways = seen(lambda: layer(x, context, "mean")), seen(lambda: layer.inverse(z, context, "mean"))
    for number, way in enumerate(ways):
        along = like(params, seed=number)
        grads = torch.autograd.grad(way(), params, allow_unused=True)
        slope = sum((g * d).sum() for g, d in zip(grads, along, strict=True) if g is not None)
        close(torch.as_tensor(slope), difference(way, params, along), 1e-5, f"way {number}")


@every(kind="bijection")
def test_gradients_of_gradients_are_slopes_of_gradients(case) -> None:
    """Through both ways, in the point: what volumes of sheets and Hessians are made of."""
    layer, points = calm(case.build()), case.points(6, seed=5)[:6]
    for number, way in enumerate((layer, layer.inverse)):
        at = points if number == 0 else layer(points, case.contexts(points), "mean")[0].detach()
        at = at.clone().requires_grad_()
        context = case.contexts(points)

        def gradient(way=way, at=at, context=context, seed=number) -> Tensor:
            value = seen(lambda: way(at, context, "mean"), seed)()
            return torch.autograd.grad(value, at, create_graph=True)[0]

        weigh = like([at], seed=7)[0]
        total = lambda g=gradient, w=weigh: (g() * w).sum()  # noqa: E731
        along = like([at], seed=8)
        if not total().requires_grad:
            continue
        (second,) = torch.autograd.grad(total(), at, allow_unused=True)
        slope = at.new_zeros(()) if second is None else (second * along[0]).sum()
        close(slope, difference(total, [at], along), 1e-4, f"way {number}")


@torch.no_grad()
def calm(layer: Layer) -> Layer:
    """With smaller parameters: no spline so steep that differences cannot tell its slope."""
    for p in layer.parameters():
        p.mul_(0.3)
    return layer


def seen(run: Callable[[], tuple[Tensor, Terms]], seed: int = 0) -> Callable[[], Tensor]:
    """A number that every output and every term of the pair has a share in."""

    def value() -> Tensor:
        out, terms = run()
        parts = [out, *(t for t in terms if t is not None)]
        with seeded(seed):
            return sum((p * torch.randn_like(p)).sum() for p in parts)

    return value


def like(tensors: list[Tensor], seed: int) -> list[Tensor]:
    with seeded(seed):
        return [torch.randn_like(t) for t in tensors]


@torch.enable_grad()
def difference(value: Callable[[], Tensor], at: list[Tensor], along: list[Tensor]) -> Tensor:
    """The slope of value() as `at` moves along a direction."""
    ends = []
    for sign in (1, -1):
        shift(at, along, sign * STEP)
        ends.append(value().detach())
        shift(at, along, -sign * STEP)
    return (ends[0] - ends[1]) / (2 * STEP)


@torch.no_grad()
def shift(at: list[Tensor], along: list[Tensor], by: float) -> None:
    for t, d in zip(at, along, strict=True):
        t.add_(d, alpha=by)
