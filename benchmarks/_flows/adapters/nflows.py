"""nflows."""

from __future__ import annotations

from torch import nn

from ..systems import BINS, BOUND, DEPTH, GLOW_SHAPE, GLOW_WIDTH, HIDDEN, Absent, Model
from .parts import NoContext, halves, mlp


def build(system: str, dim: int) -> Model:
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.base import Flow
    from nflows.transforms.base import CompositeTransform

    layers = []
    for i in range(DEPTH[system]):
        layers += _layers(system, dim, i, lambda a, b: NoContext(mlp(a, b)))
    shape = GLOW_SHAPE if system == "glow" else [dim]
    flow = Flow(CompositeTransform(layers), StandardNormal(shape))
    return Model(flow, flow.transform_to_noise, flow.log_prob, flow.sample)


def _layers(system: str, dim: int, index: int, net) -> list:
    from nflows import transforms

    moved = [1 - m for m in halves(dim, index)]
    if system == "realnvp":
        return [transforms.AffineCouplingTransform(moved, net)]
    if system == "nsf":
        return [
            transforms.PiecewiseRationalQuadraticCouplingTransform(
                moved, net, BINS, "linear", BOUND
            )
        ]
    if system == "maf":
        made = transforms.MaskedAffineAutoregressiveTransform(
            dim, HIDDEN[0], num_blocks=1, use_residual_blocks=False
        )
        return [made, transforms.ReversePermutation(dim)] if index else [made]
    if system == "glow":
        channels = GLOW_SHAPE[0]
        norm = transforms.ActNorm(channels)
        norm.initialized.fill_(True)
        mask = [0] * (channels // 2) + [1] * (channels // 2)
        coupling = transforms.AffineCouplingTransform(mask, _convolutions)
        return [norm, transforms.OneByOneConvolution(channels), coupling]
    raise Absent(f"no {system}")


def _convolutions(inputs: int, outputs: int) -> nn.Module:
    """3x3, 1x1, 3x3, as in the Glow paper."""
    w = GLOW_WIDTH
    first, second, last = (
        nn.Conv2d(inputs, w, 3, padding=1),
        nn.Conv2d(w, w, 1),
        nn.Conv2d(w, outputs, 3, padding=1),
    )
    return NoContext(nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last))
