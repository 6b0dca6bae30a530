"""Nonlinearities that treat every number by itself."""

import torch
from case import Case, cube, lively

from flowviz.layers import (
    Affine,
    Inverse,
    LeakyReLU,
    Logit,
    Sequential,
    Sigmoid,
    SignedPower,
    Softplus,
    Tanh,
)


def _between_signs(n: int, shape: tuple[int, ...]) -> torch.Tensor:
    return 2 * cube(n, shape) - 1


CASES = {
    "leaky ReLU": Case(lambda: LeakyReLU(2), (2,), awkward=(0.0, -0.0)),
    "leaky ReLU, steep, on images": Case(lambda: LeakyReLU((2, 1, 3), 3.0), (2, 1, 3)),
    "tanh": Case(lambda: Tanh(2), (2,), awkward=(0.0,), latent=_between_signs),
    "sigmoid": Case(lambda: Sigmoid(3), (3,), awkward=(0.0,)),
    "logit": Case(lambda: Logit(2), (2,), awkward=(0.5,)),
    "logit with alpha": Case(lambda: Logit(2, 0.05), (2,), awkward=(0.0, 1.0)),
    "logit with a small alpha": Case(lambda: Logit((1, 2, 2), 1e-6), (1, 2, 2)),
    "affine and sigmoid": Case(lambda: Sequential([lively(Affine(2)), Sigmoid(2)]), (2,)),
    "inverse of a sigmoid": Case(lambda: Inverse(Sigmoid(2)), (2,)),
    "softplus": Case(lambda: Softplus((1, 2)), (1, 2), awkward=(0.0,)),
    "signed power": Case(lambda: lively(SignedPower(2)), (2,), awkward=(0.0, -0.0)),
    "signed power on images": Case(lambda: lively(SignedPower((2, 2, 1))), (2, 2, 1)),
}
