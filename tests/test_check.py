"""fv.check: homework with a bug is caught by the right law in the right words; the rest passes."""

from __future__ import annotations

import copy
import math
import re

import pytest
import torch
from case import lively
from checked import points
from homework import GALLERY, Bend, MinusTheVolume, NotWritten, Scale
from registry import one_of_each
from toys import Fold, Pad

import flowviz as fv
from flowviz.layers import AffineCoupling, Augment, Logit, Permutation


def data_of(layer: fv.Layer) -> torch.Tensor:
    return points(getattr(layer, "data_shape", (2,))[0])


@one_of_each()
def test_every_layer_of_ours_passes(case):
    x = case.points(4)
    report = fv.check(case.build(), x, context=case.contexts(x))
    assert report.ok, report


@pytest.mark.parametrize("layer", [Scale(), Scale(3), Bend(), Fold(2), Pad()])
def test_homework_that_is_right_passes(layer):
    report = fv.check(layer, data_of(layer))
    assert report.ok, report


@pytest.mark.parametrize("bug", GALLERY, ids=lambda b: f"{type(b.make()).__name__}, {b.law}")
def test_a_bug_is_caught_by_its_law_and_told_in_words(bug):
    layer = bug.make()
    report = fv.check(layer, data_of(layer))
    row = report[bug.law]
    assert row.status == "failed", row
    assert re.search(bug.words, row.sentence), row.sentence
    assert "\n" not in row.sentence
    assert not report.ok
    assert len(report.failed) <= 3, "no avalanche: what builds on the broken law waits"


class TestFlows:
    def test_the_wrong_base_is_refused(self):
        with pytest.raises(ValueError, match="would not integrate to 1"):
            fv.Flow([Fold(2)], fv.StandardNormal(2))

    def test_the_wrong_base_put_in_by_hand_is_caught(self):
        flow = fv.Flow([Fold(2)], fv.HalfNormal(2))
        assert fv.check(flow, points()).ok
        flow.base = fv.StandardNormal(2)
        report = fv.check(flow, points())
        assert "lives on the reals, but the layers arrive on the half-line" in (
            report["support"].sentence
        )
        assert report["mass"].sentence.startswith("the density integrates to 0.25: 1/4")
        assert report["mass"].error == pytest.approx(0.75, abs=0.01)

    def test_the_wrong_layer_is_named(self):
        flow = fv.Flow([Scale(), Permutation([1, 0]), MinusTheVolume(), Scale()])
        report = fv.check(flow, points())
        assert report["volume"].sentence.endswith("(first wrong: layer 3, MinusTheVolume)")
        assert report["mass"].status == "failed"

    def test_the_density_of_a_line_is_counted(self):
        assert fv.check(fv.Flow([Scale(1)]), points(1)).ok
        report = fv.check(fv.Flow([MinusTheVolume(1)]), points(1))
        integral = math.exp(-0.6)  # e^-s where e^s belongs
        assert report["mass"].error == pytest.approx(1 - integral, abs=0.01)

    def test_draws_that_disagree_with_log_prob_are_caught(self):
        class Off(fv.Flow):
            def sample_and_log_prob(self, n, context=None, seed=None):
                x, log_p = super().sample_and_log_prob(n, context, seed)
                return x, log_p - 1

        report = fv.check(Off([Scale()]), points())
        assert [row.law for row in report.failed] == ["samples"]

    def test_a_bound_that_draws_loosen_is_caught(self):
        class Loosened(fv.Flow):
            def log_prob(self, x, context=None, draws=1):
                return super().log_prob(x, context, draws) - math.log(draws)

        layers = [Augment(2, 1), Scale(3)]
        good, bad = (fv.check(kind(layers), points()) for kind in (fv.Flow, Loosened))
        assert good.ok and good["bound"].status == "passed"
        assert [row.law for row in bad.failed] == ["bound"]
        assert "more draws must tighten it" in bad["bound"].sentence

    def test_a_layer_that_raises_is_quoted(self):
        report = fv.check(fv.Flow([Scale(), NotWritten()]), points())
        assert "NotWritten" in report["forward"].sentence
        assert "your turn" in report["forward"].sentence


