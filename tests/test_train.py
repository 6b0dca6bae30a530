"""fit learns, repeats itself, and leaves all else alone."""

from __future__ import annotations

import math

import pytest
import torch
from training import Fuse, normal, quick, small, weights

import flowviz as fv
from flowviz.layers import ActNorm


class TestLearning:
    def test_two_moons_come_within_a_tenth_of_a_nat_of_their_entropy(self):
        data, flow = fv.data.TwoMoons(), fv.zoo.nsf(hidden=(32, 32))
        history = fv.fit(flow, data, steps=200, progress=False)
        assert history.losses[-1] < history.losses[0]
        assert data.entropy - 0.03 < history.nll < data.entropy + 0.1
        assert history.entropy == data.entropy
        x = data.sample(5000, seed=99)
        assert -flow.log_prob(x).mean().item() == pytest.approx(history.nll, abs=0.05)

    def test_a_gaussian_is_learned_exactly(self):
        """The closed form: its entropy is log(3) + log(0.2) + log(2 pi e)."""
        x = normal(20_000) * torch.tensor([3.0, 0.2]) + torch.tensor([5.0, -1.0])
        flow = fv.Flow([ActNorm(2)])
        history = quick(flow, x, steps=100)
        entropy = math.log(3 * 0.2) + math.log(2 * math.pi * math.e)
        assert history.nll == pytest.approx(entropy, abs=0.05)
        torch.testing.assert_close(
            flow[0].mean.detach(), torch.tensor([5.0, -1.0]), rtol=0, atol=0.1
        )

    def test_context_is_used(self):
        """x = c + noise of spread 0.1: knowing c saves log(spread of c / 0.1) nats a coordinate."""
        c = 2 * normal(4000, 1, seed=1)
        x = torch.cat([c, -c], -1) + 0.1 * normal(4000)
        flow = small(context=1)
        history = quick(flow, (x, c), steps=400, batch=256)
        entropy = 2 * math.log(0.1) + math.log(2 * math.pi * math.e)
        assert history.nll < entropy + 0.5
        assert quick(small(), x, steps=400, batch=256).nll > history.nll + 1

    def test_a_warm_start_goes_on_where_it_was(self):
        flow = small()
        first = quick(flow, fv.data.TwoMoons(), steps=100)
        second = quick(flow, fv.data.TwoMoons(), steps=20, lr=1e-4)
        assert second.evaluations[0][2] == pytest.approx(first.nll, abs=1e-5)

    def test_a_flow_in_double_precision_learns_from_single_precision_data(self):
        flow = small().double()
        history = quick(flow, normal())
        assert weights(flow).dtype == torch.float64 and math.isfinite(history.nll)

    def test_it_learns_inside_no_grad(self):
        flow = small()
        before = weights(flow)
        with torch.no_grad():
            quick(flow, normal())
        assert not torch.equal(before, weights(flow))


class TestRepeating:
    def test_the_same_seed_gives_the_same_bits(self):
        def run(seed):
            flow = small()
            return quick(flow, fv.data.TwoMoons(), seed=seed), weights(flow)

        (a, w), (b, v), (c, u) = run(0), run(0), run(1)
        assert a.losses == b.losses and torch.equal(w, v)
        assert a.losses != c.losses and not torch.equal(w, u)

    def test_tensors_repeat_too(self):
        one, two = small(), small()
        assert quick(one, normal()).losses == quick(two, normal()).losses
        assert torch.equal(weights(one), weights(two))

    def test_generator_threads_and_printing_are_left_alone(self, capsys):
        threads, state = torch.get_num_threads(), torch.get_rng_state()
        quick(small(), normal(), threads=threads + 1)
        quick(small(), normal())
        assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), state)
        out, err = capsys.readouterr()
        assert out == "" and err == ""

    def test_progress_shows_a_bar(self, capsys):
        quick(small(), normal(), progress=True)
        assert "NLL" in capsys.readouterr().err

    def test_threads_come_back_after_a_failure(self):
        threads = torch.get_num_threads()
        with pytest.raises(fv.Diverged):
            quick(fv.Flow([ActNorm(2), Fuse(3)]), normal(), threads=threads + 1)
        assert torch.get_num_threads() == threads


def test_frozen_parameters_stay():
    flow = small()
    flow.initialize(normal())
    frozen = list(flow[0].parameters()) + list(flow[1].net.linears[0].parameters())
    for p in frozen:
        p.requires_grad_(False)
    before, all_before = [p.clone() for p in frozen], weights(flow)
    quick(flow, normal())
    assert all(torch.equal(p, q) for p, q in zip(frozen, before, strict=True))
    assert not torch.equal(weights(flow), all_before)
