"""Laws of a whole model: its base fits, its mass is 1, its draws agree with it, bounds tighten.

A layer by itself is closed with the base of its latent space.
"""

from __future__ import annotations

import contextlib
import math

import torch
from torch import Tensor

from ..flow import Flow
from ..spaces import INTEGERS
from .findings import Broken, Law, Margin, Skip, deviation, number, place
from .subject import Subject

_CELLS = {1: 1024, 2: 96}  # of a grid, a side
_DRAWS = 2048  # that show where the density is
_REPEATS = 8  # of a bound, at every midpoint
_SLACK = 0.03


def support(s: Subject) -> None:
    flow = _given(s)
    arrives, base = flow.chain.latent_space, flow.base
    if base.support != arrives:
        raise Broken(
            f"the base ({base.title}) lives on {base.support}, but the layers arrive on {arrives}: "
            "the model does not integrate to 1"
        )
    missed = ~torch.isfinite(base.log_prob(s.z))
    if missed.any():
        at = place(s.z[int(missed.nonzero()[0])])
        raise Broken(f"the base gives z = {at} no probability, though the layers lead there")


def _given(s: Subject) -> Flow:
    if not isinstance(s.copy, Flow):
        raise Skip("a layer has no base")
    return s.copy


def samples(s: Subject) -> Margin:
    flow = _given(s)
    if not flow.exact:
        raise Skip("of a bound the two differ: they bracket log p(x)")
    x, log_p = flow.sample_and_log_prob(s.draws, s.one_context())
    again = flow.log_prob(x, s.one_context())
    off = deviation(log_p, again)
    error, at = float(off.max()), int(off.argmax())
    if error > s.tolerance:
        raise Broken(
            f"sample_and_log_prob gives {number(log_p[at])} at {place(x[at])} where log_prob "
            f"gives {number(again[at])}",
            error,
        )
    return Margin(error, s.tolerance)


def mass(s: Subject) -> Margin:
    """The density over a grid; where it fails, over a finer one, which must tell the same.

    A bound whose noise does not reach all of the latent side stays below 1.
    """
    model = _countable(s)
    draws = model.sample(_DRAWS, s.one_context()).reshape(-1, s.dim)
    cells = _CELLS[s.dim]
    total, slack = _total(s, model, draws, cells)
    if (s.layer.exact or total > 1) and abs(total - 1) > slack:
        again, slack = _total(s, model, draws, 2 * cells)
        if abs(again - total) > max(slack, 0.1 * abs(total)):
            raise Skip("the density is too sharp for a grid")
        total = again
    error = abs(total - 1) if s.layer.exact else max(0.0, total - 1)
    if error <= slack:
        return Margin(error, slack)
    raise Broken(f"the density integrates to {number(total)}: {_reason(total, slack)}", error)


def _countable(s: Subject) -> Flow:
    if s.model is None:
        raise Skip(f"no base is known on {s.layer.latent_space}")
    if s.dim > 2:
        raise Skip(f"a grid in {s.dim} dimensions is too large")
    if s.layer.kind == "manifold":
        raise Skip("a density on a sheet has no mass on the plane")
    if INTEGERS in (s.layer.data_space, s.layer.latent_space):
        raise Skip("whole numbers have probabilities, no density")
    return s.model


def _total(s: Subject, model: Flow, draws: Tensor, cells: int) -> tuple[float, float]:
    """The mass and the error allowed; of a bound the mean over repeats, with their spread."""
    points, areas = grid(draws, cells)
    points = points.reshape(-1, *s.layer.data_shape)
    inside = s.layer.data_space.contains(points).flatten(1).all(1)
    points, areas = points[inside], areas[inside]
    repeats = 1 if s.layer.exact else _REPEATS
    totals = torch.stack(
        [(model.log_prob(points, s.one_context()).exp() * areas).sum() for _ in range(repeats)]
    )
    spread = 0.0 if repeats == 1 else float(totals.std()) / math.sqrt(repeats)
    return float(totals.mean()), _SLACK + 5 * min(spread, 0.1)


def grid(draws: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Midpoints (cells^d, d) and areas of cells around draws (n, d): small where draws are many."""
    low, high = draws.amin(0), draws.amax(0)
    room = 0.25 * (high - low)
    even = torch.linspace(0, 1, cells // 2 + 1).to(draws)
    shares = torch.linspace(0, 1, cells - len(even) + 1).to(draws)
    edges = []
    for column, start, stop in zip(draws.T, low - room, high + room, strict=True):
        together = torch.cat([torch.quantile(column, shares), start + (stop - start) * even])
        edges.append(together.sort().values)
    middles = torch.cartesian_prod(*[(e[1:] + e[:-1]) / 2 for e in edges])
    sides = torch.cartesian_prod(*[e.diff() for e in edges])
    dim = draws.shape[1]
    return middles.reshape(-1, dim), sides.reshape(-1, dim).prod(-1)


def _reason(total: float, slack: float) -> str:
    halves = -math.log2(total) if total > 0 else math.inf
    if halves < 20 and round(halves) >= 1 and abs(total * 2 ** round(halves) - 1) <= 2 * slack:
        times = 2 ** round(halves)
        return (
            f"1/{times}, as where the base covers {times} times the space in which z arrives; "
            "declare latent_space and take a base with that support"
        )
    if total < 1:
        return "part of the base's mass lies where no x arrives, or a term is too small"
    return "a term is too large, or several x are counted that go to the same z"


def bound(s: Subject) -> Margin:
    """log 1/K sum_k p(x, u_k) / q(u_k | x) lies above its K = 1 on average."""
    if s.layer.exact:
        raise Skip("the likelihood is exact, no bound")
    if s.model is None:
        raise Skip(f"no base is known on {s.layer.latent_space}")
    x = s.x[:_REPEATS]
    x = x.expand(_REPEATS, *x.shape).flatten(0, 1)
    plain, tight = (s.model.log_prob(x, s.one_context(), draws=k) for k in (1, s.draws))
    gain = tight - plain
    slack = s.tolerance + 4 * float(gain.std()) / math.sqrt(len(gain))
    short = max(0.0, -float(gain.mean()))
    if not short <= slack:
        raise Broken(
            f"with {s.draws} draws the bound is {number(tight.mean())}, below the "
            f"{number(plain.mean())} of one draw: more draws must tighten it",
            short,
        )
    return Margin(short, slack)


def first_wrong(s: Subject, law: Law) -> str:
    """Which layer of a flow breaks the law, in a few words; "" if each alone holds it."""
    x = s.x
    for k, layer in enumerate(s.original.layers, 1):
        part = Subject(layer, x, s.context, s.draws, s.seed, s.tolerance)
        try:
            with contextlib.suppress(Skip):
                law.look(part)
            x = part.z
        except Exception:
            return f" (first wrong: layer {k}, {type(layer).__name__})"
    return ""


LAWS = (
    Law("support", "the base lives where the layers arrive", support, ("spaces",)),
    Law(
        "mass", "the density integrates to 1 (a bound: to no more)", mass, ("round trip", "columns")
    ),
    Law("samples", "sample_and_log_prob agrees with log_prob", samples, ("round trip", "columns")),
    Law("bound", "more draws tighten the bound", bound, ("noise", "columns")),
)
