"""Stochastic layers: noise on the way to the latent side."""

import torch
from case import Case, lively
from torch import Tensor

from flowviz.layers import (
    Augment,
    StochasticPermutation,
    UniformDequantization,
    VAELayer,
    VariationalDequantization,
)

ADDS = {"kind": "stochastic", "exact": False, "columns": ("encoder",)}
TRADES = {"kind": "stochastic", "exact": False, "columns": ("decoder", "encoder")}
HIDDEN = (8,)
LOSES_MASS = dict.fromkeys(
    ["the_density_integrates_to_1", "draws_follow_the_density"],
    "the base has mass beyond the uniform noise, and no x reaches it",
)


def bytes_(n: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randint(256, (n, *shape)).double()


def fives(n: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randint(5, (n, *shape)).double()


PICTURES = {"data": bytes_, "continuous": False, "awkward": (0.0, 255.0), **ADDS}
FIVES = {"data": fives, "continuous": False, "awkward": (0.0, 4.0), **ADDS}

CASES = {
    "uniform dequantization": Case(
        lambda: UniformDequantization((1, 2, 2)), (1, 2, 2), tolerance=1e-7, **PICTURES
    ),
    "uniform dequantization, five levels": Case(
        lambda: UniformDequantization(2, levels=5), (2,), **FIVES
    ),
    "variational dequantization": Case(
        lambda: lively(VariationalDequantization((1, 2, 2), hidden=HIDDEN), 0.5),
        (1, 2, 2),
        **PICTURES,
    ),
    "variational dequantization with context": Case(
        lambda: lively(VariationalDequantization(2, 5, HIDDEN, context=2), 0.5),
        (2,),
        context=2,
        **FIVES,
    ),
    "augmentation": Case(lambda: Augment(2, 1), (2,), **ADDS),
    "augmentation, learned": Case(
        lambda: lively(Augment(2, 2, "conditional", HIDDEN), 0.2), (2,), **ADDS
    ),
    "augmentation with uniform noise": Case(
        lambda: Augment(2, 1, "uniform"), (2,), exempt=LOSES_MASS, **ADDS
    ),
    "augmentation with context": Case(
        lambda: lively(Augment(2, 1, "conditional", HIDDEN, context=1), 0.2),
        (2,),
        context=1,
        **ADDS,
    ),
    "stochastic permutation": Case(lambda: StochasticPermutation(2), (2,), **TRADES),
    "stochastic permutation of four": Case(lambda: StochasticPermutation(4), (4,), **TRADES),
    "VAE": Case(lambda: lively(VAELayer(2, 1, HIDDEN), 0.3), (2,), **TRADES),
    "VAE with context": Case(
        lambda: lively(VAELayer(3, 2, HIDDEN, context=2)), (3,), context=2, **TRADES
    ),
}
