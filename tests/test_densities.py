"""Closed with a base, every layer is a model: its mass is 1, and its draws follow its density.

Held over every surjection and stochastic layer whose data are a number or a pair; a bound is held
to it on average, since exp(bound) is an unbiased estimate of the density.
"""

from __future__ import annotations

import torch
from bases import BASES
from case import Case
from masses import Grid
from registry import every
from torch import Tensor

from flowviz.flow import seeded

SMALL = {
    "kind": lambda kind: kind != "bijection",  # their volume is compared with autograd's
    "shape": lambda shape: shape in ((1,), (2,)),
    "continuous": True,
}
FINE = 480  # midpoints a side


def density(case: Case, x: Tensor) -> Tensor:
    """p(x), or an unbiased estimate of it, under the base of the layer's latent space."""
    layer = case.build()
    context = _one_context(case)
    z, terms = layer(x.repeat(repeats(case), 1), context)
    p = (BASES[layer.latent_space.name].log_prob(z) + terms.total).exp()
    return p.reshape(-1, len(x)).mean(0)


def repeats(case: Case) -> int:
    """Draws a point: one does where there is a plane full of points, or where it is exact."""
    return 400 if case.shape == (1,) and not case.exact else 1


def draws(case: Case, n: int) -> Tensor:
    layer = case.build()
    with seeded(11):
        z = BASES[layer.latent_space.name].draw(n, layer.latent_shape)
        return layer.inverse(z, _one_context(case))[0]


def _one_context(case: Case) -> Tensor | None:
    return case.contexts(torch.zeros(1, dtype=torch.float64))[0] if case.context else None


def _masses(case: Case, x: Tensor) -> tuple[Grid, Tensor]:
    """A grid around x, and the mass in its cells (none outside the data space)."""
    grid = Grid.around(x, FINE)
    inside = case.build().data_space.contains(grid.points).expand_as(grid.points).all(-1)
    mass = torch.zeros(len(inside), dtype=x.dtype)
    with seeded(12):
        mass[inside] = density(case, grid.points[inside]) * grid.cell
    return grid, mass


@torch.no_grad()
@every(**SMALL)
def test_the_density_integrates_to_1(case):
    _, mass = _masses(case, draws(case, 20_000))
    assert abs(mass.sum() - 1) < (5e-3 if case.exact else 5e-2), float(mass.sum())


@torch.no_grad()
@every(**SMALL)
def test_draws_follow_the_density(case):
    x = draws(case, 20_000)
    grid, mass = _masses(case, x)
    assert grid.surprise(x, mass) > 1e-3
