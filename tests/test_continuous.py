"""Continuous layers against matrix exponentials, their solvers' orders, and torchdiffeq."""

from __future__ import annotations

import math
import sys

import pytest
import torch
from case import lively
from laws import close, jacobians
from torch import Tensor, nn

from flowviz.flow import seeded
from flowviz.layers import Continuous
from flowviz.nets import FreeField, VelocityMLP

MATRIX = torch.tensor([[0.4, -1.2, 0.0], [0.9, -0.3, 0.2], [0.1, 0.5, 0.6]], dtype=torch.float64)


class Turn(nn.Module):
    """dx/dt = A x."""

    def forward(self, t, x: Tensor, context: Tensor | None) -> Tensor:
        return x @ MATRIX.mT


class Grow(nn.Module):
    """dx/dt = 2 t x, so x(T) = exp(T^2) x(0)."""

    def forward(self, t, x: Tensor, context: Tensor | None) -> Tensor:
        return 2 * t * x


def points(n: int = 20, dim: int = 3, seed: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 1.5 * torch.randn(n, dim, dtype=torch.float64, generator=generator)


def layer_of(dim: int = 2, hidden=(8, 8), gain: float = 1.5, **options) -> Continuous:
    return lively(Continuous(dim, hidden, **options), gain).double()


SOLVERS = [{"method": "rk4", "steps": 200}, {"method": "dopri5", "tolerance": 1e-11}]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("divergence", ["exact", "hutchinson"])
def test_a_linear_field_is_a_matrix_exponential(solver, divergence):
    layer = Continuous(3, time=1.3, field=FreeField(Turn(), 3), divergence=divergence, **solver)
    x = points()
    z, terms = layer(x, mode="mean")
    close(z, x @ torch.linalg.matrix_exp(1.3 * MATRIX).mT, 1e-8)
    close(terms.volume, (1.3 * MATRIX.trace()).expand(20), 1e-9)
    back, turned = layer.inverse(z, mode="mean")
    close(back, x, 1e-8)
    close(turned.volume, terms.volume, 1e-9)
    half = x @ torch.linalg.matrix_exp(0.65 * MATRIX).mT
    close(layer.path(x, 0.5), half, 1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_time_is_what_the_field_sees(solver):
    layer = Continuous(2, time=1.2, field=FreeField(Grow(), 2), **solver)
    x = points(dim=2)
    z, terms = layer(x)
    close(z, math.exp(1.44) * x, 1e-8)
    close(terms.volume, x.new_full((20,), 2 * 1.44), 1e-8)
    close(layer.inverse(z)[0], x, 1e-8)


@torch.no_grad()
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_the_error_falls_with_the_order_of_the_method(method, order):
    x = points(dim=2)
    right, account = layer_of(steps=400)(x)
    errors = []
    for steps in (10, 20, 40):
        z, terms = layer_of(method=method, steps=steps)(x)
        errors.append([(z - right).abs().max(), (terms.volume - account.volume).abs().max()])
    found = torch.tensor(errors).log2().diff(dim=0)
    assert ((found + order).abs() < 0.35).all(), found


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("method", ["euler", "midpoint"])
def test_fixed_steps_are_those_of_torchdiffeq(method):
    odeint = pytest.importorskip("torchdiffeq").odeint
    layer, x = layer_of(method=method, steps=7), points(dim=2)
    options = {"step_size": 1 / 7}
    times = torch.tensor([0.0, 1.0], dtype=torch.float64)
    velocity = lambda t, x: layer.field(t, x, None)  # noqa: E731
    close(layer(x)[0], odeint(velocity, x, times, method=method, options=options)[-1], 1e-13)


@pytest.mark.parametrize("hidden", [(9,), (9, 7), (9, 7, 8)])
def test_the_trace_in_closed_form_is_the_trace_of_autograds_jacobian(hidden):
    field = lively(VelocityMLP(5, hidden, context=2), 2.0).double()
    x, context = points(12, 5), points(12, 2)
    rows = jacobians(lambda x: field(0.4, x, context), x)
    velocity, trace = field.divergence(0.4, x, context)
    close(velocity, field(0.4, x, context), 0)
    close(trace, rows.diagonal(dim1=-2, dim2=-1).sum(-1), 1e-13)
    v = points(12, 5, seed=7)
    close(field.linearize(0.4, x, context)[1](v), (rows.mT @ v[..., None])[..., 0], 1e-13)
    free = FreeField(field, 5, 2)
    close(free.divergence(0.4, x, context)[1], trace, 1e-13)
    close(free.linearize(0.4, x, context)[1](v), field.linearize(0.4, x, context)[1](v), 1e-13)


@torch.no_grad()
def test_hutchinsons_estimate_is_unbiased_both_ways():
    x = points(1).expand(20_000, 3)
    exact = layer_of(3, gain=2.0)
    z, terms = exact(x[0])
    layer = layer_of(3, gain=2.0, divergence="hutchinson")
    with seeded(0):
        for draws in (layer(x)[1].volume, layer.inverse(z.expand(20_000, 3))[1].volume):
            spread = draws.std()
            assert spread > 1e-2 and len(draws.unique()) > 3
            assert (draws.mean() - terms.volume).abs() < 4 * spread / math.sqrt(len(draws)) + 1e-6
    close(layer(x[0], mode="mean")[1].volume, terms.volume, 0)
    assert exact.exact and not layer.exact


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_one_probe_serves_the_whole_solve(method, monkeypatch):
    """Drawn anew at every step it would be noise that no step size control survives."""
    drawn, randint = [], torch.randint_like
    monkeypatch.setattr(torch, "randint_like", lambda x, n: drawn.append(x) or randint(x, n))
    layer_of(method=method, divergence="hutchinson")(points(dim=2))
    assert [d.shape for d in drawn] == [(20, 2)]


@pytest.mark.parametrize("method", ["dopri5", "dopri8", "bosh3", "adaptive_heun"])
def test_adaptive_methods_keep_their_tolerance_at_every_point(method):
    x = torch.cat([points(dim=2), 30 * points(1, 2)])
    right, account = layer_of(steps=400)(x)
    for tolerance in (1e-4, 1e-6):
        z, terms = layer_of(method=method, tolerance=tolerance)(x)
        allowed = 50 * tolerance * (1 + right.abs().amax(1))  # errors of the steps add up
        assert ((z - right).abs().amax(1) <= allowed).all()
        assert ((terms.volume - account.volume).abs() <= allowed).all()


def test_mates_change_an_adaptive_result_within_the_tolerance_only():
    layer, x = layer_of(method="dopri5", tolerance=1e-6), points(dim=2)
    for i in range(3):
        close(layer(x)[0][i], layer(x[i])[0], 1e-5)
        close(layer(x)[1].volume[i], layer(x[i])[1].volume, 1e-5)


def test_the_way_back_is_as_good_as_the_tolerance():
    x = points(dim=2)
    errors = []
    for tolerance in (1e-3, 1e-5, 1e-7):
        layer = layer_of(method="dopri5", tolerance=tolerance, gain=2.0)
        errors.append(float((layer.inverse(layer(x)[0])[0] - x).abs().max().detach()))
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-5


@pytest.mark.parametrize(
    "options", [{}, {"method": "midpoint"}, {"method": "dopri5", "tolerance": 1e-9}]
)
def test_gradients_of_points_and_parameters(options):
    layer, x = layer_of(2, (4, 4), steps=6, **options), points(3, 2)
    names, values = zip(*layer.named_parameters(), strict=True)

    def run(x: Tensor, *values: Tensor) -> tuple[Tensor, Tensor]:
        z, terms = torch.func.functional_call(layer, dict(zip(names, values, strict=True)), x)
        return z, terms.volume

    inputs = (x.requires_grad_(), *(v.detach().clone().requires_grad_() for v in values))
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)
    assert torch.autograd.gradcheck(lambda z: (r := layer.inverse(z))[:1] + r[1][:1], x)


def gradients(layer: Continuous, step, v: Tensor, context: Tensor) -> list[Tensor]:
    """Of a number that z and the volume make, for the points, the context, every parameter."""
    inputs = [v.detach().requires_grad_(), context.detach().requires_grad_()]
    out, terms = step(inputs[0], 2 * inputs[1])  # a context that was computed, too
    total = (out**3).sum() + (out[..., 0] * terms.volume).sum()
    return list(torch.autograd.grad(total, [*inputs, *layer.parameters()]))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("method", ["dopri5", "dopri8"])
@pytest.mark.parametrize("hidden", [(5, 4), (5,)])
def test_the_adjoint_finds_the_gradients_of_the_direct_way(method, hidden):
    x, context = points(6, 2), points(6, 2, seed=8)
    options = {"context": 2, "method": method, "tolerance": 1e-11}
    direct, adjoint = (layer_of(2, hidden, adjoint=a, **options) for a in (False, True))
    for one, other in ((direct, adjoint), (direct.inverse, adjoint.inverse)):
        found, expected = gradients(adjoint, other, x, context), gradients(direct, one, x, context)
        for a, b in zip(found, expected, strict=True):
            assert b.abs().max() > 1e-3
            close(a, b, 1e-6)
    close(adjoint(x, context)[1].volume, direct(x, context)[1].volume, 1e-8)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_the_adjoint_keeps_no_steps():
    """What autograd saves, in numbers, does not grow with the length of the way."""

    def kept(time: float, adjoint: bool) -> int:
        layer = layer_of(2, time=time, method="dopri8", tolerance=1e-8, adjoint=adjoint)
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: sizes.append(t.numel()) or t, lambda t: t
        ):
            layer(points(dim=2))
        return sum(sizes)

    assert kept(8.0, True) == kept(0.5, True)
    assert kept(8.0, False) > 3 * kept(0.5, False)


