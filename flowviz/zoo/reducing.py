"""Ready-made flows that fold, drop or add: surjections, funnels, flowified networks, sheets."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..flow import Flow, seeded
from ..layer import Layer
from ..layers import (
    Abs,
    ActNorm,
    Affine,
    AffineCoupling,
    CouplingFunnel,
    FlowifiedLinear,
    Injective,
    Inverse,
    LeakyReLU,
    LinearFunnel,
    Partial,
    Sequential,
    Softplus,
    SplineCoupling,
)
from ..layers.univariate import RationalQuadratic
from .parts import alternating, mixing, splines


def absflow(
    dim: int = 2,
    couplings: int = 4,
    hidden: Sequence[int] = (64, 64),
    sign: str = "fair",
    indices: Sequence[int] | None = None,
    bins: int | None = None,
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Fold space along its axes (or those of `indices`), open the rest to the reals, flow there.

    For data that are symmetric about these axes: one side is learned, the signs are coins
    (sign="learned": coins that know the place, each by itself, for data like the checkerboard,
    whose mirror image is its negative). `bins`: a spline of so many for each coordinate before the
    couplings. Exact. Nielsen et al. 2020, "SurVAE Flows", AbsFlow (the inverse of softplus where
    they take a logit).
    """
    with seeded(seed):
        known = context if sign == "learned" else 0
        folded = list(range(dim)) if indices is None else list(indices)
        opened = Partial(dim, folded, Inverse(Softplus(len(folded))))
        layers = [Abs(dim, indices, sign, hidden, known), opened, ActNorm(dim)]
        layers += [splines(dim, bins)] if bins else []
        layers += alternating(AffineCoupling, couplings, dim, hidden, context)
    return Flow(layers)


def flowified_mlp(
    dim: int = 2,
    latent: int | None = None,
    hidden: Sequence[int] = (16, 16),
    activation: str = "spline",
    noise: str = "gaussian",
    decoder: str = "conditional",
    form: str = "householder",
    seed: int | None = 0,
) -> Flow:
    """A multilayer perceptron dim -> hidden -> latent (dim, by default) as a flow.

    Linear layers of any shape with an invertible activation between them: "spline" (one for
    each unit) or "leaky" (LeakyReLU with slope 1/2). Exact if no layer grows, else a bound.
    `noise`, `decoder`, `form`: as in `FlowifiedLinear`. Mate et al. 2022, "Flowification", FMLP.
    """
    if activation not in ("spline", "leaky"):
        raise ValueError(f'expected activation="spline" or "leaky", got {activation!r}')
    sizes = [dim, *hidden, latent or dim]
    layers: list[Layer] = []
    with seeded(seed):
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            layers.append(FlowifiedLinear(inputs, outputs, decoder, noise, form))
            spline = activation == "spline"
            layers.append(splines(outputs) if spline else LeakyReLU(outputs, 0.5))
    return Flow([ActNorm(dim), *layers[:-1]])


def funnel_mlp(
    dim: int = 2,
    latent: int = 1,
    hidden: Sequence[int] | None = None,
    decoder: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Linear layers that keep or reduce the dimension, with splines between them: exact.

    Sizes run dim, hidden (dim, dim by default), latent; each at most the one before. Which
    coordinates a layer keeps is drawn with the weights; `decoder` are the hidden sizes of the
    decoders. Klein et al. 2021, "Funnels", F-MLP.
    """
    sizes = [dim, *((dim, dim) if hidden is None else hidden), latent]
    layers: list[Layer] = []
    with seeded(seed):
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            if outputs > inputs:
                raise ValueError(f"expected sizes that do not grow, got {inputs} before {outputs}")
            keep = torch.randperm(inputs)[:outputs].tolist()
            reducing = outputs < inputs
            layers += [
                LinearFunnel(inputs, keep, decoder, context) if reducing else mixing(inputs),
                splines(outputs),
            ]
    return Flow([ActNorm(dim), *layers])


def funnel_nsf(
    dim: int = 2,
    latent: int = 1,
    couplings: int = 2,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int = 16,
    bound: float = 3.5,
    seed: int | None = 0,
) -> Flow:
    """Spline couplings, a funnel whose dropped part bends the kept one, and a spline: exact.

    The latent space is smaller than the data's. Klein et al. 2021, "Funnels", F-NSF.
    """
    with seeded(seed):
        layers: list[Layer] = alternating(
            SplineCoupling, couplings, dim, hidden, context, bins, bound
        )
        spline = RationalQuadratic(bins, bound)
        layers.append(CouplingFunnel(dim, latent, spline, hidden, context))
    return Flow([ActNorm(dim), *layers, splines(latent, bins, bound)])


def rectangular(
    dim: int = 2,
    latent: int = 1,
    couplings: int = 6,
    hidden: Sequence[int] = (64, 64),
    volume: str = "exact",
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """A sheet of `latent` dimensions through space, and a density on it.

    `fv.fit` trains -log_prob together with the squared distance to `flow[0].project(x)`: alone
    the likelihood says nothing of points beside the sheet. Caterini et al. 2021, "Rectangular
    flows".
    """
    with seeded(seed):
        bends = alternating(AffineCoupling, couplings, dim, hidden, context)
        sheet = Injective(Sequential([ActNorm(dim), *bends]), latent, volume)
    return Flow([sheet, splines(latent), Affine(latent)])
