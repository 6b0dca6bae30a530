"""What every layer owes its callers: terms, columns, dtypes, gradients, words, clear errors."""

from __future__ import annotations

import pytest
import torch
from case import Case
from laws import close
from registry import every

from flowviz.layer import COLUMNS


def both_ways(case: Case, dtype: torch.dtype = torch.float64):
    """(layer, x, z, context, terms of forward, terms of inverse)."""
    layer, x = case.build(dtype), case.points(dtype=dtype)
    context = case.contexts(x)
    with torch.random.fork_rng():
        z, there = layer(x, context)
        _, back = layer.inverse(z, context)
    return layer, x, z, context, there, back


@every()
def test_the_filled_columns_are_those_declared(case):
    layer, *_, there, back = both_ways(case)
    filled = [tuple(c for c in COLUMNS if getattr(terms, c) is not None) for terms in (there, back)]
    assert filled == [layer.columns, layer.columns]


@every()
def test_float64_stays_float64_and_float32_float32(case):
    for dtype in (torch.float64, torch.float32):
        _, x, z, _, there, back = both_ways(case, dtype)
        present = [t for t in (*there, *back) if t is not None]
        assert {z.dtype, *(t.dtype for t in present)} == {dtype}


@every()
def test_converting_to_double_and_back_changes_nothing(case):
    layer = case.build(torch.float32)
    before = {k: v.clone() for k, v in layer.state_dict().items()}
    after = layer.double().float().state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)


@every()
def test_shapes_are_those_declared(case):
    layer, x, z, _, there, _ = both_ways(case)
    assert x.shape[1:] == layer.data_shape and z.shape[1:] == layer.latent_shape
    assert there.total.shape == x.shape[:1]


@every()
def test_inputs_are_not_changed(case):
    layer, x = case.build(), case.points()
    z, context = case.latents(), case.contexts(x)
    kept = [t.clone() for t in (x, z) if t is not None]
    state = {k: v.clone() for k, v in layer.state_dict().items()}
    layer(x, context), layer.path(x, 0.5, context)
    layer.inverse(z, case.contexts(z))
    assert all(torch.equal(a, b) for a, b in zip(kept, (x, z), strict=True))
    assert all(torch.equal(v, state[k]) for k, v in layer.state_dict().items())
    if context is not None:
        assert torch.equal(context, case.contexts(x))


@every()
def test_what_comes_out_shares_no_memory_with_what_went_in(case):
    """Else writing into a result would change the input."""
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    with torch.no_grad():
        results = [layer(x, context)[0], layer.path(x, 0.0, context), layer.path(x, 1.0, context)]
    for result in results:
        assert result.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


@every()
def test_gradients_are_finite_far_out_and_at_the_knots(case):
    """In both precisions, of z and of the terms, for the inputs and every parameter."""
    for dtype in (torch.float32, torch.float64):
        layer, x = case.build(dtype), case.points(dtype=dtype)
        if case.data is None and layer.data_space.name == "the reals":
            x = torch.cat([x, torch.full_like(x[:1], 1e3), torch.full_like(x[:1], -1e3)])
        _assert_finite_gradients(layer, x, case.contexts(x), layer)


@every()
def test_gradients_of_the_inverse_are_finite(case):
    for dtype in (torch.float32, torch.float64):
        layer, x = case.build(dtype), case.points(dtype=dtype)
        context = case.contexts(x)
        z = layer(x, context)[0].detach()
        _assert_finite_gradients(layer, z, context, layer.inverse)


def _assert_finite_gradients(layer, v, context, step):
    v = v.clone().requires_grad_()
    out, terms = step(v, context)
    for value in (out.sum(), terms.total.sum()):
        if value.requires_grad:
            wanted = [v, *(p for p in layer.parameters() if p.requires_grad)]
            for grad in torch.autograd.grad(value, wanted, retain_graph=True, allow_unused=True):
                assert grad is None or torch.isfinite(grad).all()


@every()
def test_every_parameter_receives_a_gradient(case):
    layer, x = case.build(), case.points()
    z, terms = layer(x, case.contexts(x))
    total = (z**3).sum() + z.sum() + terms.total.sum()
    learned = [(k, p) for k, p in layer.named_parameters() if p.requires_grad and p.numel()]
    if learned:
        names, params = zip(*learned, strict=True)
        grads = torch.autograd.grad(total, params, allow_unused=True)
        assert not [k for k, g in zip(names, grads, strict=True) if g is None or not g.any()]


