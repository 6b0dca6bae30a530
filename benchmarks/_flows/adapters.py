"""The systems of `systems.py` in each library, a few lines apiece."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .systems import (
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


def build(library: str, system: str, dim: int) -> Model:
    """The model; raises `Absent` where the library has none, ImportError where it is missing."""
    torch.manual_seed(0)
    return {
        "flowviz": flowviz,
        "zuko": zuko,
        "nflows": nflows,
        "normflows": normflows,
        "FrEIA": freia,
        "torchdiffeq": torchdiffeq,
    }[library](system, dim)


def halves(dim: int, index: int) -> list[int]:
    """A mask, 1 where coordinates stay: first and second half take turns."""
    first = [1] * (dim // 2) + [0] * (dim - dim // 2)
    return first if index % 2 == 0 else [1 - m for m in first]


def normal_log_prob(z: Tensor) -> Tensor:
    z = z.flatten(1)
    return -0.5 * z.square().sum(-1) - 0.5 * z.shape[1] * math.log(2 * math.pi)


def mlp(inputs: int, outputs: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    sizes, layers = [inputs, *HIDDEN], []
    for a, b in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


class Velocity(nn.Module):
    """dx/dt = f(t, x): a tanh perceptron that sees the time as one more input."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = mlp(dim + 1, dim, nn.Tanh)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self.net(torch.cat([x, t.expand(*x.shape[:-1], 1)], -1))


# flowviz


def flowviz(system: str, dim: int) -> Model:
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
        chain = [_flowviz_cnf(layers, system, dim)]
    flow = fv.Flow(chain)
    return Model(flow, lambda x: flow(x)[0], flow.log_prob, flow.sample)


def _flowviz_cnf(layers, system: str, dim: int):
    if not hasattr(layers, "Continuous"):
        raise Absent("no continuous layer yet")
    adaptive = {"method": "dopri5", "tolerance": TOLERANCE}
    options = adaptive if system == "cnf" else {"method": "rk4", "steps": RK4_STEPS}
    return layers.Continuous(dim, hidden=HIDDEN, **options)


# zuko


def zuko(system: str, dim: int) -> Model:
    import zuko.flows
    from zuko.transforms import MonotonicRQSTransform

    depth, hidden = DEPTH[system], {"hidden_features": HIDDEN}
    if system in ("realnvp", "nsf"):
        bins = {
            "univariate": _ZukoSpline(MonotonicRQSTransform),
            "shapes": [(BINS,), (BINS,), (BINS - 1,)],
        }
        kind = bins if system == "nsf" else {}
        transforms = [
            zuko.flows.coupling.GeneralCouplingTransform(
                dim, mask=torch.tensor(halves(dim, i)).bool(), **kind, **hidden
            )
            for i in range(depth)
        ]
    elif system == "maf":
        transforms = [
            zuko.flows.autoregressive.MaskedAutoregressiveTransform(
                dim, order=torch.arange(dim) if i % 2 == 0 else torch.arange(dim).flip(0), **hidden
            )
            for i in range(depth)
        ]
    elif system == "cnf":
        transforms = [_zuko_cnf(dim)]
    else:
        raise Absent(f"no {system}")
    base = zuko.lazy.UnconditionalDistribution(
        zuko.distributions.DiagNormal, torch.zeros(dim), torch.ones(dim), buffer=True
    )
    flow = zuko.lazy.Flow(transforms, base)
    return Model(
        flow,
        lambda x: flow().transform(x),
        lambda x: flow().log_prob(x),
        lambda n: flow().sample((n,)),
    )


class _ZukoSpline:
    def __init__(self, kind) -> None:
        self.kind = kind

    def __call__(self, *parameters):
        return self.kind(*parameters, bound=BOUND)


def _zuko_cnf(dim: int):
    from zuko.lazy import LazyTransform
    from zuko.transforms import FreeFormJacobianTransform

    class Continuous(LazyTransform):
        def __init__(self) -> None:
            super().__init__()
            self.f = Velocity(dim)

        def forward(self, c=None):
            return FreeFormJacobianTransform(
                self.f, 0.0, 1.0, self.f.parameters(), TOLERANCE, TOLERANCE
            )

    return Continuous()


