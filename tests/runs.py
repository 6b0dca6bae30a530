"""A run of layers in one step against the layers one after the other: what tests of runs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from laws import close
from torch import Tensor

from flowviz.layer import Layer, Terms
from flowviz.layers import Sequential, fast_runs

Form = Callable[[Sequential, Tensor, bool], tuple[Tensor, Tensor]]


def points(dim: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 4, dim, generator=generator, dtype=dtype).requires_grad_()


def sizes(layers: Iterable[Layer], v: Tensor, data_side: bool = True) -> list[int]:
    """How many layers each run has."""
    return [len(group) for group in fast_runs.runs(layers, v, data_side)]


def one_by_one(layers: Sequential, v: Tensor, data_side: bool) -> tuple[Tensor, Tensor]:
    rows = []
    for layer in layers.layers if data_side else reversed(layers.layers):
        v, terms = layer(v) if data_side else layer.inverse(v)
        rows.append(terms)
    return v, Terms.sum(rows).volume


def at_once(layers: Sequential, v: Tensor, data_side: bool) -> tuple[Tensor, Tensor]:
    out, terms = layers(v) if data_side else layers.inverse(v)
    return out, terms.volume


def evaluated(
    form: Form, layers: Sequential, v: Tensor, data_side: bool, graph: bool = False
) -> list[Tensor]:
    """Points, volumes, and the gradients of a sum whose weights differ from number to number."""
    out, volume = form(layers, v, data_side)
    scales = torch.linspace(0.5, 2, v.numel(), dtype=v.dtype).view(out.shape)
    total = (scales * out**2).sum() + (scales[..., 0] * volume).sum()
    wanted = [v, *layers.parameters()]
    return [out, volume, *torch.autograd.grad(total, wanted, create_graph=graph)]


def assert_runs_are_the_layers(
    layers: Sequential,
    v: Tensor,
    bound: float,
    data_side: bool = True,
    graph: bool = False,
    values: float | None = None,
) -> None:
    """Values and gradients to `bound`, the values where no gradient is asked for to `values`."""
    pairs = (evaluated(form, layers, v, data_side, graph) for form in (at_once, one_by_one))
    for a, b in zip(*pairs, strict=True):
        close(a, b, bound)
    with torch.no_grad():
        pairs = (form(layers, v, data_side) for form in (at_once, one_by_one))
        for a, b in zip(*pairs, strict=True):
            close(a, b, bound if values is None else values)


def assert_second_gradients_agree(
    layers: Sequential, v: Tensor, bound: float, data_side: bool = True
) -> None:
    second = []
    for form in (at_once, one_by_one):
        first = evaluated(form, layers, v, data_side, graph=True)[2:]
        total = sum(g.square().sum() for g in first)
        second.append(torch.autograd.grad(total, [v, *layers.parameters()]))
    for a, b in zip(*second, strict=True):
        close(a, b, bound)
