"""A flow is its layers and its base, no more and no less."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch
from case import lively
from laws import close
from masses import Grid
from torch import nn
from toys import Fold

import flowviz as fv
from flowviz.layers import ActNorm, Affine, AffineCoupling, LULinear, Permutation, Rotation

ZOO = [fv.zoo.nice, fv.zoo.realnvp, fv.zoo.nsf]
LIVELY = {"nice": 0.7, "realnvp": 0.5, "nsf": 0.6}


def lively_zoo(make, **options) -> fv.Flow:
    flow = make(hidden=(16, 16), **options).double()
    lively(flow, LIVELY[make.__name__])
    return flow


def points(n: int = 64, dim: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    return 2 * torch.randn(n, dim, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("make", ZOO)
class TestEveryFlowOfTheZoo:
    def test_log_prob_is_base_plus_terms(self, make):
        flow, x = lively_zoo(make), points()
        expected, z = torch.zeros(len(x), dtype=x.dtype), x
        for layer in flow:
            z, terms = layer(z)
            expected = expected + terms.volume
        normal = torch.distributions.Normal(torch.zeros((), dtype=x.dtype), 1)
        close(flow.log_prob(x), expected + normal.log_prob(z).sum(-1), 1e-12)

    def test_the_density_integrates_to_1_and_samples_follow_it(self, make):
        flow = lively_zoo(make)
        x = flow.sample(20_000, seed=0)
        grid = Grid.around(x, 500)
        with torch.no_grad():
            mass = flow.log_prob(grid.points).exp() * grid.cell
        assert float(mass.sum()) == pytest.approx(1, abs=2e-3)
        assert grid.surprise(x, mass) > 1e-3

    def test_sample_and_log_prob_agrees_with_log_prob(self, make):
        flow = lively_zoo(make)
        x, log_prob = flow.sample_and_log_prob(200, seed=3)
        close(flow.log_prob(x), log_prob, 1e-8)
        assert log_prob.shape == (200,) and log_prob.requires_grad

    def test_the_ledger_adds_up(self, make):
        flow, x = lively_zoo(make), points()
        ledger = flow.ledger(x)
        close(ledger.total, flow.log_prob(x).detach(), 1e-12)
        assert len(ledger.rows) == len(flow) and ledger.exact

    def test_it_starts_near_the_identity(self, make):
        """NICE beside it, off the saddle that the identity is on symmetric data."""
        x = points().float()
        z, terms = make()(x)
        stride = (z - x).square().mean().sqrt()
        assert 0.01 < stride < 0.5 if make is fv.zoo.nice else stride < 1e-5
        close(terms.total, torch.zeros(len(x)), 1e-5)

    def test_the_same_seed_builds_the_same_and_none_another(self, make):
        parameters = lambda **kw: nn.utils.parameters_to_vector(make(**kw).parameters())  # noqa: E731
        state = torch.get_rng_state()
        assert torch.equal(parameters(), parameters(seed=0))
        assert torch.equal(state, torch.get_rng_state())
        assert not torch.equal(parameters(), parameters(seed=1))
        assert not torch.equal(parameters(seed=None), parameters(seed=None))

    @pytest.mark.parametrize("dim", [3, 5])
    def test_other_dimensions(self, make, dim):
        flow, x = lively_zoo(make, dim=dim), points(dim=dim)
        close(flow.inverse(flow(x)[0])[0], x, 1e-8)

    def test_context(self, make):
        flow, x = lively_zoo(make, context=3), points()
        context = torch.linspace(-1, 1, 3 * len(x), dtype=x.dtype).reshape(len(x), 3)
        log_prob = flow.log_prob(x, context)
        close(flow.log_prob(x[5], context[5]), log_prob[5], 1e-12)
        assert not torch.allclose(flow.log_prob(x, context.flip(0)), log_prob)
        drawn, drawn_log_prob = flow.sample_and_log_prob(len(x), context, seed=0)
        close(flow.log_prob(drawn, context), drawn_log_prob, 1e-8)
        assert torch.equal(flow.sample(len(x), context, seed=0), drawn)
        assert flow.sample(4, context[0]).shape == (4, 2)
        with pytest.raises(
            ValueError, match=r"expected a context of shape \(\.\.\., 3\), got none"
        ):
            flow.log_prob(x)

    def test_batch_shapes(self, make):
        flow, x = lively_zoo(make), points(12)
        for batch in [(), (1,), (3, 4)]:
            size = math.prod(batch)
            assert flow.log_prob(x[:size].reshape(*batch, 2)).shape == batch

    def test_single_precision_is_close_to_double(self, make):
        flow, x = lively_zoo(make), points()
        double = flow.log_prob(x).detach()
        single = flow.float().log_prob(x.float())
        assert single.dtype == torch.float32
        close(single.detach().double(), double, 1e-4)


def test_nice_keeps_volume_but_for_its_scales():
    flow, x = lively_zoo(fv.zoo.nice), points()
    volume = flow(x)[1].volume
    close(volume, volume[:1].expand_as(volume), 1e-12)
    scales = flow[0].log_scale.sum() + flow[-1].univariate.log_scale(flow[-1].params).sum()
    close(volume[0], scales, 1e-12)


def test_temperature_scales_the_spread_of_the_latent():
    flow = lively_zoo(fv.zoo.realnvp)
    cold, warm = (flow(flow.sample(500, temperature=t, seed=2))[0] for t in (0.3, 1.0))
    close(cold, 0.3 * warm, 1e-8)
    for wrong in (0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="expected a finite temperature > 0, got"):
            flow.sample(3, temperature=wrong)


def test_a_seed_repeats_the_draw_and_leaves_the_generator_alone():
    flow, state = fv.zoo.nsf(), torch.get_rng_state()
    assert torch.equal(flow.sample(5, seed=4), flow.sample(5, seed=4))
    assert not torch.equal(flow.sample(5, seed=4), flow.sample(5, seed=5))
    assert torch.equal(state, torch.get_rng_state())
    assert not torch.equal(flow.sample(5), flow.sample(5))
    assert not flow.sample(5).requires_grad


def test_a_base_of_another_shape_or_support_is_refused():
    with pytest.raises(ValueError, match=r"expected a base of shape \(2,\), got \(3,\)"):
        fv.Flow([Affine(2)], fv.StandardNormal(3))
    with pytest.raises(ValueError, match="expected a base on the half-line.*Fold.*standard normal"):
        fv.Flow([Fold(2)])
    with pytest.raises(TypeError, match="expected a flowviz Base, got Normal"):
        fv.Flow([Affine(2)], torch.distributions.Normal(0, 1))


def test_neighbours_that_do_not_fit_are_named():
    pair = r"between layer 1 \(ActNorm\) and layer 2 \(LU linear\)"
    with pytest.raises(ValueError, match=rf"{pair}: expected shape \(2,\), got \(3,\)"):
        fv.Flow([ActNorm(2), LULinear(3)])
    with pytest.raises(
        ValueError, match=r"layer 1 \(Fold\).*expected the half-line, got the reals"
    ):
        fv.Flow([Fold(2), LULinear(2)])
    with pytest.raises(ValueError, match=r"expected one context size for all layers, got \[1, 2\]"):
        fv.Flow([AffineCoupling(2, context=1), AffineCoupling(2, context=2)])
    with pytest.raises(ValueError, match="expected at least one layer, got none"):
        fv.Flow([])
    with pytest.raises(TypeError, match="layer 2: expected a flowviz Layer, got Linear"):
        fv.Flow([ActNorm(2), nn.Linear(2, 2)])


def test_unfit_numbers_of_draws_raise():
    flow = fv.zoo.nice()
    for wrong in (0, -3):
        with pytest.raises(ValueError, match=f"expected a number of draws n >= 1, got {wrong}"):
            flow.sample(wrong)
        with pytest.raises(ValueError, match=f"expected draws >= 1, got {wrong}"):
            flow.log_prob(torch.zeros(1, 2), draws=wrong)
    with pytest.raises(TypeError):
        flow.sample(2.5)


def test_slices_are_flows_and_indices_layers():
    flow, x = lively_zoo(fv.zoo.realnvp), points()
    head, tail = flow[:3], flow[3:]
    assert isinstance(head, fv.Flow) and len(head) == 3 and tail.base is flow.base
    assert flow[1] is flow.layers[1] and head[-1] is flow[2] and list(flow)[0] is flow[0]
    z, terms = head(x)
    close(tail.log_prob(z) + terms.total, flow.log_prob(x), 1e-12)
    with pytest.raises(IndexError):
        flow[len(flow)]
    with pytest.raises(ValueError, match="expected at least one layer, got none"):
        flow[len(flow) :]


def test_the_flow_prints_itself_as_a_table():
    flow = fv.Flow([ActNorm(2), AffineCoupling(2, hidden=(8,)), Rotation(2), Permutation([1, 0])])
    assert repr(flow) == "\n".join(
        [
            "Flow: 4 layers, 2 -> 2, exact, 39 parameters, base standard normal",
            "   layer            shape   kind       ledger  parameters",
            "1  ActNorm          2 -> 2  bijection  volume           4",
            "2  affine coupling  2 -> 2  bijection  volume          34",
            "3  rotation         2 -> 2  bijection  volume           1",
            "4  permutation      2 -> 2  bijection  volume           0",
        ]
    )


def test_the_ledger_prints_itself_as_a_table():
    flow = fv.Flow([Affine(1), fv.layers.RationalQuadraticSpline(1)])
    with torch.no_grad():
        flow[0].params[0] = math.log(2)
    assert repr(flow.ledger(torch.zeros(3, 1))) == "\n".join(
        [
            "layer               volume  decoder  encoder  running sum",
            "base, log p(z)                                      −0.92",
            "elementwise spline   +0.00        –        –        −0.92",
            "elementwise affine   +0.69        –        –        −0.23",
            "log p(x)                                            −0.23",
        ]
    )


def test_training_off_the_record():
    """log_prob carries gradients, sample and ledger do not."""
    flow, x = fv.zoo.nice(), points().float()
    assert flow.log_prob(x).requires_grad
    assert not flow.ledger(x).total.requires_grad


def test_importing_changes_nothing_that_others_rely_on():
    """What zuko's import does change: the argument checks of torch.distributions."""
    program = (
        "import torch, torch.distributions as d\n"
        "state = lambda: (d.Distribution._validate_args, torch.get_default_device(),\n"
        "    torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(),\n"
        "    torch.is_grad_enabled(), torch.get_num_threads(), torch.get_rng_state().tolist())\n"
        "before = state(); import flowviz; assert before == state()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
