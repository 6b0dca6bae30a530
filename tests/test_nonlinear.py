"""What is particular to the nonlinearities: closed forms, ends of their ranges, tails."""

from __future__ import annotations

import math

import pytest
import torch
from laws import close
from torch.distributions import Normal, StudentT, transforms

from flowviz import Flow
from flowviz.layers import LeakyReLU, Logit, Sigmoid, SignedPower, Softplus, Tanh

X = torch.linspace(-30, 30, 241, dtype=torch.float64).unsqueeze(-1)


@pytest.mark.parametrize(
    ("layer", "transform"),
    [
        (Sigmoid(1), transforms.SigmoidTransform()),
        (Tanh(1), transforms.TanhTransform()),
        (Softplus(1), transforms.SoftplusTransform()),
    ],
    ids=["sigmoid", "tanh", "softplus"],
)
def test_torch_has_the_same_maps(layer, transform):
    z, terms = layer(X)
    close(z, transform(X), 1e-8)  # torch's own softplus is off by 2e-9 above 20
    expected = transform.log_abs_det_jacobian(X, transform(X)).squeeze(-1)
    near = expected > -25  # beyond, torch's sigmoid rounds to 1 before the logarithm is taken
    close(terms.volume[near], expected[near], 1e-5)


def test_leaky_relu_is_that_of_torch():
    close(LeakyReLU(1, 0.2)(X)[0], torch.nn.functional.leaky_relu(X, 0.2), 1e-15)


def test_logit_is_the_preprocessing_of_realnvp():
    """y = log s - log(1-s), s = alpha + (1-2 alpha) v; log dy/dv = log(1-2 alpha) - log s(1-s)."""
    v, alpha = torch.linspace(0, 1, 11, dtype=torch.float64).unsqueeze(-1), 0.05
    s = alpha + (1 - 2 * alpha) * v
    y, terms = Logit(1, alpha)(v)
    close(y, s.log() - (1 - s).log(), 1e-14)
    close(terms.volume, (math.log(0.9) - s.log() - (1 - s).log()).squeeze(-1), 1e-13)


def test_logit_undoes_sigmoid():
    x = X[80:160]
    z, there = Sigmoid(1)(x)
    again, back = Logit(1)(z)
    close(again, x, 1e-10)
    close(there.volume + back.volume, torch.zeros(len(x), dtype=torch.float64), 1e-10)


@pytest.mark.parametrize("layer", [Sigmoid(1), Tanh(1), Softplus(1)], ids=lambda k: k.title)
def test_volumes_stay_right_where_the_map_is_flat(layer):
    """log-slope at -600 is known in closed form; 1 - z^2 or z (1 - z) would give log 0."""
    far = torch.full((1, 1), -600.0, dtype=torch.float64)
    expected = {"sigmoid": -600.0, "softplus": -600.0, "tanh": math.log(4) - 1200.0}[layer.title]
    close(layer(far)[1].volume, torch.tensor([expected], dtype=torch.float64), 1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Sigmoid(1).inverse(torch.tensor([1.0])), "between 0 and 1, got some from 1"),
        (lambda: Tanh(1).inverse(torch.tensor([-1.5])), "strictly between -1 and 1, got .*-1.5"),
        (lambda: Softplus(1).inverse(torch.tensor([0.0])), "strictly between 0 and inf"),
        (lambda: Logit(1)(torch.tensor([0.0])), "alpha > 0 takes x = 0"),
        (lambda: Logit(1, 0.05)(torch.tensor([1.2])), "between -0.0555556 and 1.05556, got .*1.2"),
        (lambda: Logit(1, 0.5), r"alpha in \[0, 1/2\), got 0.5"),
        (lambda: LeakyReLU(1, 0.0), "slope > 0, got 0.0"),
    ],
)
def test_numbers_outside_the_range_raise(call, words):
    with pytest.raises(ValueError, match=f"expected .*{words}"):
        call()


def test_a_gaussian_base_is_refused_for_layers_that_end_elsewhere():
    for layer in (Sigmoid(2), Tanh(2), Softplus(2)):
        with pytest.raises(ValueError, match="would not integrate to 1"):
            Flow([layer])


def test_signed_power_changes_the_tail():
    """|x|^-(nu+1) becomes |z|^-(nu/p + 1): a Student t of nu and p = nu/2 gets the tail of 2."""
    nu = 6.0
    layer = SignedPower(1).double()
    layer.log_power.data.fill_(math.log(nu / 2))
    x = torch.tensor([[1e4], [1e6]], dtype=torch.float64)
    z, terms = layer(x)
    log_density = StudentT(nu).log_prob(x).squeeze(-1) - terms.volume
    slope = log_density.diff() / z.squeeze(-1).log().diff()
    assert abs(slope.item() + 3.0) < 1e-3


def test_signed_power_on_a_gaussian_integrates_to_one():
    layer = SignedPower(1).double()
    layer.log_power.data.fill_(-0.7)
    flow = Flow([layer.double()]).double()
    grid = torch.linspace(-400, 400, 800_001, dtype=torch.float64)
    mass = torch.trapezoid(flow.log_prob(grid.unsqueeze(-1)).exp(), grid)
    assert abs(mass.item() - 1) < 1e-6


def test_sigmoid_pulls_the_uniform_back_to_the_logistic_density():
    """With a uniform base log p(x) is the volume alone, and has mass 1."""
    grid = torch.linspace(-40, 40, 80_001, dtype=torch.float64)
    mass = torch.trapezoid(Sigmoid(1)(grid.unsqueeze(-1))[1].volume.exp(), grid)
    assert abs(mass.item() - 1) < 1e-9


def test_logit_with_alpha_spends_what_it_puts_beyond_the_cube():
    """The mass of the model on [0, 1] is that of the base between logit(alpha) and its mirror."""
    flow = Flow([Logit(1, 0.05).double()]).double()
    grid = torch.linspace(0, 1, 20_001, dtype=torch.float64)
    mass = torch.trapezoid(flow.log_prob(grid.unsqueeze(-1)).exp(), grid)
    inside = 1 - 2 * Normal(0.0, 1.0).cdf(torch.logit(torch.tensor(0.05, dtype=torch.float64)))
    assert abs(mass.item() - inside.item()) < 1e-7 and mass < 0.997


def test_a_power_beyond_the_range_of_the_numbers_raises():
    layer = SignedPower(1)
    with torch.no_grad():
        layer.log_power.fill_(3.0)
        assert torch.isfinite(layer(torch.tensor([[50.0]]))[0]).all()
        words = "expected numbers in the range of torch.float32, got 1 of 2 beyond it, with powers"
        with pytest.raises(OverflowError, match=f"signed power: z: {words} from 20.1 to 20.1"):
            layer(torch.tensor([[1e3], [1.0]]))
        layer.log_power.fill_(-3.0)
        with pytest.raises(OverflowError, match=f"signed power: x: {words} from 0.0498"):
            layer.inverse(torch.tensor([[1e3], [1.0]]))
