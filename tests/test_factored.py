"""Rotations in four forms, and linear layers in factors: equal matrices, true turns."""

from __future__ import annotations

import math

import pytest
import torch
from laws import close
from nflows.transforms.lu import LULinear as PeerLU

from flowviz.layers import LULinear, QRLinear, Rotation, SVDLinear, turns
from flowviz.layers.permutation import rotation_generator

FORMS = ["exponential", "matrix_exponential", "cayley", "householder"]


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def any_rotation(dim: int, seed: int = 0) -> torch.Tensor:
    """Uniform over the rotations."""
    q, r = torch.linalg.qr(noise(dim, dim, seed=seed))
    q = q * r.diagonal().sign()
    q[:, 0] *= torch.linalg.det(q).sign()
    return q


def planes(*angles: float) -> torch.Tensor:
    """A rotation by these angles, each in a plane of its own, the planes in general position."""
    blocks = [turns.exponential(torch.tensor([a], dtype=torch.float64), 2) for a in angles]
    basis = any_rotation(2 * len(angles), seed=5)
    return basis @ torch.block_diag(*blocks) @ basis.mT


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dim", [2, 3, 4, 7, 32])
def test_every_form_takes_on_any_rotation_and_turns_into_it(form, dim):
    matrix = any_rotation(dim, seed=dim)
    layer = Rotation.from_matrix(matrix, form=form)
    close(layer.matrix(), matrix, 1e-11)
    eye = torch.eye(dim, dtype=torch.float64)
    close(layer.matrix(0.0), eye, 1e-13)
    for tau in (0.2, 0.5, 0.9):
        turned = layer.matrix(tau)
        close(turned @ turned.mT, eye, 1e-12)
        close(torch.linalg.det(turned), eye[0, 0], 1e-12)


def test_the_forms_are_interchangeable():
    x, matrix = noise(20, 6, seed=1), any_rotation(6)
    outputs = [Rotation.from_matrix(matrix, form=form)(x)[0] for form in FORMS]
    close(outputs[0], outputs[1], 1e-11)
    close(outputs[0], outputs[2], 1e-11)


@pytest.mark.parametrize("off", [0.0, 1e-10, 1e-7, 1e-4, 1e-2])
def test_the_logarithm_holds_at_and_near_half_turns(off):
    """There the formula A = f(C) K divides by zero; angles of 0 and equal angles join in."""
    angles = [math.pi, math.pi - off, 0.0, off, 0.7, 0.7]
    matrix = planes(*angles)
    a = turns.logarithm(matrix)
    close(a, -a.mT, 1e-15)
    close(torch.linalg.matrix_exp(a), matrix, 1e-8)
    length = math.sqrt(2 * sum(t * t for t in angles))  # the short way round in every plane
    assert abs(a.norm().item() / length - 1) < 1e-4


def test_the_logarithm_of_a_permutation_is_the_generator_of_its_turn():
    order = (1, 2, 3, 4, 0)
    permutation = torch.eye(5, dtype=torch.float64)[list(order)]
    close(turns.logarithm(permutation), rotation_generator(order), 1e-12)


def test_householder_is_the_product_of_its_reflections_one_by_one():
    vectors = noise(6, 7)
    product = torch.eye(7, dtype=torch.float64)
    for v in vectors:
        product = product @ (torch.eye(7, dtype=torch.float64) - 2 * torch.outer(v, v) / (v @ v))
    close(turns.householder(vectors, 7), product, 1e-12)


def test_reflections_of_the_identity_cancel():
    for dim in (2, 3, 6):
        eye = torch.eye(dim, dtype=torch.float64)
        close(turns.householder(turns.reflections(eye), dim), eye, 1e-14)


def test_reflections_turn_by_the_short_way():
    """v and -v are one mirror: a pair that nearly cancels hardly turns on the way either."""
    vectors = torch.tensor([[1.0, 0.0], [-1.0, 1e-3]], dtype=torch.float64)
    for tau in (0.3, 0.5, 0.8):
        close(turns.householder(vectors, 2, tau), torch.eye(2, dtype=torch.float64), 3e-3)


def test_the_exponential_turns_at_even_speed():
    layer = Rotation(2, angle=2.0).double()
    for tau in (0.25, 0.5, 0.75):
        turned = layer.matrix(tau)
        assert abs(math.atan2(turned[1, 0].item(), turned[0, 0].item()) - 2 * tau) < 1e-6


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("angle", [0.5, -2.0, 3.0])
def test_the_angle_is_counter_clockwise_in_every_form_also_in_float32(form, angle):
    """torch's float32 matrix exponential is off by 2e-5 here; the one form that uses it, too."""
    expected = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    layer = Rotation(2, angle, form=form)
    close(layer.matrix(), expected, 5e-5 if form == "matrix_exponential" else 5e-7)
    assert layer.action.replace("−", "-").endswith(f"by {round(math.degrees(angle))}°")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 3, 40])
