"""fit reaches the entropy, repeats itself, leaves the rest alone, and says what went wrong."""

from __future__ import annotations

import math
import re

import pytest
import torch
from case import lively
from torch import Tensor, nn

import flowviz as fv
from flowviz import Bijection
from flowviz.layers import ActNorm, Affine, AffineCoupling, Rotation, Sequential

HIDDEN = (16, 16)


def quick(flow: fv.Flow, data: object, **options) -> fv.History:
    return fv.fit(flow, data, **{"steps": 20, "progress": False, "batch": 64, **options})


def small(context: int = 0) -> fv.Flow:
    return fv.zoo.realnvp(couplings=2, hidden=HIDDEN, context=context)


def weights(flow: fv.Flow) -> Tensor:
    return nn.utils.parameters_to_vector(flow.parameters()).detach().clone()


def normal(n: int = 400, dim: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


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


class Fuse(Bijection):
    """z = x + b; after `calls` training steps it gives NaN, or raises `error`."""

    def __init__(self, calls: int, error: type[BaseException] | None = None) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (2,)
        self.shift = nn.Parameter(torch.zeros(2))
        self.left, self.error = calls, error

    def _map(self, x, context):
        training = torch.is_grad_enabled()
        self.left -= training
        if self.left < 0 and training and self.error:
            raise self.error
        broken = torch.nan if self.left < 0 and not self.error else 1.0
        return (x + self.shift) * broken, x.new_zeros(x.shape[:-1])

    def _unmap(self, z, context):
        return z - self.shift, z.new_zeros(z.shape[:-1])

    def _path(self, x, tau, context):
        return x + tau * self.shift


class TestGoingWrong:
    def test_divergence_names_step_and_layer(self):
        flow = fv.Flow([ActNorm(2), Fuse(7), Affine(2)])
        with pytest.raises(fv.Diverged) as caught:
            quick(flow, normal())
        assert caught.value.step == 7 and caught.value.layer == "layer 2 (Fuse)"
        words = r"training diverged at step 7: the loss is nan in layer 2 \(Fuse\); try a smaller"
        assert re.match(words, str(caught.value))

    def test_after_divergence_the_flow_is_sound(self):
        flow = small()
        with pytest.raises(fv.Diverged, match=r"diverged at step \d+: .* in "):
            quick(flow, fv.data.TwoMoons(), lr=1e30)
        assert torch.isfinite(weights(flow)).all()
        assert torch.isfinite(flow.log_prob(normal())).all()

    def test_the_last_step_is_watched_too(self):
        """One step at an absurd rate: no later loss shows it, the held-out NLL does."""
        flow = fv.Flow([Affine(2)])
        with pytest.raises(fv.Diverged, match="the held-out NLL is") as caught:
            quick(flow, normal() + 9, steps=1, lr=1e30)
        assert caught.value.step == 1 and torch.isfinite(weights(flow)).all()

    def test_an_interrupt_keeps_what_was_learned(self):
        flow = fv.Flow([ActNorm(2), Fuse(30, KeyboardInterrupt), Affine(2)])
        history = quick(flow, 3 * normal() + 1, steps=1000)
        assert history.interrupted and history.steps == 30 and "interrupted" in repr(history)
        assert history.evaluations[-1][0] == 30
        assert history.nll < history.evaluations[0][2] + 1e-3
        assert weights(flow)[4:6].abs().sum() > 0  # Fuse's own shift moved

    def test_budgets(self):
        history = fv.fit(small(), normal(), seconds=0.3, progress=False)
        assert history.steps > 0 and 0.2 < history.seconds < 3
        assert quick(small(), normal(), steps=7).steps == 7
        with pytest.raises(ValueError, match="expected seconds or steps, got both"):
            fv.fit(small(), normal(), seconds=1, steps=1)
        for wrong in (
            {"steps": 0},
            {"seconds": -1.0},
            {"seconds": math.nan},
            {"seconds": math.inf},
        ):
            with pytest.raises(ValueError, match="expected a finite budget above 0, got"):
                fv.fit(small(), normal(), progress=False, **wrong)
        with pytest.raises(TypeError):
            fv.fit(small(), normal(), steps=2.5)

    @pytest.mark.parametrize(
        "recipe", [{"batch": 0}, {"lr": 0.0}, {"lr": math.nan}, {"clip": 0.0}, {"average": 1.0}]
    )
    def test_unfit_recipes(self, recipe):
        with pytest.raises(ValueError, match=f"got .*{next(iter(recipe))}="):
            quick(small(), normal(), **recipe)

    @pytest.mark.parametrize(
        ("data", "error", "words"),
        [
            (normal(0), ValueError, r"at least 2 points \(N, \.\.\.\), got \(0, 2\)"),
            (normal(1), ValueError, r"at least 2 points \(N, \.\.\.\), got \(1, 2\)"),
            (normal(9, 3), ValueError, r"expected shape \(\.\.\., 2\), got \(9, 3\)"),
            (normal(8).reshape(2, 4, 2), ValueError, r"\(N, \.\.\.\), got \(2, 4, 2\)"),
            (torch.full((9, 2), torch.nan), ValueError, "expected finite numbers, got 18 NaN"),
            ([[1.0, 2.0]], TypeError, "expected a torch.Tensor, got list"),
            (normal(9).numpy(), TypeError, "expected a torch.Tensor, got ndarray"),
            ((normal(9), normal(9)), ValueError, "got a context, but no layer"),
            ((normal(9), normal(9), 3), ValueError, r"expected a pair \(x, context\), got 3"),
            (torch.ones(9, 2), ValueError, "expected data that vary in every coordinate, got 2"),
        ],
        ids=[
            "empty",
            "one",
            "wide",
            "batches",
            "NaN",
            "list",
            "numpy",
            "context",
            "triple",
            "same",
        ],
    )
    def test_unfit_data(self, data, error, words):
        flow = small()
        before = weights(flow)
        with pytest.raises(error, match=words):
            quick(flow, data)
        assert torch.equal(before, weights(flow))

    @pytest.mark.parametrize(
        ("context", "words"),
        [
            (None, r"expected a context of shape \(\.\.\., 3\), got none"),
            (normal(9, 2), r"expected shape \(\.\.\., 3\), got \(9, 2\)"),
            (normal(8, 3), r"expected a context \(9, 3\), got \(8, 3\)"),
            (torch.zeros(3), r"expected a context \(9, 3\), got \(3,\)"),
            (torch.full((9, 3), torch.nan), "context: expected finite numbers, got 27 NaN"),
        ],
    )
    def test_unfit_context(self, context, words):
        with pytest.raises(ValueError, match=words):
            quick(small(context=3), (normal(9), context))

    def test_a_density_cannot_train_a_conditional_flow(self):
        with pytest.raises(ValueError, match=r"expected a pair \(x, context\).*got a density"):
            quick(small(context=2), fv.data.TwoMoons())

    def test_a_density_of_another_dimension(self):
        with pytest.raises(ValueError, match=r"data: expected shape \(\.\.\., 3\), got \(\d+, 2\)"):
            quick(fv.zoo.nice(dim=3), fv.data.TwoMoons())

    def test_nothing_to_learn(self):
        with pytest.raises(ValueError, match="expected a flow with parameters to learn, got none"):
            quick(fv.Flow([Rotation(2, angle=1.0, learn=False)]), normal())
        with pytest.raises(ValueError, match="expected a flow with parameters to learn, got none"):
            quick(fv.Flow([fv.layers.Permutation([1, 0])]), normal())


class TestHistory:
    def test_evaluations_and_snapshots_go_together_and_forward(self):
        for steps in (1, 2, 24, 100):
            history = quick(small(), normal(), steps=steps)
            taken = [step for step, *_ in history.evaluations]
            assert taken == sorted(set(taken)) and taken[0] == 0 and taken[-1] == steps
            assert [step for step, _ in history.snapshots] == taken
            assert len(taken) <= 27 and len(history.losses) == steps == history.steps

    def test_snapshots_restore_the_flow_of_then(self):
        data, flow = fv.data.TwoMoons(), small()
        history = quick(flow, data, steps=100)
        final, x = weights(flow), data.sample(4096, seed=5)
        assert history.restore(flow, 0) == 0
        early = -flow.log_prob(x).mean().item()
        assert early == pytest.approx(history.evaluations[0][2], abs=0.1)
        assert history.restore(flow, -1) == 100
        torch.testing.assert_close(weights(flow), final, rtol=1e-3, atol=1e-4)
        with pytest.raises(ValueError, match=r"expected a flow of \d+ parameters, got one of \d+"):
            history.restore(fv.zoo.nice(), 0)

    def test_its_words(self):
        history = quick(small(), fv.data.TwoMoons(), steps=3)
        pattern = r"History: 3 steps, held-out NLL \d\.\d\d nats \(entropy of the data \d\.\d\d\)"
        assert re.fullmatch(pattern, repr(history))

    def test_held_out_points_are_not_trained_on(self):
        """Ten points, nine of them seen: a flow that memorises is not fooled by its own loss."""
        history = quick(fv.zoo.nsf(hidden=HIDDEN), normal(10), steps=150)
        assert history.nll > history.losses[-1] + 1

    def test_two_points_are_enough(self):
        assert math.isfinite(quick(small(), normal(2), steps=3).nll)


class TestActNorm:
    def test_data_arrive_with_mean_0_and_variance_1(self):
        x = 7 * normal(1000) + torch.tensor([3.0, -40.0])
        flow = fv.Flow([lively(AffineCoupling(2, hidden=HIDDEN)), ActNorm(2)])
        flow.initialize(x)
        z = flow(x)[0].detach()
        torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
        torch.testing.assert_close(z.std(0), torch.ones(2), atol=1e-5, rtol=0)

    def test_also_inside_a_chain(self):
        layer = Sequential([Affine(2), Sequential([ActNorm(2)])])
        flow, x = fv.Flow([layer]), 5 * normal(500) + 3
        flow.initialize(x)
        torch.testing.assert_close(flow(x)[0].std(0).detach(), torch.ones(2), atol=1e-5, rtol=0)

    def test_only_once(self):
        flow = fv.Flow([ActNorm(2)])
        flow.initialize(normal())
        before = weights(flow)
        flow.initialize(100 * normal() + 1)
        assert torch.equal(before, weights(flow))
        flow.initialize(normal(1))  # nor is anything asked of the data then

    def test_images_have_one_mean_for_each_number(self):
        x = torch.rand(50, 2, 3, 3) * 9
        layer = ActNorm((2, 3, 3))
        layer.initialize(x)
        torch.testing.assert_close(
            layer(x)[0].mean(0).detach(), torch.zeros(2, 3, 3), atol=1e-5, rtol=0
        )

    def test_one_point_or_a_constant_coordinate_raises(self):
        with pytest.raises(ValueError, match="at least 2 points to start from, got 1"):
            ActNorm(2).initialize(normal(1))
        x = normal(5)
        x[:, 1] = 3
        with pytest.raises(ValueError, match="vary in every coordinate, got 1 constant"):
            ActNorm(2).initialize(x)


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
