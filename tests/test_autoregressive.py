"""MADE and the autoregressive layers: what sees what, and the same numbers as zuko and nflows."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close, jacobians

from flowviz.flow import seeded
from flowviz.layers import InverseAutoregressive, MaskedAutoregressive
from flowviz.layers.univariate import Affine, RationalQuadratic
from flowviz.nets import MADE


def made(dim: int, hidden=(12, 9), count: int = 2, context: int = 0) -> MADE:
    with seeded(3):
        net = MADE(dim, hidden, torch.zeros(count), context).double()
        for p in net.parameters():
            torch.nn.init.normal_(p)
    return net


def wide_open(*sizes, **options) -> MADE:
    """Positive throughout, so that on positive inputs no unit sleeps and nothing cancels."""
    net = made(*sizes, **options)
    for p in net.parameters():
        p.data.abs_()
    return net


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
@pytest.mark.parametrize("hidden", [(), (1,), (5,), (16, 3), (16, 16, 16)])
@pytest.mark.parametrize("context", [0, 2])
def test_parameters_depend_on_the_coordinates_before_and_on_no_other(dim, hidden, context):
    net, x = wide_open(dim, hidden, 3, context), torch.rand(4, dim, dtype=torch.float64)
    given = torch.rand(4, context, dtype=torch.float64) if context else None
    rows = jacobians(lambda x: net(x, given).movedim(0, 1), x)
    seen = rows.unflatten(1, (3, dim)).abs().amax((0, 1))
    assert not seen.triu().any()
    if not hidden or min(hidden) >= dim:
        assert seen.tril(-1).bool().sum() == dim * (dim - 1) // 2


def test_every_output_sees_the_context_the_first_one_too():
    net = wide_open(4, (12, 9), 2, context=3)
    given = torch.rand(4, 3, dtype=torch.float64)
    x = torch.rand(4, 4, dtype=torch.float64)
    rows = jacobians(lambda c: net(x, c).movedim(0, 1), given)
    assert rows.unflatten(1, (2, 4)).abs().amax((0, 1)).all()


def test_the_numbers_are_those_of_zuko():
    zuko = pytest.importorskip("zuko")
    ours, x = made(5, (16, 12)), torch.randn(20, 5, dtype=torch.float64)
    before = torch.ones(5, 5).tril(-1).bool().repeat(2, 1)
    theirs = zuko.nn.MaskedMLP(before, (16, 12)).double()
    _copy(ours, [m for m in theirs if isinstance(m, torch.nn.Linear)], torch.arange(10))
    close(theirs(x), ours(x).movedim(0, 1).flatten(1), 1e-13)


def test_the_numbers_are_those_of_nflows():
    module = pytest.importorskip("nflows.transforms.made")
    ours, x = made(5, (16, 16)), torch.randn(20, 5, dtype=torch.float64)
    theirs = module.MADE(
        5, 16, num_blocks=1, output_multiplier=2, use_residual_blocks=False, activation=torch.relu
    ).double()
    pairs = torch.arange(10).reshape(2, 5).T.flatten()  # nflows: (dim, P), ours: (P, dim)
    _copy(ours, [theirs.initial_layer, theirs.blocks[0].linear, theirs.final_layer], pairs)
    close(theirs(x).unflatten(1, (5, 2)).movedim(-1, 0), ours(x), 1e-13)


def _copy(ours: MADE, linears: list[torch.nn.Linear], outputs: torch.Tensor) -> None:
    """Our weights, unmasked, into a peer whose units have degrees 1, 2, .., dim-1, 1, 2, ..

    Ours stand in order of degree; sorting theirs lines the units up.
    """
    sizes = [m.out_features for m in ours.linears[:-1]]
    order = [torch.arange(h).remainder(ours.dim - 1).argsort(stable=True) for h in sizes]
    order = [torch.arange(ours.dim), *order, outputs.argsort()]
    for mine, other, rows, columns in zip(ours.linears, linears, order[1:], order, strict=False):
        other.weight.data[rows[:, None], columns] = mine.weight.data
        other.bias.data[rows] = mine.bias.data


@pytest.mark.parametrize("univariate", [Affine(3.0), RationalQuadratic()])
@pytest.mark.parametrize("gradient", [True, False])
def test_the_inverse_in_steps_is_what_one_pass_at_a_time_gives(univariate, gradient):
    """Against the plain definition: dim passes of the whole network, one new coordinate each."""
    layer = lively(MaskedAutoregressive(6, univariate, (20, 14)), 1.5).double()
    z = torch.randn(30, 6, dtype=torch.float64)
    x = torch.zeros_like(z)
    for _ in range(6):
        x = univariate.unmap(z, layer.net(x))[0]
    with torch.set_grad_enabled(gradient):
        close(layer.inverse(z)[0], x, 1e-12)


@pytest.mark.parametrize("cls", [MaskedAutoregressive, InverseAutoregressive])
def test_gradients_pass_through_the_steps(cls):
    layer = lively(cls(3, Affine(2.0), (8, 8))).double()
    z = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    for call in (layer, layer.inverse):
        assert torch.autograd.gradcheck(lambda z, call=call: (r := call(z))[:1] + r[1][:1], z)


def test_each_unit_is_computed_once(monkeypatch):
    """Rows of all products together: the units and the outputs, not dim times as many."""
    rows, addmm = [], torch.addmm
    monkeypatch.setattr(torch, "addmm", lambda b, w, h: rows.append(len(w)) or addmm(b, w, h))
    layer = MaskedAutoregressive(16, Affine(3.0), (40, 30))
    layer.inverse(torch.randn(5, 16))
    assert sum(rows) == 40 + 30 + 2 * 16


def test_the_inverse_autoregressive_layer_is_the_masked_one_turned_round():
    one = lively(MaskedAutoregressive(3, Affine(3.0), (8,))).double()
    other = lively(InverseAutoregressive(3, Affine(3.0), (8,))).double()
    x = torch.randn(9, 3, dtype=torch.float64)
    z, terms = one(x)
    back, turned = other.inverse(x)
    close(back, z, 0)
    close(turned.volume, -terms.volume, 0)


@pytest.mark.parametrize("order", ["sideways", (0, 1), (0, 1, 1), (1, 2, 3)])
def test_an_unfit_order_raises(order):
    with pytest.raises(ValueError, match="MaskedAutoregressive: expected .*got"):
        MaskedAutoregressive(3, Affine(), order=order)


@pytest.mark.parametrize("sizes", [(0, (8,), 0), (2, (8, 0), 0), (2, (8,), -1)])
def test_unfit_sizes_raise(sizes):
    dim, hidden, context = sizes
    with pytest.raises(ValueError, match="MADE: expected positive sizes, got dim="):
        MADE(dim, hidden, torch.zeros(1), context)
