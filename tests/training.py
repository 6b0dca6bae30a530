"""What the tests of fit share: small flows, points, quick runs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import flowviz as fv
from flowviz import Bijection

HIDDEN = (16, 16)


def quick(flow: fv.Flow, data: object, **options) -> fv.History:
    return fv.fit(flow, data, **{"steps": 20, "progress": False, "batch": 64, **options})


def small(context: int = 0) -> fv.Flow:
    return fv.zoo.realnvp(couplings=2, hidden=HIDDEN, context=context)


def weights(flow: fv.Flow) -> Tensor:
    return nn.utils.parameters_to_vector(flow.parameters()).detach().clone()


def normal(n: int = 400, dim: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


class Fuse(Bijection):
    """z = x + b; after `calls` training steps it gives NaN, or raises `error`."""

    def __init__(self, calls: int, error: type[BaseException] | None = None) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (2,)
        self.shift = nn.Parameter(torch.zeros(2))
        self.left, self.error = calls, error

    def _map(self, x, context):
        training = torch.is_grad_enabled()
        self.left -= training
        if self.left < 0 and training and self.error:
            raise self.error
        broken = torch.nan if self.left < 0 and not self.error else 1.0
        return (x + self.shift) * broken, x.new_zeros(x.shape[:-1])

    def _unmap(self, z, context):
        return z - self.shift, z.new_zeros(z.shape[:-1])

    def _path(self, x, tau, context):
        return x + tau * self.shift
