"""Injective layers: the sheet, its area, and estimates that are right on average."""

from __future__ import annotations

import math

import pytest
import torch
from cases.manifold import CASES
from laws import close, jacobians
from registry import every
from torch import nn

import flowviz as fv
from flowviz import Flow
from flowviz.flow import seeded
from flowviz.layers import (
    AffineCoupling,
    Injective,
    LULinear,
    Partial,
    Sequential,
    Sigmoid,
    Slice,
    Softplus,
)
from flowviz.layers.manifold import conjugate_gradients, estimated_log_det, exact_log_det


@every(kind="manifold")
def test_latent_to_sheet_and_back_is_the_identity(case):
    layer, z = case.build().eval(), case.latents()
    context = case.contexts(z)
    x, back = layer.inverse(z, context)
    again, there = layer(x, context)
    close(again, z, case.tolerance)
    close(there.volume, back.volume, 1e-7)
    close(layer.project(x, context), x, case.tolerance)


@every(kind="manifold")
def test_volume_is_the_area_that_autograd_finds(case):
    layer, z = case.build().eval(), case.latents(12)
    context = case.contexts(z)
    j = jacobians(lambda z: layer.inverse(z, context)[0], z)
    expected = -0.5 * torch.linalg.slogdet(j.mT @ j).logabsdet
    close(layer.inverse(z, context)[1].volume, expected, 1e-8)


@every(kind="manifold")
def test_projecting_twice_is_projecting_once(case):
    layer, x = case.build(), case.points(12)
    context = case.contexts(x)
    once = layer.project(x, context)
    close(layer.project(once, context), once, 1e-8)
    assert (once - x).norm(dim=-1).min() > 1e-3


def test_a_straight_line_has_the_density_per_length():
    """g(z) = (a z, b z): log p = log N(z) - log sqrt(a^2 + b^2)."""
    matrix = torch.tensor([[3.0, 1.0], [4.0, 2.0]], dtype=torch.float64)
    layer = Injective(LULinear.from_matrix(torch.linalg.inv(matrix)).double(), 1)
    z = torch.tensor([[-1.0], [0.0], [2.0]], dtype=torch.float64)
    x, _ = layer.inverse(z)
    close(x, z * torch.tensor([3.0, 4.0]).double(), 1e-12)
    expected = -0.5 * z[:, 0] ** 2 - 0.5 * math.log(2 * math.pi) - math.log(5)
    close(Flow([layer]).log_prob(x), expected, 1e-12)


def test_the_density_on_a_curve_integrates_to_1_along_its_length():
    flow = Flow([CASES["curve in the plane"].build()])
    z = torch.linspace(-9, 9, 20_001, dtype=torch.float64)[:, None]
    with torch.no_grad():
        x, _ = flow.inverse(z)
        p = flow.log_prob(x).exp()
    length = x.diff(dim=0).norm(dim=1)
    assert float((0.5 * (p[1:] + p[:-1]) * length).sum()) == pytest.approx(1, abs=1e-4)