def test_rows_are_turned_as_by_the_matrix(form, count):
    """Few rows go through a linear system in the Cayley form, many through the matrix."""
    layer = Rotation.from_matrix(any_rotation(6), form=form)
    x = noise(count, 6, seed=1)
    close(layer.turn(x), x @ layer.matrix().mT, 1e-11)
    close(layer.turn_back(layer.turn(x)), x, 1e-11)
    grads = [
        torch.autograd.grad((z * x.cumsum(-1)).sum(), layer._numbers)[0]
        for z in (layer.turn(x), x @ layer.matrix().mT)
    ]
    close(grads[0], grads[1], 1e-10)


@pytest.mark.parametrize("write", ["in place", "through .data", "another tensor"])
def test_a_kept_matrix_is_forgotten_when_the_numbers_change(write):
    layer = Rotation.from_matrix(any_rotation(4))
    with torch.no_grad():
        before = layer.matrix()
        assert layer.matrix() is before
        if write == "in place":
            layer.skew.mul_(0.5)
        elif write == "through .data":
            layer.skew.data.mul_(0.5)
        else:
            layer.skew = torch.nn.Parameter(0.5 * layer.skew)
        after = layer.matrix()
    close(after, layer.matrix(), 1e-15)  # computed anew, since a gradient may be asked for
    assert layer.matrix().requires_grad and (after - before).abs().max() > 0.1


@pytest.mark.parametrize("form", FORMS)
def test_learning_reaches_a_rotation_from_the_start(form):
    """No form starts where its gradient is stuck."""
    target = planes(1.0, -0.6)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = Rotation(4, form=form).double()
    optimizer = torch.optim.Adam(layer.parameters(), 0.05)
    for _ in range(200):
        loss = (layer.matrix() - target).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Rotation(1), "dim >= 2, got 1"),
        (lambda: Rotation(3, form="euler"), "form exponential or .*got 'euler'"),
        (lambda: Rotation(2, math.pi, form="cayley"), "|angle| < pi"),
        (lambda: Rotation(2, math.nan), "finite angle, got nan"),
        (lambda: Rotation(2, math.inf), "finite angle, got inf"),
        (lambda: Rotation.from_matrix(torch.ones(2, 2)), "orthogonal"),
        (lambda: Rotation.from_matrix(torch.eye(2).flip(0)), "determinant"),
        (lambda: Rotation.from_matrix(-torch.eye(2), form="cayley"), "no turn by 180"),
        (lambda: Rotation.from_matrix(torch.ones(2, 3)), "square"),
        (lambda: SVDLinear.from_matrix(torch.eye(3).flip(0)), "determinant > 0, got sign -1"),
        (lambda: QRLinear.from_matrix(torch.ones(2, 2)), "determinant > 0, got sign"),
        (lambda: QRLinear.from_matrix(torch.eye(2), torch.ones(3)), r"bias \(2,\), got \(3,\)"),
        (lambda: LULinear(0), "dim >= 1, got 0"),
    ],
)
def test_what_no_form_can_hold_raises(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("cls", [QRLinear, SVDLinear])
@pytest.mark.parametrize("form", FORMS)
def test_any_matrix_of_positive_determinant_has_these_factors(cls, form):
    for dim in (2, 3, 4, 5):  # in odd and even dimensions LAPACK's factors differ in sign
        weight, bias, x = noise(dim, dim), noise(dim, seed=9), noise(8, dim, seed=8)
        weight[0] *= torch.linalg.det(weight).sign()
        z, terms = cls.from_matrix(weight, bias, form)(x)
        close(z, x @ weight.mT + bias, 1e-10)
        close(terms.volume, torch.linalg.slogdet(weight).logabsdet.expand(8), 1e-10)


def test_lu_is_that_of_nflows():
    """Same parameters, same numbers."""
    peer = PeerLU(4, identity_init=False).double()
    ours = LULinear(4).double()
    with torch.no_grad():
        ours.lower.copy_(peer.lower_entries)
        above = torch.zeros(4, 4, dtype=torch.float64)
        above[tuple(torch.triu_indices(4, 4, 1))] = peer.upper_entries
        ours.upper.copy_(turns.below_diagonal(above.mT))
        ours.log_diagonal.copy_(peer.upper_diag.log())
        ours.bias.copy_(peer.bias)
    x = noise(10, 4, seed=3)
    theirs, volume = peer(x)
    close(ours(x)[0], theirs, 1e-12)
    close(ours(x)[1].volume, volume, 1e-12)
    close(ours.inverse(theirs)[0], x, 1e-12)
