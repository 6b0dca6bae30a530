"""flowviz."""

from __future__ import annotations

from ..systems import (
    BINS,
    BOUND,
    DEPTH,
    GLOW_SHAPE,
    GLOW_WIDTH,
    HIDDEN,
    RK4_STEPS,
    TOLERANCE,
    Absent,
    Model,
)


def build(system: str, dim: int) -> Model:
    import flowviz as fv
    from flowviz import layers
    from flowviz.layers.univariate import Affine

    turn = ["first", "second"] * DEPTH[system]
    if system == "realnvp":
        chain = [layers.AffineCoupling(dim, turn[i], HIDDEN) for i in range(DEPTH[system])]
    elif system == "nsf":
        chain = [
            layers.SplineCoupling(dim, turn[i], HIDDEN, bins=BINS, bound=BOUND)
            for i in range(DEPTH[system])
        ]
    elif system == "maf":
        order = ["forward", "backward"] * DEPTH[system]
        chain = [
            layers.MaskedAutoregressive(dim, Affine(3.0), HIDDEN, order=order[i])
            for i in range(DEPTH[system])
        ]
    elif system == "planar":
        chain = [layers.Planar(dim) for _ in range(DEPTH[system])]
    elif system == "glow":
        chain = []
        for _ in range(DEPTH[system]):
            chain += [
                layers.ActNorm(GLOW_SHAPE, channels=True),
                layers.Conv1x1(GLOW_SHAPE),
                layers.ConvCoupling(GLOW_SHAPE, Affine(3.0), hidden=(GLOW_WIDTH, GLOW_WIDTH)),
            ]
    else:
        chain = [_continuous(layers, system, dim)]
    flow = fv.Flow(chain)
    return Model(flow, lambda x: flow(x)[0], flow.log_prob, flow.sample)


def _continuous(layers, system: str, dim: int):
    if not hasattr(layers, "Continuous"):
        raise Absent("no continuous layer yet")
    adaptive = {"method": "dopri5", "tolerance": TOLERANCE}
    options = adaptive if system == "cnf" else {"method": "rk4", "steps": RK4_STEPS}
    return layers.Continuous(dim, hidden=HIDDEN, **options)
