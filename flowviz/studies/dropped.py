"""What layers drop on the way to z, where a Gaussian p(dropped | z) pays for it.

With its mean mu(z) and spread sigma(z), dropped = mu + sigma e: the noise e is what z lacks. So z
and the e of all layers are a code from which an exact flow gives its image back.
"""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import Tensor

from ..layer import Layer
from ..layers import (
    ConvFunnel,
    FlowifiedLinear,
    Funnel,
    Slice,
    Split,
    TileLinear,
    TileReduction,
)
from ..nets.conditional import Conditional, DiagonalGaussian

Moments = tuple[Tensor, Tensor]


@singledispatch
def moments(layer: Layer, z: Tensor) -> Moments | None:
    """(mu, log sigma) of what the layer dropped, given its z; None if no Gaussian says."""
    return None


@singledispatch
def dropped(layer: Layer, x: Tensor) -> Tensor:
    """What the layer drops of x, laid out as `moments` are."""
    raise NotImplementedError(f"{layer.title}: expected a layer that drops something")


@singledispatch
def joined(layer: Layer, z: Tensor, rest: Tensor) -> Tensor:
    """The x whose z and dropped part these are."""
    raise NotImplementedError(f"{layer.title}: expected a layer that drops something")


@moments.register
def _(layer: Split, z: Tensor) -> Moments:
    return layer.prior.moments(z)


@dropped.register
def _(layer: Split, x: Tensor) -> Tensor:
    return x[..., layer.kept :, :, :]


@joined.register
def _(layer: Split, z: Tensor, rest: Tensor) -> Tensor:
    return torch.cat([z, rest], -3)


@moments.register
def _(layer: Slice, z: Tensor) -> Moments | None:
    return _asked(layer.decoder, z)


@dropped.register
def _(layer: Slice, x: Tensor) -> Tensor:
    return layer._parts(x)[1]


@joined.register
def _(layer: Slice, z: Tensor, rest: Tensor) -> Tensor:
    return torch.cat([z, rest], -1)[..., layer.order.argsort()]


@moments.register
def _(layer: FlowifiedLinear, z: Tensor) -> Moments | None:
    if layer.decoder is None:
        return None
    return _asked(layer.decoder, layer.factors.unfinish(z) * layer.factors.scale())


@dropped.register(FlowifiedLinear)
def _(layer: FlowifiedLinear, x: Tensor) -> Tensor:
    return layer.factors.split(x)[1]


@joined.register(FlowifiedLinear)
def _(layer: FlowifiedLinear, z: Tensor, rest: Tensor) -> Tensor:
    return layer.factors.join(layer.factors.unfinish(z), rest)


@moments.register
def _(layer: TileLinear, z: Tensor) -> Moments | None:
    return moments(layer.linear, z.movedim(-3, -1))


@moments.register
def _(layer: TileReduction, z: Tensor) -> Moments:
    mean, log_sigma = layer.moments(z, layer.factors.first.matrix())
    return mean.movedim(-3, -1), log_sigma.movedim(-3, -1)


@dropped.register(TileLinear)
@dropped.register(TileReduction)
def _(layer: TileLinear | TileReduction, x: Tensor) -> Tensor:
    return layer.factors.split(x.movedim(-3, -1))[1]


@joined.register(TileLinear)
@joined.register(TileReduction)
def _(layer: TileLinear | TileReduction, z: Tensor, rest: Tensor) -> Tensor:
    kept = layer.factors.unfinish(z.movedim(-3, -1))
    return layer.factors.join(kept, rest).movedim(-1, -3)


@moments.register
def _(layer: Funnel, z: Tensor) -> Moments | None:
    return _asked(layer.decoder, z)


@dropped.register
def _(layer: Funnel, x: Tensor) -> Tensor:
    return layer._parts(x)[1]


@joined.register
def _(layer: Funnel, z: Tensor, rest: Tensor) -> Tensor:
    return layer._joined(layer.bijection._inverse(z, rest, "mean", False)[0], rest)


@moments.register
def _(layer: ConvFunnel, z: Tensor) -> Moments:
    return layer.decoder.moments(z)


@dropped.register
def _(layer: ConvFunnel, x: Tensor) -> Tensor:
    return layer._parts(x)[0]


@joined.register
def _(layer: ConvFunnel, z: Tensor, rest: Tensor) -> Tensor:
    kept = layer.mixing._unmap(z.movedim(-3, -1), rest.movedim(-3, -1))[0]
    return layer._joined(rest, kept.movedim(-1, -3))


def _asked(decoder: Conditional, given: Tensor) -> Moments | None:
    return decoder.moments(given) if isinstance(decoder, DiagonalGaussian) else None