def positive_definite(n: int, d: int) -> torch.Tensor:
    half = torch.randn(n, d, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return half @ half.mT / d + 0.1 * torch.eye(d).double()


@pytest.mark.parametrize("d", [1, 2, 5])
def test_conjugate_gradients_solve_and_weigh_the_logarithm(d):
    a = positive_definite(20, d)
    a[0] = 2 * torch.eye(d)  # done after one step
    b = torch.ones(20, d, dtype=torch.float64)
    solved, value = conjugate_gradients(lambda v: (a @ v.unsqueeze(-1)).squeeze(-1), b)
    close(solved, torch.linalg.solve(a, b), 1e-8)
    nodes, vectors = torch.linalg.eigh(a)
    logarithm = vectors @ torch.diag_embed(nodes.log()) @ vectors.mT
    close(value, torch.einsum("ni,nij,nj->n", b, logarithm, b), 1e-8)


def test_the_estimate_is_unbiased_in_value_and_gradient():
    """Over 4,000 draws, each within 4 standard errors of the exact one."""
    layer = CASES["sheet in four dimensions"].build()
    z, weight = case_point(), layer.bijection.layers[0].log_diagonal
    g = layer._sheet(None)
    many = z.expand(4000, 2)
    (exact,) = torch.autograd.grad(exact_log_det(g, z), weight)
    scale = torch.ones(4000, dtype=torch.float64, requires_grad=True)
    with seeded(0):
        estimate = estimated_log_det(g, many)
    value = estimate.detach()
    error = 4 * float(value.std()) / 4000**0.5
    assert error > 0
    assert float(value.mean()) == pytest.approx(float(exact_log_det(g, z).detach()), abs=error)
    (mean,) = torch.autograd.grad((estimate * scale).mean(), weight, create_graph=True)
    for i in range(len(mean)):  # d/d scale of a gradient: each draw's share
        (share,) = torch.autograd.grad(mean[i], scale, retain_graph=True)
        error = 4 * float(4000 * share.std()) / 4000**0.5
        assert float(mean[i].detach()) == pytest.approx(float(exact[i]), abs=error + 1e-9)


def case_point() -> torch.Tensor:
    return torch.tensor([0.3, -0.8], dtype=torch.float64)


def test_the_stochastic_volume_is_exact_when_it_is_looked_at():
    layer = CASES["sheet with a stochastic volume"].build()
    x = CASES["sheet with a stochastic volume"].points(5)
    exact = layer.eval()(x)[1].volume
    layer.train()
    with torch.no_grad():
        close(layer(x)[1].volume, exact, 1e-12)
    drawn = layer(x)[1].volume
    assert (drawn - exact).abs().max() > 1e-3


def test_a_curve_learns_where_the_data_are():
    """Joint training on a bent line: the reconstruction error falls and the likelihood rises."""
    with seeded(0):
        layer = Injective(CASES["curve in the plane"].build(torch.float32).bijection, 1)
        for p in layer.parameters():
            nn.init.normal_(p, std=0.05)
        flow = Flow([layer])
        t = torch.randn(64, 1)
        x = torch.cat([t, 0.5 * t**2], -1)
        optimizer = torch.optim.Adam(flow.parameters(), lr=4e-2)
        errors = []
        for _ in range(50):
            error = (x - layer.project(x)).square().sum(-1).mean()
            loss = -flow.log_prob(x).mean() + 20 * error
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            errors.append(float(error.detach()))
    assert errors[-1] < 0.3 * errors[0]


VON_MISES = torch.distributions.VonMises(torch.tensor(0.0), torch.tensor(2.0))


def circle(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Angles that follow a von Mises distribution, and their points on the unit circle."""
    with seeded(seed):
        angle = VON_MISES.sample((n,))
    return angle, torch.stack([angle.cos(), angle.sin()], -1)


def test_fit_finds_a_circle_and_the_density_along_it():
    """The demonstration of Caterini et al. 2021; the curve cannot close, so not at the back."""
    flow = fv.zoo.rectangular(couplings=4, hidden=(32, 32))
    history = fv.fit(flow, circle(2000, 0)[1], steps=150, progress=False)
    angle, x = circle(1000, 1)
    with torch.no_grad():
        nearest = flow[0].project(x)
        found = flow.log_prob(nearest)
    assert (x - nearest).norm(dim=-1).median() < 0.04
    front = angle.abs() < 2
    assert (found - VON_MISES.log_prob(angle)).abs()[front].mean() < 0.25
    assert history.nll == pytest.approx(-float(VON_MISES.log_prob(angle).mean()), abs=0.15)


def test_the_likelihood_alone_leaves_the_data_beside_the_sheet():
    """It rises beyond any density on the circle while the curve shrinks: why beta is there."""
    flow = fv.zoo.rectangular(couplings=2, hidden=(16, 16))
    x = circle(1000, 0)[1]
    history = fv.fit(flow, x, steps=80, beta=0.0, progress=False)
    assert history.nll < 0
    with torch.no_grad():
        assert (x - flow[0].project(x)).norm(dim=-1).median() > 0.3


def test_flows_without_a_sheet_know_no_beta():
    x, losses = torch.randn(200, 2), []
    for beta in (0.0, 50.0):
        flow = fv.zoo.nice(couplings=2, hidden=(8,))
        losses.append(fv.fit(flow, x, steps=5, beta=beta, progress=False).losses)
    assert losses[0] == losses[1]
    with pytest.raises(ValueError, match=r"finite beta >= 0, got .*beta=-1"):
        fv.fit(flow, x, steps=5, beta=-1)


def test_a_sheet_needs_a_place_for_zero():
    onto_the_cube = Sequential([AffineCoupling(3), Sigmoid(3)])
    for bijection in (onto_the_cube, Partial(3, (2,), Softplus(1))):
        with pytest.raises(ValueError, match="expected a bijection onto the reals.*can be 0, got"):
            Injective(bijection, 2)


def test_unfit_settings_raise():
    with pytest.raises(ValueError, match="expected a bijection of vectors, got slice"):
        Injective(Slice(3, 2), 1)
    with pytest.raises(ValueError, match="latent size from 1 to 2, got 3"):
        Injective(LULinear(3), 3)
    with pytest.raises(ValueError, match="got 'rough'"):
        Injective(LULinear(3), 2, "rough")
