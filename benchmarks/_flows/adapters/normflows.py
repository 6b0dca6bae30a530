"""normflows: z -> x is its forward, so its `inverse` is our x -> z."""

from __future__ import annotations

import torch

from ..systems import BINS, BOUND, DEPTH, GLOW_SHAPE, GLOW_WIDTH, HIDDEN, Absent, Model
from .parts import NoContext, halves, mlp


def build(system: str, dim: int) -> Model:
    import normflows as nf

    layers = []
    for i in range(DEPTH[system]):
        layers += _layers(nf, system, dim, i)
    shape = GLOW_SHAPE if system == "glow" else dim
    flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(shape, trainable=False), layers)
    sample = None if system == "planar" else lambda n: flow.sample(n)[0]
    return Model(flow, lambda x: flow.inverse_and_log_det(x)[0], flow.log_prob, sample)


def _layers(nf, system: str, dim: int, index: int) -> list:
    half = dim // 2
    if system == "realnvp":
        net = nf.nets.MLP([half, *HIDDEN, 2 * half], init_zeros=True)
        return [nf.flows.AffineCouplingBlock(net), nf.flows.Permute(dim, mode="swap")]
    if system == "nsf":
        from normflows.flows.neural_spline.coupling import PiecewiseRationalQuadraticCoupling

        return [
            PiecewiseRationalQuadraticCoupling(
                torch.tensor([1 - m for m in halves(dim, index)]),
                lambda a, b: NoContext(mlp(a, b)),
                num_bins=BINS,
                tails="linear",
                tail_bound=BOUND,
            )
        ]
    if system == "maf":  # its own class is the inverse one, an IAF: turned round
        iaf = nf.flows.MaskedAffineAutoregressive(
            dim, HIDDEN[0], num_blocks=1, use_residual_blocks=False
        )
        return [nf.flows.Reverse(iaf), nf.flows.Permute(dim, mode="swap")]
    if system == "planar":  # x -> z, as ours; tanh has no inverse there
        return [nf.flows.Reverse(nf.flows.Planar((dim,), act="tanh"))]
    if system == "glow":
        block = nf.flows.GlowBlock(GLOW_SHAPE[0], GLOW_WIDTH, scale_map="exp", init_zeros=False)
        block.flows[-1].data_dep_init_done = torch.tensor(1.0)
        return [block]
    raise Absent(f"no {system}")
