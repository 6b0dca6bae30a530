"""Planar, radial, Sylvester: what their papers' formulas promise, and where they break."""

from __future__ import annotations

import math

import pytest
import torch
from case import lively
from laws import close, log_volumes
from torch.nn.functional import softplus

from flowviz.layers import Planar, Radial, Sylvester
from flowviz.layers.bend import MIN_SLOPE, above_minus_one, solve_tanh

KINDS = [lambda: Planar(3), lambda: Radial(3), lambda: Sylvester(3), lambda: Sylvester(3, 2)]


def points(n: int = 30, dim: int = 3, spread: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    return spread * torch.randn(n, dim, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("make", KINDS)
def test_it_starts_at_the_identity(make):
    z, terms = make().double()(points())
    close(z, points(), 1e-14)
    close(terms.volume, torch.zeros(30, dtype=torch.float64), 1e-14)


def test_the_constraint_holds_for_every_parameter_and_is_the_papers_but_for_a_shift():
    for dtype in (torch.float32, torch.float64):
        a = torch.tensor([-1e6, -90.0, -2.0, 0.0, 3.0, 1e6], dtype=dtype)
        m = above_minus_one(a)
        assert (m >= -1 + 0.9 * MIN_SLOPE).all() and (m.diff() >= 0).all()
        tiny = torch.tensor([-1e-20, 0.0, 1e-20], dtype=dtype)
        assert torch.equal(above_minus_one(tiny).sign(), tiny.sign())
    close(m, -1 + softplus(a + math.log(math.e - 1)), 2 * MIN_SLOPE)


@pytest.mark.parametrize("w", [0.0, 1e-30, 1e-12, 1e-3, 1.0])
def test_the_bend_stays_bounded_however_short_w_is(w):
    """The paper's u_hat is -0.31 / |w| at u = 0: here it is 0, and below 2 |u| throughout."""
    for dtype in (torch.float32, torch.float64):
        layer = lively(Planar(2)).to(dtype)
        layer.params.free["w"].data.copy_(torch.tensor([w, -w]))
        u_hat = layer.bend()[1]
        assert u_hat.norm() <= 2 * layer.params.free["u"].norm()
        z, terms = layer(points(dim=2).to(dtype))
        assert torch.isfinite(z).all() and torch.isfinite(terms.volume).all()


def test_the_roots_are_roots_from_the_steepest_to_the_flattest():
    slope = torch.logspace(-3, 4, 60, dtype=torch.float64)
    goal = torch.logspace(-18, 4, 80, dtype=torch.float64)
    k, t = torch.meshgrid(slope - 1, torch.cat([-goal, goal.new_zeros(1), goal]), indexing="ij")
    u = solve_tanh(k, t)
    size = u.abs() + (k * u.tanh()).abs() + t.abs()
    assert ((u + k * u.tanh() - t).abs() <= 4e-16 * size).all()
    close(solve_tanh(k, -t), -u, 0)


def test_derivatives_of_the_root_are_those_of_the_implicit_function():
    k = torch.linspace(-0.95, 3, 6, dtype=torch.float64, requires_grad=True)
    t = torch.linspace(-2, 3, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(solve_tanh, (k, t))


@pytest.mark.parametrize("make", KINDS)
def test_gradients_of_the_inverse(make):
    layer = lively(make(), 2.0).double()
    z = points(4).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: (r := layer.inverse(z))[:1] + r[1][:1], z)
    bend = next(layer.parameters())
    grad = torch.autograd.grad(layer.inverse(z)[0].pow(2).sum(), bend)[0].flatten()
    with torch.no_grad():
        for i in range(len(grad)):
            change = []
            for step in (1e-5, -1e-5):
                bend.view(-1)[i] += step
                change.append(layer.inverse(z)[0].pow(2).sum())
                bend.view(-1)[i] -= step
            close(grad[i], (change[0] - change[1]) / 2e-5, 1e-6)


def test_planar_in_numbers():
    """z = x + u_hat tanh(w.x + b) written out, and its determinant lemma."""
    layer = lively(Planar(2), 3.0).double()
    w, u_hat, b, k = layer.bend()
    close((w * u_hat).sum(), k, 1e-14)
    x = points(dim=2)
    h = torch.tanh(x @ w + b)
    close(layer(x)[0], x + h[:, None] * u_hat, 1e-14)
    close(layer(x)[1].volume, (1 + (1 - h**2) * (w @ u_hat)).abs().log(), 1e-13)


def test_radial_leaves_its_centre_and_directions_alone():
    layer = lively(Radial(2), 3.0).double()
    x0, alpha, beta = layer.pull()
    close(layer(x0[None])[0], x0[None], 0)
    close(layer(x0[None])[1].volume, 2 * torch.log1p(beta / alpha)[None], 1e-13)
    away = points(dim=2)
    turn = torch.cosine_similarity(layer(x0 + away)[0] - x0, away)
    close(turn, torch.ones(30, dtype=torch.float64), 1e-13)
    close(layer.inverse(x0[None])[0], x0[None], 1e-15)


def test_radial_far_out_loses_no_digits_on_the_way_back():
    layer = lively(Radial(2), 6.0).double()
    x = points(dim=2, spread=1e6)
    close(layer.inverse(layer(x)[0])[0], x, 1e-14)


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_sylvester_directions_are_orthonormal_and_its_matrices_triangular(rank):
    q, r, s, k, _ = lively(Sylvester(4, rank), 2.0).double().parts()
    close(q.mT @ q, torch.eye(rank, dtype=q.dtype), 1e-14)
    close(r.diagonal() * s.diagonal(), k, 1e-14)
    assert not r.tril(-1).any() and not s.tril(-1).any() and (k > -1).all()


def test_sylvester_of_rank_1_is_a_planar_layer():
    sylvester = lively(Sylvester(3, 1), 2.0).double()
    q, r, s, k, b = sylvester.parts()
    x = points()
    h = torch.tanh(s[0, 0] * (x @ q[:, 0]) + b[0])
    close(sylvester(x)[0], x + r[0, 0] * q[:, 0] * h[:, None], 1e-14)
    close(sylvester(x)[1].volume, torch.log1p(k[0] * (1 - h**2)), 1e-14)


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_sylvester_determinant_is_small_where_the_space_is_large(rank):
    """det of a 5 x 5 Jacobian = product of `rank` numbers."""
    layer = lively(Sylvester(5, rank), 1.5).double()
    x = points(dim=5)
    close(layer(x)[1].volume, log_volumes(lambda x: layer(x)[0], x), 1e-11)


def test_unfit_sizes_raise():
    for make, words in [
        (lambda: Planar(0), "Planar: expected dim >= 1, got 0"),
        (lambda: Radial(-1), "Radial: expected dim >= 1, got -1"),
        (lambda: Sylvester(2, 3), "Sylvester: expected 1 <= rank <= 2, got 3"),
        (lambda: Sylvester(2, 0), "Sylvester: expected 1 <= rank <= 2, got 0"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()
