"""The flowified networks of Mate et al. 2022, "Flowification": an MLP and convolutions as flows.

A network is a list of steps, as in the paper's code: `Dense(512)` is a flowified linear layer to
512 numbers, `Kernel(16, 3, 2)` a flowified convolution to 16 channels, windows of 3 x 3, stride 2,
each with one spline for all units as its activation; `Splines(2)` are 2 rational-quadratic
couplings. An image of one pixel is read as a vector. Images stay in [0, 1], neither centred nor
through a logit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...flow import Flow
from ...layer import Layer
from ...layers import Flatten, FlowifiedConv2d, FlowifiedLinear, RationalQuadraticSpline
from ...layers.flowified import paper_hidden
from .nsf import spline_couplings
from .pixels import from_pixels
from .start import start_like_the_paper


class Dense(NamedTuple):
    """A flowified linear layer to `outputs` numbers."""

    outputs: int
    spline: bool = True


class Kernel(NamedTuple):
    """A flowified convolution; what the stride leaves over is padded."""

    channels: int
    size: int
    stride: int


class Splines(NamedTuple):
    """Rational-quadratic couplings, with the order of coordinates turned round after each."""

    couplings: int


Network = Sequence[Dense | Kernel | Splines]


def _side_by_side(*channels: int) -> list[Kernel]:
    return [Kernel(c, 2, 2) for c in channels]


def _between(first: list[Kernel], splines: Splines, rest: list[Kernel]) -> list:
    """`splines` after each of the first kernels."""
    return [step for kernel in first for step in (kernel, splines)] + rest


_TAIL = [*[Dense(64)] * 6, Dense(32), *[Dense(32)] * 6, Dense(8)]
_SPLINE_TAIL = [Splines(2), Dense(32), Splines(2), Dense(8), Splines(2)]
_OVERLAPPING = [Kernel(16, 3, 2), Kernel(24, 2, 2), Kernel(32, 3, 2), Kernel(48, 2, 1)]
_OVERLAPPING.append(Kernel(64, 2, 1))

GREY: dict[str, Network] = {
    "mlp": [Dense(512), Dense(256), Dense(128), Dense(64), Dense(32), Dense(8, spline=False)],
    "conv1": [*_OVERLAPPING, *_TAIL],
    "conv2": [*_side_by_side(4, 16, 32, 48, 64), *_TAIL],
    "conv1-nsf": [*_OVERLAPPING, *_SPLINE_TAIL],
    "conv2-nsf": [
        *_between(_side_by_side(4, 16, 24, 32), Splines(2), _side_by_side(64)),
        *_SPLINE_TAIL,
    ],
}
COLOUR: dict[str, Network] = {
    "mlp": [Dense(1024), Dense(512), Dense(512), Dense(256), Dense(128, spline=False)],
    "conv1": [
        *[Kernel(c, 3, 2) for c in (27, 64, 100, 112)],
        Kernel(128, 2, 2),
        *[Dense(128)] * 10,
    ],
    "conv2": [*_side_by_side(12, 48, 100, 112, 128), *[Dense(128)] * 12],
    "conv1-nsf": [
        *_between([Kernel(c, 3, 2) for c in (27, 48, 72)], Splines(4), [Kernel(96, 3, 2)]),
        Kernel(128, 2, 2),
        Splines(8),
    ],
    "conv2-nsf": [
        *_between(_side_by_side(12, 48, 72), Splines(4), _side_by_side(96, 128)),
        Splines(6),
    ],
}


_STARTS = {"paper": "identity", "near_identity": "moments", "principal": "principal"}


def flowified(
    shape: Sequence[int],
    network: str | Network,
    rotation: str = "cayley",
    init: str = "near_identity",
    decoder: str = "conditional",
    dequantization: str = "uniform",
) -> Flow:
    """A network as a flow over images (C, H, W) of whole numbers 0 .. 255.

    network: "mlp", "conv1" (overlapping kernels), "conv2" (side by side), "conv1-nsf",
    "conv2-nsf", of the paper's MNIST networks for one channel, else of its CIFAR-10 networks (the
    mlp as intended: the released code of that one does not run); or a list of steps.
    rotation: "cayley", "householder", "exponential", or "matrix_exponential" as in the released
    code, with its number of parameters (`parameters.py`); see `Rotation`.
    init: "paper"; "near_identity", scales and shifts set from data by `flow.initialize`; or
    "principal", which also turns every layer's input onto its principal axes there (thousands of
    images: a linear layer has as many axes to find as it has inputs).
    decoder: "conditional"; "standard_normal" (multi-scale, without networks); or, of dense layers
    alone, "student_t": the conditional one with tails that forgive (`ConditionalStudentT`).
    """
    if init not in _STARTS:
        raise ValueError(f"expected init {', '.join(map(repr, _STARTS))}, got {init!r}")
    if isinstance(network, str):
        network = (GREY if shape[0] == 1 else COLOUR)[network]
    layers = from_pixels(shape, dequantization, centre=0.0)
    options = {"form": rotation, "decoder": decoder, "start": _STARTS[init]}
    for step in network:
        layers += _as_layers(step, layers[-1].latent_shape, options)
    flow = Flow(layers)
    if init == "paper":
        start_like_the_paper(flow)
    return flow


def _as_layers(
    step: Dense | Kernel | Splines, shape: tuple[int, ...], options: dict
) -> list[Layer]:
    layers: list[Layer] = []
    if len(shape) == 3 and (isinstance(step, Dense) or shape[1:] == (1, 1)):
        layers.append(Flatten(shape))
        shape = layers[-1].latent_shape
    if isinstance(step, Splines):
        return layers + spline_couplings(shape, step.couplings)
    if isinstance(step, Kernel):
        made: Layer = FlowifiedConv2d(shape, *step, **options)
    else:
        hidden = paper_hidden(*shape, step.outputs)
        made = FlowifiedLinear(*shape, step.outputs, hidden=hidden, **options)
    layers.append(made)
    if isinstance(step, Kernel) or step.spline:
        layers.append(RationalQuadraticSpline(made.latent_shape, 10, 2.0, shared=True))
    return layers