# nflows


def nflows(system: str, dim: int) -> Model:
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.base import Flow
    from nflows.transforms.base import CompositeTransform

    layers = []
    for i in range(DEPTH[system]):
        layers += _nflows_layers(system, dim, i, lambda a, b: _NoContext(mlp(a, b)))
    shape = GLOW_SHAPE if system == "glow" else [dim]
    flow = Flow(CompositeTransform(layers), StandardNormal(shape))
    return Model(flow, flow.transform_to_noise, flow.log_prob, flow.sample)


def _nflows_layers(system: str, dim: int, index: int, net) -> list:
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
    return _NoContext(nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last))


class _NoContext(nn.Module):
    """A network that nflows (and the code normflows has from it) can call with a context."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, context: None = None) -> Tensor:
        return self.net(x)


# normflows: z -> x is its forward, so its `inverse` is our x -> z


def normflows(system: str, dim: int) -> Model:
    import normflows as nf

    layers = []
    for i in range(DEPTH[system]):
        layers += _normflows_layers(nf, system, dim, i)
    shape = GLOW_SHAPE if system == "glow" else dim
    flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(shape, trainable=False), layers)
    sample = None if system == "planar" else lambda n: flow.sample(n)[0]
    return Model(flow, lambda x: flow.inverse_and_log_det(x)[0], flow.log_prob, sample)


def _normflows_layers(nf, system: str, dim: int, index: int) -> list:
    half = dim // 2
    if system == "realnvp":
        net = nf.nets.MLP([half, *HIDDEN, 2 * half], init_zeros=True)
        return [nf.flows.AffineCouplingBlock(net), nf.flows.Permute(dim, mode="swap")]
    if system == "nsf":
        from normflows.flows.neural_spline.coupling import PiecewiseRationalQuadraticCoupling

        return [
            PiecewiseRationalQuadraticCoupling(
                torch.tensor([1 - m for m in halves(dim, index)]),
                lambda a, b: _NoContext(mlp(a, b)),
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


# FrEIA


def freia(system: str, dim: int) -> Model:
    import FrEIA.framework as framework
    import FrEIA.modules as modules

    if system != "realnvp":
        raise Absent(f"no {system}")
    flow = framework.SequenceINN(dim)
    for i in range(DEPTH[system]):
        if i:
            flow.append(modules.PermuteRandom, seed=i)
        flow.append(modules.AffineCouplingOneSided, subnet_constructor=mlp)

    def log_prob(x: Tensor) -> Tensor:
        z, volume = flow(x)
        return normal_log_prob(z) + volume

    return Model(
        flow,
        lambda x: flow(x)[0],
        log_prob,
        lambda n: flow(torch.randn(n, dim), rev=True, jac=False)[0],
    )


# torchdiffeq: FFJORD by hand, with the exact trace


def torchdiffeq(system: str, dim: int) -> Model:
    if system not in ("cnf", "cnf rk4"):
        raise Absent(f"no {system}")
    from torchdiffeq import odeint

    field = Velocity(dim)
    ends = torch.tensor([0.0, 1.0])
    adaptive = {"rtol": TOLERANCE, "atol": TOLERANCE}
    fixed = {"method": "rk4", "options": {"step_size": 1 / RK4_STEPS}}
    options = adaptive if system == "cnf" else fixed

    def with_trace(t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        learning = torch.is_grad_enabled()
        with torch.enable_grad():
            x = state[0].requires_grad_() if not state[0].requires_grad else state[0]
            v = field(t, x)
            rows = [
                torch.autograd.grad(v[:, i].sum(), x, create_graph=learning, retain_graph=True)[0]
                for i in range(dim)
            ]
        trace = sum(row[:, i] for i, row in enumerate(rows))
        return (v, trace) if learning else (v.detach(), trace.detach())

    def log_prob(x: Tensor) -> Tensor:
        z, volume = odeint(with_trace, (x, x.new_zeros(len(x))), ends, **options)
        return normal_log_prob(z[-1]) + volume[-1]

    return Model(
        field,
        lambda x: odeint(field, x, ends, **options)[-1],
        log_prob,
        lambda n: odeint(field, torch.randn(n, dim), ends.flip(0), **options)[-1],
    )