@every()
def test_the_layer_says_what_it_is_and_does(case):
    layer = case.build()
    for words in (repr(layer), layer.title, layer.action):
        assert isinstance(words, str) and words.strip()
    assert layer.title != "Layer" and "object at 0x" not in repr(layer)
    assert layer.action != "the point moves", "say in one clause what the layer does"


@every(context=bool)
def test_context_changes_the_result(case):
    layer, x = case.build(), case.points()
    one, other = case.contexts(x, seed=3), case.contexts(x, seed=4)
    (y, row), (z, column) = layer(x, one), layer(x, other)
    assert not torch.allclose(y, z) or not torch.allclose(row.total, column.total)
    z = case.latents()
    one, other = case.contexts(z, seed=3), case.contexts(z, seed=4)
    (x, row), (y, column) = layer.inverse(z, one), layer.inverse(z, other)
    assert not torch.allclose(x, y) or not torch.allclose(row.total, column.total)


@every(context=bool)
def test_one_context_serves_the_whole_batch(case):
    layer, x = case.build(), case.points(8)
    context = case.contexts(x)[:1]
    with torch.random.fork_rng():
        alone = layer(x, context[0])[0]
    repeated = layer(x, context.expand(len(x), -1))[0]
    if case.exact or case.estimated:
        close(alone, repeated, 1e-12)


@every(context=bool)
def test_context_that_is_missing_or_unfit_raises(case):
    layer, x = case.build(), case.points()
    good = case.contexts(x)
    nan = good.clone()
    nan[0, 0] = torch.nan
    wrong = [
        (None, ValueError, "got none"),
        (good[:, :0], ValueError, "got"),
        (torch.cat([good, good], -1), ValueError, f"got .*{2 * case.context}"),
        (good[:-1], ValueError, "batch shape"),
        (good.float(), TypeError, "got torch.float32"),
        (good.tolist(), TypeError, "got list"),
        (nan, ValueError, "NaN"),
    ]
    for context, error, words in wrong:
        for call in (layer, layer.inverse, lambda v, c: layer.path(v, 0.5, c)):
            value = x if call != layer.inverse else layer(x, good)[0].detach()
            with pytest.raises(error, match=f"expected .*{words}"):
                call(value, context)


@every()
def test_unfit_points_raise_and_say_what_was_expected_and_given(case):
    layer, x = case.build(), case.points()
    context, nan = case.contexts(x), x.clone()
    nan.view(-1)[0] = torch.nan
    shape = layer.data_shape
    wrong = [
        (x[..., :-1], ValueError, rf"expected shape \(\.\.\., {', '.join(map(str, shape))}\), got"),
        (x.new_zeros(()), ValueError, r"expected shape .*got \(\)"),
        (x.long(), TypeError, "expected floating point numbers, got torch.int64"),
        (nan, ValueError, "expected finite numbers, got 1 NaN"),
        (nan.nan_to_num(torch.inf), ValueError, "expected finite numbers, got 1 NaN or infinite"),
        (x.tolist(), TypeError, "expected a torch.Tensor, got list"),
    ]
    for value, error, words in wrong:
        with pytest.raises(error, match=words):
            layer(value, context)
        with pytest.raises(error, match=words):
            layer.path(value, 0.5, context)


@every()
def test_unfit_latents_raise(case):
    layer, z = case.build(), case.latents()
    context = case.contexts(z)
    wide = torch.cat([z, z], -1)
    for value, error, words in [
        (wide, ValueError, "latent side: expected shape"),
        (torch.full_like(z, torch.nan), ValueError, f"finite numbers, got {z.numel()} NaN"),
    ]:
        with pytest.raises(error, match=words):
            layer.inverse(value, context)


@every()
def test_another_dtype_than_the_parameters_raises(case):
    layer, x = case.build(), case.points(dtype=torch.float32)
    if any(True for _ in layer.parameters()):
        with pytest.raises(TypeError, match=r"expected torch.float64.*got torch.float32"):
            layer(x, case.contexts(x))


@every()
def test_unfit_mode_and_tau_raise(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    with pytest.raises(ValueError, match='expected mode "sample" or "mean", got \'median\''):
        layer(x, context, mode="median")
    for tau in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"expected tau in \[0, 1\], got"):
            layer.path(x, tau, context)


@every()
def test_mean_mode_draws_nothing(case):
    layer, x = case.build(), case.points()
    context, z = case.contexts(x), case.latents()
    state = torch.get_rng_state()
    first = layer(x, context, "mean")[0]
    again = layer(x, context, "mean")[0]
    back = layer.inverse(z, case.contexts(z), "mean")[0]
    assert torch.equal(first, again)
    assert torch.equal(back, layer.inverse(z, case.contexts(z), "mean")[0])
    assert torch.equal(state, torch.get_rng_state())
