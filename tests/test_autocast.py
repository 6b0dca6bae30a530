"""Training in mixed precision: conditioners may be rounded, data and log-determinants may not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from study_toys import STUDY, toy_images, toy_training
from test_study_models import FEW, TINY, pixels, small

from flowviz.flow import seeded
from flowviz.studies.learner import Learner
from flowviz.studies.models import NAMES, build
from flowviz.studies.processes import start

every = pytest.mark.parametrize("name", NAMES)
# one coordinate after the other, its conditioner is rounded in another order than all at once
AT_ONCE = [name for name in NAMES if name != "maf"]


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16)


@every
def test_terms_are_float32_and_near_those_of_float32(name):
    flow, x = small(name, torch.float32), pixels(6, TINY)
    with seeded(1), autocast():
        ledger = flow.ledger(x)
        total = flow.log_prob(x)
    with seeded(1):
        expected = flow.ledger(x)
    for row in ledger.rows:
        assert all(term.dtype == torch.float32 for term in row if term is not None)
    assert ledger.total.dtype == total.dtype == torch.float32
    torch.testing.assert_close(ledger.total, expected.total, rtol=0.02, atol=0.5)


@pytest.mark.parametrize("name", AT_ONCE)
def test_data_are_not_rounded(name):
    """There and back to float32's precision; bfloat16's is 4e-3 of the number."""
    flow, x = small(name, torch.float32), pixels(6, TINY)
    with seeded(1), torch.no_grad(), autocast():
        for layer in flow.layers:
            z, terms = layer(x)
            assert z.dtype == torch.float32
            if layer.kind == "bijection":
                back, row = layer.inverse(z)
                torch.testing.assert_close(back, x, rtol=1e-4, atol=1e-4)
                torch.testing.assert_close(row.volume, terms.volume, rtol=1e-4, atol=1e-3)
            x = z


@pytest.mark.parametrize("name", ["flowified-mlp", "flowified-conv1", "flowified-conv2"])
@pytest.mark.parametrize("rotation", ["cayley", "householder", "exponential", "matrix_exponential"])
def test_what_no_network_decides_is_as_in_float32(name, rotation):
    """z and volume of flowified layers: rotations, scales and splines alone."""
    flow, x = small(name, torch.float32, rotation=rotation), pixels(6, TINY)
    with seeded(1), torch.no_grad(), autocast():
        z, terms = flow(x)
    with seeded(1), torch.no_grad():
        expected, without = flow(x)
    torch.testing.assert_close(z, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(terms.volume, without.volume, rtol=1e-4, atol=1e-3)


def learner(name: str, precision: str, folder: Path, steps: int = 0, **options) -> Learner:
    study = STUDY.override(["recipe.lr=0.001", "recipe.epochs=2"])
    flow = build(name, TINY, **FEW[name], **options)
    training = toy_training(folder, study, start("cpu", precision=precision), flow)
    asked = iter([False] * (steps - 1))
    if steps:
        training.train(stopped=lambda: next(asked, True))
    return training.learner


@pytest.mark.parametrize("name", ["flowified-mlp", "glow", "realnvp-contribution"])
def test_a_mixed_precision_run_takes_steps(name, tmp_path):
    before, after = (learner(name, "bf16-mixed", tmp_path / str(n), n).params for n in (0, 3))
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in after)


def test_noise_is_not_rounded_to_the_precision_of_the_conditioners(tmp_path):
    """Where no network decides anything nothing is rounded, through Fabric as well."""
    mixed, true = (
        learner("flowified-mlp", p, tmp_path / p, decoder="standard_normal")
        for p in ("bf16-mixed", "32-true")
    )
    values = []
    for one in (mixed, true):
        with seeded(2), torch.no_grad():
            values.append(one._model(toy_images()[:8].float()))
    torch.testing.assert_close(*values, rtol=1e-6, atol=1e-5)


def test_a_mixed_precision_run_rounds_when_it_learns_and_not_when_it_looks(tmp_path):
    mixed, true = (learner("glow", p, tmp_path / p) for p in ("bf16-mixed", "32-true"))
    with torch.no_grad():  # conditioners that start at zero have nothing to round
        for p, q in zip(mixed.params, true.params, strict=True):
            p.add_(0.1 * torch.randn_like(p))
            q.copy_(p)
    for one in (mixed, true):
        one._mean = None
    assert mixed.nats(toy_images()) == true.nats(toy_images())
    values = []
    for one in (mixed, true):
        with seeded(2), torch.no_grad():
            values.append(one._model(toy_images()[:8].float()))
    assert values[0].dtype == torch.float32 and not torch.equal(*values)
    torch.testing.assert_close(*values, rtol=0.02, atol=0.5)
