"""Ready-made flows: `fv.zoo.nsf(dim=2)` is an architecture, untrained.

Initial weights come from `seed` (0 by default, so that a notebook is the same every time it
runs); `seed=None` draws them from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .flow import Flow, seeded
from .layer import Layer
from .layers import (
    Abs,
    ActNorm,
    AdditiveCoupling,
    Affine,
    AffineCoupling,
    Continuous,
    Conv1x1,
    ConvCoupling,
    CouplingFunnel,
    FlowifiedLinear,
    GaussianizationBlock,
    Injective,
    Inverse,
    InverseAutoregressive,
    LeakyReLU,
    LinearFunnel,
    LULinear,
    MaskedAutoregressive,
    Partial,
    Planar,
    RationalQuadraticSpline,
    ResidualAttention,
    ResidualMLP,
    Sequential,
    Softplus,
    SplineCoupling,
    Split,
    Squeeze,
    Sylvester,
)
from .layers.univariate import Affine as AffineMap
from .layers.univariate import RationalQuadratic
from .trained import trained

__all__ = [
    "absflow",
    "attentive",
    "ffjord",
    "flowified_mlp",
    "funnel_mlp",
    "funnel_nsf",
    "gaussianization",
    "glow",
    "iaf",
    "maf",
    "nice",
    "nsf",
    "planar",
    "realnvp",
    "rectangular",
    "residual",
    "sylvester",
    "trained",
]


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
        layers += [_spline(dim, bins)] if bins else []
        layers += [AffineCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
    return Flow(layers)


def attentive(
    dim: int = 2,
    blocks: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    kind: str = "l2",
    coefficient: float = 0.9,
    seed: int | None = 0,
) -> Flow:
    """Residual attention between the coordinates and a residual perceptron, in turn.

    Every coordinate is a token of one channel. Context reaches the perceptrons. `kind` is "l2"
    or "dot". Mukherjee et al. 2023, "Attentive Contractive Flow".
    """
    layers: list[Layer] = []
    with seeded(seed):
        for _ in range(blocks):
            layers.append(ResidualAttention(dim, kind, coefficient=coefficient))
            layers += [ResidualMLP(dim, hidden, context, coefficient), ActNorm(dim)]
    return Flow([ActNorm(dim), *layers])


def ffjord(
    dim: int = 2,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    time: float = 1.0,
    method: str = "rk4",
    steps: int = 8,
    divergence: str = "exact",
    seed: int | None = 0,
) -> Flow:
    """One continuous layer, then one scale for each coordinate.

    divergence="hutchinson" is the paper's estimate. Grathwohl et al. 2019, "FFJORD".
    """
    with seeded(seed):
        layer = Continuous(dim, hidden, context, time, method, steps, divergence=divergence)
    return Flow([ActNorm(dim), layer, Affine(dim)])


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
            layers.append(_spline(outputs) if spline else LeakyReLU(outputs, 0.5))
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
                LinearFunnel(inputs, keep, decoder, context) if reducing else _mixing(inputs),
                _spline(outputs),
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
        layers: list[Layer] = [
            SplineCoupling(dim, _turn(i), hidden, context, bins, bound) for i in range(couplings)
        ]
        spline = RationalQuadratic(bins, bound)
        layers.append(CouplingFunnel(dim, latent, spline, hidden, context))
    return Flow([ActNorm(dim), *layers, _spline(latent, bins, bound)])


def gaussianization(
    dim: int = 2,
    blocks: int = 8,
    bins: int = 16,
    bound: float = 4.0,
    form: str = "householder",
    seed: int | None = 0,
) -> Flow:
    """Splines for every coordinate and a rotation, in turn: close after `initialize` from data.

    Meng et al. 2020, "Gaussianization flows". `fv.fit` initializes and then trains it.
    """
    with seeded(seed):
        layers = [GaussianizationBlock(dim, bins, bound, form) for _ in range(blocks)]
    return Flow([ActNorm(dim), *layers])


def glow(
    shape: Sequence[int] = (1, 28, 28),
    levels: int = 2,
    steps: int = 4,
    width: int = 64,
    context: int = 0,
    limit: float = 3.0,
    seed: int | None = 0,
) -> Flow:
    """Squeeze, `steps` of (ActNorm, 1x1 convolution, affine coupling), split, and so on.

    Images (C, H, W) of real numbers; H and W divisible by 2^levels. The last ActNorm is the learned
    prior of the top level. Scales are exp(limit tanh) rather than sigmoid. Kingma & Dhariwal
    2018, "Glow" (CIFAR-10: levels=3, steps=32, width=512).
    """
    if levels < 1 or steps < 1:
        raise ValueError(f"glow: expected levels >= 1 and steps >= 1, got {levels} and {steps}")
    layers: list[Layer] = []
    with seeded(seed):
        for level in range(levels):
            layers.append(Squeeze(shape))
            shape = layers[-1].latent_shape
            for _ in range(steps):
                layers += _glow_step(shape, width, context, limit)
            if level < levels - 1:
                layers.append(Split(shape, width, context))
                shape = layers[-1].latent_shape
    return Flow([*layers, ActNorm(shape, channels=True)])


def iaf(
    dim: int = 2,
    layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    limit: float = 3.0,
    seed: int | None = 0,
) -> Flow:
    """Inverse autoregressive layers, their order of coordinates turned round each time.

    Fast to draw from; the density of given data takes `dim` steps a layer. Kingma et al. 2016,
    "Improving Variational Inference with Inverse Autoregressive Flow".
    """
    with seeded(seed):
        stack = [
            InverseAutoregressive(dim, AffineMap(limit), hidden, context, _direction(i))
            for i in range(layers)
        ]
    return Flow([ActNorm(dim), *stack])


def maf(
    dim: int = 2,
    layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int | None = None,
    limit: float = 3.0,
    bound: float = 3.5,
    seed: int | None = 0,
) -> Flow:
    """Masked autoregressive layers, their order of coordinates turned round each time.

    Affine maps, or splines of `bins` on [-bound, bound]. Papamakarios et al. 2017, "Masked
    Autoregressive Flow" (ActNorm for batch norm); Durkan et al. 2019, RQ-NSF (AR).
    """
    univariate = RationalQuadratic(bins, bound) if bins else AffineMap(limit)
    with seeded(seed):
        stack = [
            MaskedAutoregressive(dim, univariate, hidden, context, _direction(i))
            for i in range(layers)
        ]
    return Flow([ActNorm(dim), *stack])


def nice(
    dim: int = 2,
    couplings: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Additive couplings that take turns, then one scale for each coordinate.

    Volume-preserving but for ActNorm and the last scale. Dinh et al. 2014, "NICE".
    """
    with seeded(seed):
        layers = [AdditiveCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
    return Flow([ActNorm(dim), *layers, Affine(dim)])


def realnvp(
    dim: int = 2,
    couplings: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int | None = None,
    seed: int | None = 0,
) -> Flow:
    """Affine couplings that take turns. Dinh et al. 2016, "RealNVP" (ActNorm for batch norm).

    `bins`: a spline of so many for each coordinate before the couplings.
    """
    with seeded(seed):
        layers: list[Layer] = [_spline(dim, bins)] if bins else []
        layers += [AffineCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
    return Flow([ActNorm(dim), *layers])


def nsf(
    dim: int = 2,
    couplings: int = 2,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    bins: int = 16,
    bound: float = 3.5,
    seed: int | None = 0,
) -> Flow:
    """Rational-quadratic spline couplings that take turns. Durkan et al. 2019, RQ-NSF (C).

    In the plane two couplings suffice: the first makes x2 given x1 Gaussian, the second x1.
    """
    with seeded(seed):
        layers = [
            SplineCoupling(dim, _turn(i), hidden, context, bins, bound) for i in range(couplings)
        ]
    return Flow([ActNorm(dim), *layers])


def planar(
    dim: int = 2,
    layers: int = 16,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Planar layers, each one bend of space. Rezende & Mohamed 2015.

    `hidden` are the networks that context goes through; without context there are none.
    """
    with seeded(seed):
        stack = [Planar(dim, context, hidden) for _ in range(layers)]
    return Flow([ActNorm(dim), *stack, Affine(dim)])


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

    Train -log_prob together with the squared distance to `flow[0].project(x)`: alone the
    likelihood says nothing of points beside the sheet. Caterini et al. 2021, "Rectangular flows".
    """
    with seeded(seed):
        bends = [AffineCoupling(dim, _turn(i), hidden, context) for i in range(couplings)]
        sheet = Injective(Sequential([ActNorm(dim), *bends]), latent, volume)
    return Flow([sheet, _spline(latent), Affine(latent)])


def residual(
    dim: int = 2,
    blocks: int = 8,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    coefficient: float = 0.9,
    volume: str = "exact",
    seed: int | None = 0,
) -> Flow:
    """Contractive residual blocks with ActNorm between them.

    volume="roulette" is the unbiased estimate of Chen et al. 2019, "Residual Flows";
    "truncated" the biased one of Behrmann et al. 2019, "Invertible Residual Networks".
    """
    layers: list[Layer] = []
    with seeded(seed):
        for _ in range(blocks):
            layers += [ResidualMLP(dim, hidden, context, coefficient, volume), ActNorm(dim)]
    return Flow([ActNorm(dim), *layers])


def sylvester(
    dim: int = 2,
    layers: int = 8,
    rank: int | None = None,
    hidden: Sequence[int] = (64, 64),
    context: int = 0,
    seed: int | None = 0,
) -> Flow:
    """Sylvester layers, each `rank` bends at once (default: dim). van den Berg et al. 2018.

    `hidden` are the networks that context goes through; without context there are none.
    """
    with seeded(seed):
        stack = [Sylvester(dim, rank, context, hidden) for _ in range(layers)]
    return Flow([ActNorm(dim), *stack, Affine(dim)])


def _glow_step(shape: Sequence[int], width: int, context: int, limit: float) -> list[Layer]:
    coupling = ConvCoupling(
        shape, AffineMap(limit), hidden=(width, width), context=context, norm=True
    )
    return [ActNorm(shape, channels=True), Conv1x1(shape), coupling]


def _spline(size: int, bins: int = 8, bound: float = 3.5) -> Layer:
    return RationalQuadraticSpline(size, bins, bound)


def _mixing(dim: int) -> Layer:
    """A linear layer that starts with small random entries, so that splines find mixed axes."""
    layer = LULinear(dim)
    for factor in (layer.lower, layer.upper):
        nn.init.normal_(factor, std=0.3)
    return layer


def _turn(index: int) -> str:
    return "first" if index % 2 == 0 else "second"


def _direction(index: int) -> str:
    return "forward" if index % 2 == 0 else "backward"
