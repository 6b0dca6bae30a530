"""A large batch without gradients goes through a flow of bijections in pieces, unnoticed."""

from __future__ import annotations

import torch
from laws import close

import flowviz as fv
from flowviz.flow import _ROWS

N = 2 * _ROWS + 3


def lively() -> fv.Flow:
    flow = fv.zoo.realnvp(2, couplings=3, hidden=(32, 32)).double()
    torch.manual_seed(0)
    for p in flow.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return flow


def test_log_prob_is_that_of_the_whole_batch():
    flow, x = lively(), torch.randn(N, 2, dtype=torch.float64)
    assert torch.is_grad_enabled()
    whole = flow.log_prob(x).detach()
    with torch.no_grad():
        assert flow._in_pieces(x) and not flow._in_pieces(x[:_ROWS])
        pieces = flow.log_prob(x)
    close(pieces, whole, 1e-12)


def test_samples_are_those_of_the_whole_batch():
    flow = lively()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        z = flow.base.sample(N)
    close(flow.sample(N, seed=3), flow.inverse(z)[0].detach(), 1e-12)


def test_a_flow_that_draws_or_has_no_wide_layer_is_left_whole():
    wide = fv.layers.AffineCoupling(3, hidden=(64, 64))
    for flow in (fv.Flow([fv.layers.Augment(2, 1), wide]), fv.Flow([fv.layers.Planar(2)])):
        with torch.no_grad():
            assert not flow._in_pieces(torch.zeros(N, 2))
