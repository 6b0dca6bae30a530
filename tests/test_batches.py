"""Leading dimensions are free, and no point's result depends on its batch mates."""

from __future__ import annotations

import torch
from case import Case
from laws import close
from registry import every
from torch import Tensor

ALONE = 1e-12  # other shapes sum in another order


def results(
    case: Case, x: Tensor, context: Tensor | None, mode: str = "sample"
) -> tuple[Tensor, Tensor]:
    z, terms = case.build()(x, context, mode)
    return z, terms.total


def results_of_inverse(
    case: Case, z: Tensor, context: Tensor | None, mode: str = "sample"
) -> tuple[Tensor, Tensor]:
    x, terms = case.build().inverse(z, context, mode)
    return x, terms.total


def _calls(case: Case):
    yield results, case.points(12)[-12:]  # random ones and all awkward ones
    yield results_of_inverse, case.latents(12)


@every()
def test_terms_have_exactly_the_batch_shape(case):
    for call, v in _calls(case):
        event, context = v.shape[1:], case.contexts(v)
        for batch in [(), (1,), (12,), (3, 4), (2, 1, 6)]:
            size = torch.Size(batch).numel()
            c = None if context is None else context[:size].reshape(*batch, -1)
            out, term = call(case, v[:size].reshape(*batch, *event), c)
            assert term.shape == batch and out.shape[: len(batch)] == batch


@every()
def test_an_empty_batch_gives_an_empty_result(case):
    for call, v in _calls(case):
        out, term = call(case, v[:0], case.contexts(v[:0]))
        assert len(out) == 0 and term.shape == (0,)


@every(kind="bijection")
def test_batch_dimensions_change_no_number(case):
    for call, v in _calls(case):
        event, context = v.shape[1:], case.contexts(v)
        folded = None if context is None else context.reshape(3, 4, -1)
        out, term = call(case, v.reshape(3, 4, *event), folded, case.quiet)
        flat, flat_term = call(case, v, context, case.quiet)
        close(out.reshape(flat.shape), flat, ALONE)
        close(term.reshape(-1), flat_term, ALONE)


@every(kind="bijection")
def test_no_point_depends_on_its_batch_mates(case):
    """Shuffled, halved, or alone: the same point, the same numbers."""
    for call, v in _calls(case):
        context = case.contexts(v)
        whole = call(case, v, context, case.quiet)
        for index in (
            torch.randperm(12, generator=torch.Generator().manual_seed(0)),
            torch.arange(5),
            torch.tensor([7]),
        ):
            own = None if context is None else context[index]
            part = call(case, v[index], own, case.quiet)
            for a, b in zip(part, whole, strict=True):
                close(a, b[index], max(ALONE, case.tolerance * 1e-3))


@every()
def test_no_gradient_crosses_from_point_to_point(case):
    """d z_0 / d x_n = 0 for n > 0, also of layers that draw noise."""
    x = case.points(6)[:6].requires_grad_()
    z, term = results(case, x, case.contexts(x.detach()))
    for value in (z[0].sum(), term[0]):
        if value.requires_grad:
            (grad,) = torch.autograd.grad(value, x, retain_graph=True, allow_unused=True)
            assert grad is None or not grad[1:].any()
