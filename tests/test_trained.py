"""The shipped flows: each stands close above the entropy of its data, and a fold pays."""

from __future__ import annotations

import pytest
import torch

import flowviz as fv
from flowviz.trained import NAMES

FOLDED = [name.removesuffix("_folded") for name in NAMES if name.endswith("_folded")]


def nll(name: str, n: int = 20_000) -> tuple[float, float]:
    """Held-out NLL above the entropy, and its standard error, nats."""
    data = getattr(fv.data, NAMES[name].density)()
    x = data.sample(n, seed=7)
    with torch.no_grad():
        excess = data.log_prob(x).double() - fv.zoo.trained(name).log_prob(x).double()
    return excess.mean().item(), excess.std().item() / n**0.5


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_flow_fits_and_never_beats_its_data(name):
    """The mean of log p(x) - log q(x) is a Kullback-Leibler divergence: never below 0."""
    excess, error = nll(name)
    assert -3 * error < excess < 0.32


@pytest.mark.parametrize("name", FOLDED)
def test_a_known_symmetry_need_not_be_learned(name):
    plain, folded = nll(f"{name}_plain")[0], nll(f"{name}_folded")[0]
    assert folded < 0.05 and folded < plain - 0.05


def test_a_name_that_is_not_shipped_is_refused():
    with pytest.raises(ValueError, match="expected one of .*two_moons.*, got 'one_moon'"):
        fv.zoo.trained("one_moon")