class TestManners:
    def test_nothing_is_left_behind(self):
        layer = Scale()
        x = points().requires_grad_()
        (layer(x)[0].sum() + x.sum()).backward()
        layer.eval()
        kept = copy.deepcopy(layer.state_dict())
        grads = [p.grad.clone() for p in (x, *layer.parameters())]
        generator, given = torch.get_rng_state(), x.detach().clone()
        with torch.no_grad():
            fv.check(layer, x)
            assert not torch.is_grad_enabled()
        assert torch.is_grad_enabled() and not layer.training
        assert torch.equal(generator, torch.get_rng_state()) and torch.equal(given, x)
        assert all(torch.equal(kept[k], v) for k, v in layer.state_dict().items())
        assert all(v.dtype == torch.float32 for v in layer.state_dict().values())
        for p, grad in zip((x, *layer.parameters()), grads, strict=True):
            assert torch.equal(p.grad, grad)

    def test_the_original_is_never_called(self):
        layer, calls = Scale(), []
        layer.register_forward_hook(lambda module, *_: calls.append(module))
        fv.check(layer, points())
        assert calls and not any(module is layer for module in calls)

    def test_the_same_again(self):
        flow = fv.Flow([Augment(2, 1), Scale(3)])
        assert repr(fv.check(flow, points())) == repr(fv.check(flow, points()))

    def test_it_works_without_gradients_and_in_inference_mode(self):
        with torch.inference_mode():
            assert fv.check(Scale(), points()).ok

    def test_any_batch_shape_and_any_number_of_points_will_do(self):
        x = torch.randn(6, 50, 2, generator=torch.Generator().manual_seed(0))
        assert fv.check(Scale(), x).ok
        single = fv.check(Scale(), x[0, 0])
        assert single.ok and single["batch mates"].status == "not applicable"

    def test_context_of_the_batch_or_one_for_all(self):
        layer, x = AffineCoupling(2, hidden=(4,), context=3), points()
        for context in (torch.randn(len(x), 3), torch.randn(3)):
            assert fv.check(layer, x, context=context).ok

    def test_ties_have_several_right_answers(self):
        for layer in (fv.layers.Abs(2, sign="learned"), fv.layers.Sort(2)):
            report = fv.check(layer, torch.zeros(5, 2))
            assert report.ok, report

    def test_estimates_are_no_bounds_and_pass(self):
        fresh = fv.layers.ResidualMLP(2, (4,), volume="roulette")
        loose = lively(fv.layers.ResidualMLP(2, (4,), volume="truncated"))
        carried = lively(fv.layers.Continuous(2, (4,), time=0.2, divergence="hutchinson"))
        for layer in (fresh, loose, carried):
            report = fv.check(layer, points())
            assert report.ok and not layer.exact, report

    def test_wide_layers_leave_out_what_is_slow(self):
        x = torch.randn(8, 200, generator=torch.Generator().manual_seed(0))
        report = fv.check(fv.layers.Affine(200), x)
        assert report.ok
        assert {report[law].status for law in ("volume", "path between", "mass")} == {
            "not applicable"
        }

    @pytest.mark.parametrize(
        ("layer", "x", "options", "error", "words"),
        [
            (torch.nn.Linear(2, 2), points(), {}, TypeError, "a flowviz Layer or Flow, got Linear"),
            (Scale(), [1.0, 2.0], {}, TypeError, "got list"),
            (Scale(), points(3), {}, ValueError, r"expected shape \(\.\.\., 2\), got \(13, 3\)"),
            (Scale(), points()[:0], {}, ValueError, "at least one point"),
            (Scale(), points() / 0, {}, ValueError, "expected finite numbers"),
            (Logit(2), points(), {}, ValueError, "expected points of the unit cube"),
            (AffineCoupling(2, context=1), points(), {}, ValueError, "got none"),
            (Scale(), points(), {"draws": 1}, ValueError, "draws >= 2, got 1"),
            (Scale(), points(), {"tolerance": 0.0}, ValueError, "tolerance < 1, got 0"),
        ],
    )
    def test_what_does_not_fit_raises(self, layer, x, options, error, words):
        with pytest.raises(error, match=words):
            fv.check(layer, x, **options)