def test_skipping_the_terms_changes_no_point_and_reads_no_trace(monkeypatch):
    layer, z = layer_of(), points(dim=2)
    expected = layer.inverse(z)[0]
    monkeypatch.setattr(VelocityMLP, "divergence", None)
    x, terms = layer.inverse(z, terms=False)
    close(x, expected, 1e-15)
    assert terms.volume is None


def test_on_a_line_nobody_overtakes():
    layer = layer_of(1, (8,), gain=6.0, steps=40)
    x = torch.linspace(-6, 6, 500, dtype=torch.float64)[:, None]
    for tau in torch.linspace(0, 1, 11).tolist():
        assert (layer.path(x, tau).diff(dim=0) > 0).all()


def test_without_torchdiffeq_our_own_methods_work_and_the_others_say_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchdiffeq", None)
    layer_of()(points(dim=2))
    layer_of(method="dopri5")(points(dim=2))
    with pytest.raises(ImportError, match="dopri8.*torchdiffeq.*rk4"):
        layer_of(method="dopri8")(points(dim=2))


@pytest.mark.parametrize("of", ["points", "parameters"])
def test_under_torch_func_steps_are_equal_or_refused(of):
    """Adaptive steps depend on the numbers, which a transformation hides."""
    x = points(dim=2)
    for method in ("rk4", "dopri5"):
        layer = layer_of(method=method)
        params = dict(layer.named_parameters())

        def total(params, x, layer=layer):
            return torch.func.functional_call(layer, params, (x,))[1].volume.sum()

        find = torch.func.grad(total, argnums=("parameters", "points").index(of))
        if method == "rk4":
            find(params, x)
        else:
            with pytest.raises(RuntimeError, match="expected equal steps under torch.func.*dopri5"):
                find(params, x)


def test_unfit_arguments_raise():
    for make, words in [
        (lambda: Continuous(2, method="rk45"), "expected a method of .*got 'rk45'"),
        (lambda: Continuous(2, divergence="skilling"), "expected divergence=.*got 'skilling'"),
        (lambda: Continuous(2, steps=0), "expected steps >= 1.*steps=0"),
        (lambda: Continuous(2, time=-1.0), "finite time > 0.*time=-1.0"),
        (lambda: Continuous(2, time=math.inf), "finite time.*time=inf"),
        (lambda: Continuous(2, adjoint=True), "expected adjoint with one of .*got 'rk4'"),
        (lambda: Continuous(2, tolerance=0.0), "tolerance > 0.*tolerance=0.0"),
        (lambda: Continuous(2, field=VelocityMLP(3)), "expected a field of dim 2.*dim 3"),
        (lambda: VelocityMLP(0), "VelocityMLP: expected positive sizes"),
        (lambda: VelocityMLP(2, ()), "VelocityMLP: .*hidden=\\[\\]"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()
