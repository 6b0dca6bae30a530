"""Layers are good citizens of torch: vmap, compile, export, state, copies, pickles."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
import warnings

import pytest
import torch
from case import Case
from laws import close, jacobians
from registry import CASES, every, one_of_each
from torch import nn

from flowviz import Layer
from flowviz.layer import architecture


def same(a: Layer, b: Layer, case: Case) -> None:
    """Assert that two layers give the same numbers, drawing the same noise."""
    x = case.points()
    for layer_results in zip(_run(a, case, x), _run(b, case, x), strict=True):
        assert torch.equal(*layer_results)


def _run(layer: Layer, case: Case, x):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        z, terms = layer(x, case.contexts(x))
        back, _ = layer.inverse(z, case.contexts(x))
        return z, back, terms.total, layer.path(x, 0.3, case.contexts(x))


@every(kind="bijection")
def test_vmap_of_jacrev(case):
    layer, x = case.build(), case.points(5)
    context = case.contexts(x)
    one = torch.func.jacrev(lambda x, c: layer(x, c, case.quiet)[0])
    if context is None:
        rows = torch.func.vmap(lambda x: one(x, None))(x)
    else:
        rows = torch.func.vmap(one)(x, context)
    flat = x[0].numel()
    close(rows.reshape(-1, flat, flat), jacobians(lambda x: layer(x, context)[0], x), 1e-9)


@every(kind="bijection")
def test_vmap_of_grad_of_the_volume(case):
    layer, x = case.build(), case.points(5)
    context = case.contexts(x)
    total = lambda x, c: layer(x, c, case.quiet)[1].total + 0 * x.sum()  # noqa: E731
    grad = torch.func.grad(total)
    rows = torch.func.vmap(grad, in_dims=(0, None if context is None else 0))(x, context)
    assert torch.isfinite(rows).all()


@one_of_each(kind="bijection")
def test_compiles_whole(case):
    """One graph, no breaks; the eager backend: nothing here depends on a C++ compiler."""
    layer, x = case.build(), case.points(8)
    context = case.contexts(x)
    torch.compiler.reset()
    compiled = torch.compile(lambda x, c: layer(x, c), fullgraph=True, backend="eager")
    z, terms = compiled(x, context)
    expected, row = layer(x, context)
    close(z, expected, 1e-12)
    close(terms.total, row.total, 1e-12)


@one_of_each(kind="bijection")
def test_exports(case):
    layer, x = case.build(), case.points(8)
    args = (x,) if not case.context else (x, case.contexts(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(layer, args)
    close(program.module()(*args)[0], layer(*args)[0], 1e-12)


@every()
def test_deepcopy_and_pickle_keep_everything(case):
    layer = case.build()
    same(layer, copy.deepcopy(layer), case)
    same(layer, pickle.loads(pickle.dumps(layer)), case)


@every()
def test_the_state_goes_into_a_fresh_layer(case):
    """Through a file, into a layer whose parameters were others."""
    layer, fresh = case.build(), case.build()
    nn.utils.vector_to_parameters(_noise(fresh), fresh.parameters())
    buffer = io.BytesIO()
    torch.save(layer.state_dict(), buffer)
    buffer.seek(0)
    fresh.load_state_dict(torch.load(buffer, weights_only=True))
    same(layer, fresh, case)


def _noise(layer: Layer) -> torch.Tensor:
    size = sum(p.numel() for p in layer.parameters())
    return torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(9))


def _same_words() -> list:
    built = [(name, case, case.build()) for name, case in CASES.items()]
    return [
        pytest.param(a, b, id=f"{j} into {k}")
        for (j, a, m), (k, b, n) in itertools.permutations(built, 2)
        if type(m) is type(n) and architecture(m) == architecture(n)
    ]


@pytest.mark.parametrize(("a", "b"), _same_words())
def test_architecture_and_state_determine_the_layer(a, b):
    """What the architecture does not tell, the state must carry: `Flow.load` compares the first."""
    layer, other = a.build(), b.build()
    other.load_state_dict(layer.state_dict())
    same(layer, other, a)
