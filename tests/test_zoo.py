"""Ready-made flows of the autoregressive, residual and continuous families."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close, log_volumes

import flowviz as fv

FLOWS = {
    "maf": {"hidden": (16,)},
    "maf with splines": {"hidden": (16,), "bins": 6},
    "iaf": {"hidden": (16,)},
    "planar": {"hidden": (8,), "layers": 6},
    "sylvester": {"hidden": (8,), "layers": 4},
    "residual": {"hidden": (16,), "blocks": 3},
    "attentive": {"hidden": (16,), "blocks": 2},
    "attentive by alignment": {"hidden": (16,), "blocks": 2, "kind": "dot"},
    "ffjord": {"hidden": (16, 16), "steps": 12},
}
flows = pytest.mark.parametrize("name", FLOWS)


def make(name: str, **options) -> fv.Flow:
    return getattr(fv.zoo, name.split()[0])(**FLOWS[name], **options)


@flows
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("context", [0, 2])
def test_likelihood_is_the_change_of_variables(name, dim, context):
    flow = lively(make(name, dim=dim, context=context), 0.7).double()
    generator = torch.Generator().manual_seed(8)
    x = torch.randn(9, dim, dtype=torch.float64, generator=generator)
    given = torch.randn(9, context, dtype=torch.float64, generator=generator) if context else None
    z = flow(x, given)[0]
    expected = flow.base.log_prob(z) + log_volumes(lambda x: flow(x, given)[0], x)
    close(flow.log_prob(x, given), expected, 1e-5 if name == "ffjord" else 1e-9)
    close(flow.inverse(z, given)[0], x, 1e-5 if name == "ffjord" else 1e-8)
    assert flow.exact


@flows
def test_draws_come_with_their_density_and_a_seed_repeats_them(name):
    flow = lively(make(name), 0.7).double()
    x, log_prob = flow.sample_and_log_prob(20, seed=3)
    close(log_prob, flow.log_prob(x), 1e-5 if name == "ffjord" else 1e-9)
    close(flow.sample(20, seed=3), x.detach(), 1e-9)
    one, other = make(name).state_dict(), make(name).state_dict()
    assert all(torch.equal(one[k], other[k]) for k in one)


@flows
def test_thirty_steps_bring_it_closer_to_the_moons(name):
    history = fv.fit(make(name), fv.data.TwoMoons(), steps=30, progress=False)
    assert history.nll < history.evaluations[0][2] - 0.02


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("residual", {"volume": "roulette", "blocks": 2, "hidden": (16,)}),
        ("ffjord", {"divergence": "hutchinson", "hidden": (16, 16)}),
    ],
)
def test_estimated_volumes_train_too_and_say_that_they_are_no_exact_ones(name, options):
    flow = getattr(fv.zoo, name)(**options)
    history = fv.fit(flow, fv.data.TwoMoons(), steps=30, progress=False)
    assert history.nll < history.evaluations[0][2] - 0.02
    assert not flow.exact
