"""Making a trace: points, a mesh and grids, carried through the layers of a flow in the plane."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from .audit import audit_of
from .flow import Flow
from .layer import Layer, check_event, check_finite
from .trace import Mesh, Particles, Step, Trace

_PIXELS = 264  # half the width of the player's canvas, in pixels
_MOST_FRAMES = 64  # of one layer
_GRID_LINES, _GRID_POINTS = 13, 61
_ZOOM = 3
_TAIL = 1e-4  # mass of one coordinate that lies beyond the mesh
_FINE, _CROSS = 256, 32  # where the stretch of the latent axes is looked at


@torch.no_grad()
def trace_flow(
    flow: Flow,
    x: Tensor,
    *,
    draws: int = 0,
    cells: int | None = None,
    seed: int = 0,
    title: str = "A flow",
    entropy: float | None = None,
) -> Trace:
    """The trace of points x (N, 2), of `draws` samples of the model, and of a mesh of cells^2.

    Raises ValueError unless the flow is a bijection of the plane at every layer.
    """
    _check_plane(flow)
    check_event(x, (2,), "x on the data side")
    check_finite(x, "x on the data side")
    if x.dim() != 2 or len(x) < 1:
        raise ValueError(f"expected points of shape (N, 2), N >= 1, got {tuple(x.shape)}")
    cells = _default_cells(flow) if cells is None else cells
    if cells < 2:
        raise ValueError(f"expected at least 2 cells a side, got {cells}")
    own = next(flow.parameters(), flow.base.anchor)
    clouds = {"data": x.to(own)}
    if draws:
        clouds["model"] = flow.sample(draws, seed=seed)
    latent_mesh, mass = _latent_mesh(flow, cells)
    clouds["mesh"] = flow.inverse(latent_mesh.to(own), terms=False)[0]
    clouds["grid/data"] = _grid(*_box(clouds["data"])).to(own)
    clouds["grid/latent"] = flow.inverse(_grid(-3.0, 3.0).to(own), terms=False)[0]
    moved, steps, center, radius = _move(flow, clouds)
    names = [n for n in ("data", "model") if n in clouds]
    sets = {n: _account(flow, clouds[n], moved[n]) for n in names}
    lines = {n: moved[f"grid/{n}"] for n in ("data", "latent")}
    return Trace(
        title=title,
        base=flow.base.title,
        steps=steps,
        sets=sets,
        mesh=Mesh(moved["mesh"], mass.numpy()),
        grids={n: a.reshape(len(a), -1, _GRID_POINTS, 2) for n, a in lines.items()},
        center=center,
        radius=radius,
        nll=-float(sets["data"].log_prob.mean()),
        entropy=entropy,
        exact=flow.exact,
        audit=audit_of(flow, _audit_cells(cells), seed),
    )


def trace_of(flow: Flow, data: object, *, particles: int = 5000, seed: int = 0, **options) -> Trace:
    """The trace of `particles` points of data (a density, or a tensor (N, 2)), and half as many
    draws from the model."""
    if particles < 1:
        raise ValueError(f"expected at least 1 particle, got {particles}")
    if callable(getattr(data, "sample", None)):
        x = data.sample(particles, seed=seed)
        name = getattr(data, "name", "the data")
        options.setdefault("entropy", getattr(data, "entropy", None))
    else:
        x, name = torch.as_tensor(data)[:particles], "the data"
    options.setdefault("title", f"{name[:1].upper()}{name[1:]}, carried to a Gaussian")
    return trace_flow(flow, x, draws=(len(x) + 1) // 2, seed=seed, **options)


def _default_cells(flow: Flow) -> int:
    """Cells a side: 112, or 96 for many layers, so that a page of 5,000 particles stays in 1 MB."""
    return 112 if len(flow) <= 6 else 96


def _audit_cells(cells: int) -> int:
    """Cells a side of the audit's plain grid: enough for a sum that errs by less than 0.01.

    A little fewer where the mesh is coarser, too, so that the page has room.
    """
    return min(96, max(80, cells - 12))


def _check_plane(flow: Flow) -> None:
    for number, layer in enumerate(flow.layers, 1):
        where = f"layer {number} ({layer.title})"
        if (layer.data_shape, layer.latent_shape) != ((2,), (2,)):
            raise ValueError(
                f"{where}: expected a layer of the plane, (2,) -> (2,), "
                f"got {layer.data_shape} -> {layer.latent_shape}"
            )
        if layer.kind != "bijection":
            raise ValueError(f"{where}: expected a bijection, got a {layer.kind} layer")
    if flow.chain.context_size:
        raise ValueError("expected a flow without context, got one with")


def _latent_mesh(flow: Flow, cells: int) -> tuple[Tensor, Tensor]:
    """Corners ((cells+1)^2, 2) on the latent side and the mass of each cell (cells, cells)."""
    fine = _tail_levels(_FINE + 1)
    p1, p2 = (_levels(flow, fine, cells, axis) for axis in (0, 1))
    corners = torch.cartesian_prod(flow.base.icdf(p1), flow.base.icdf(p2))
    return corners, torch.outer(p1.diff(), p2.diff())


def _levels(flow: Flow, fine: Tensor, cells: int, axis: int) -> Tensor:
    """Probabilities (cells + 1,) at which to cut one latent axis.

    Between neighbours lies an equal share of a mixture: of mass; of stretch on the data side, so
    that cells that would reach across a gap between modes are thin and carry little; and of
    change in slope, so that cells are small where the density bends or jumps.
    """
    across = (torch.arange(_CROSS, dtype=torch.float64) + 0.5) / _CROSS
    points = torch.cartesian_prod(flow.base.icdf(across), flow.base.icdf(fine))
    points = points if axis == 1 else points.flip(-1)
    own = next(flow.parameters(), flow.base.anchor)
    x = flow.inverse(points.to(own), terms=False)[0].double().cpu()
    stretch = x.reshape(_CROSS, -1, 2).diff(dim=1).norm(dim=-1)
    mass = fine.diff()
    bend = _bend(stretch / flow.base.icdf(fine).diff())
    parts = (mass, 0.2), (stretch.sqrt().mean(0), 0.4), ((bend * mass).sqrt().mean(0), 0.4)
    share = sum(weight * part / part.sum().clamp(min=1e-300) for part, weight in parts)
    done = torch.cat([share.new_zeros(1), share.cumsum(0)]).numpy()
    wanted = np.linspace(0, done[-1], cells + 1)
    return torch.from_numpy(np.interp(wanted, done, fine.numpy()))


def _bend(slope: Tensor) -> Tensor:
    """How much log slope (K, P) changes around each of P places; 0 for a straight map."""
    change = slope.clamp(min=1e-12).log().diff(dim=1).abs()
    pad = torch.nn.functional.pad
    return (pad(change, (1, 0)) + pad(change, (0, 1))) / 2


def _tail_levels(count: int) -> Tensor:
    """Probabilities from _TAIL/2 to 1 - _TAIL/2, denser towards both ends."""
    even = torch.linspace(5e-4, 1 - 5e-4, count, dtype=torch.float64)
    p = torch.special.ndtr(1.3 * torch.special.ndtri(even))
    p[0], p[-1] = _TAIL / 2, 1 - _TAIL / 2
    return p


def _box(x: Tensor) -> tuple[Tensor, Tensor]:
    """Lower and upper corner of the bulk of the points, with a margin."""
    low, high = x.quantile(0.005, 0), x.quantile(0.995, 0)
    margin = 0.15 * (high - low).clamp(min=1e-6)
    return low - margin, high + margin


def _grid(low: Tensor | float, high: Tensor | float) -> Tensor:
    """Points (K * P, 2) of K polylines: lines across each axis of the box from low to high."""
    low = torch.as_tensor(low, dtype=torch.float64).expand(2)
    high = torch.as_tensor(high, dtype=torch.float64).expand(2)
    across = torch.linspace(0, 1, _GRID_LINES, dtype=torch.float64)
    along = torch.linspace(0, 1, _GRID_POINTS, dtype=torch.float64)
    upright = torch.cartesian_prod(across, along)
    return low + (high - low) * torch.cat([upright, upright.flip(-1)])


def _move(flow: Flow, clouds: dict[str, Tensor]):
    """Carry all clouds through the layers: frames of each, the steps, and the windows."""
    sizes = [len(c) for c in clouds.values()]
    ends = [torch.cat(list(clouds.values()))]
    for layer in flow.layers:
        ends.append(layer(ends[-1])[0])
    windows = _windows(_boxes(flow, [dict(zip(clouds, e.split(sizes), strict=True)) for e in ends]))
    frames, steps = [ends[0][None]], []
    for k, (layer, start, end) in enumerate(zip(flow.layers, ends[:-1], ends[1:], strict=True)):
        between = _frames_of(layer, start, end, min(windows[k : k + 2, 2]) / _PIXELS)
        first = sum(map(len, frames)) - 1
        frames.append(torch.cat([between, end[None]]))
        steps.append(_step(layer, first, first + len(between) + 1))
    every = torch.cat(frames).cpu().numpy().astype(np.float64)
    parts = np.split(every, np.cumsum(sizes)[:-1], axis=1)
    borders = [0, *(step.last for step in steps)]
    window = np.stack([np.interp(range(len(every)), borders, w) for w in windows.T], -1)
    return dict(zip(clouds, parts, strict=True)), steps, window[:, :2], window[:, 2]


def _frames_of(layer: Layer, start: Tensor, end: Tensor, pixel: float) -> Tensor:
    """Points (count - 1, N, 2) strictly inside the layer's path, enough for true straight tweens.

    The count doubles until points half way between frames lie within a pixel of the tween.
    """
    inside = start.new_zeros(0, *start.shape)
    if layer.cut:
        return inside
    while True:
        knots = torch.cat([start[None], inside, end[None]])
        taus = [(2 * i + 1) / (2 * (len(knots) - 1)) for i in range(len(knots) - 1)]
        halfway = torch.stack([layer.path(start, tau) for tau in taus])
        error = (halfway - 0.5 * (knots[:-1] + knots[1:])).norm(dim=-1)
        if _bulk(error) < pixel / 2 or len(knots) > _MOST_FRAMES:
            return inside
        inside = torch.stack([halfway, knots[1:]], 1).flatten(0, 1)[:-1]


def _bulk(error: Tensor) -> float:
    """The error that all but one point in a thousand (far tails) stay below, worst frame."""
    rank = max(1, math.ceil(0.999 * error.shape[-1]))
    return float(error.kthvalue(rank, dim=-1).values.max())


def _boxes(flow: Flow, borders: list[dict[str, Tensor]]) -> np.ndarray:
    """Lower and upper corners (2, L + 1, 2) of the boxes that hold, at every layer boundary, the
    particles and the corners of the mesh where the model has its mass."""
    low, high = flow.base.icdf(torch.tensor([0.01, 0.99], dtype=torch.float64)).tolist()
    latent = borders[-1]["mesh"]
    massive = ((latent > low) & (latent < high)).all(-1)
    clouds = [[b["mesh"][massive] for b in borders]]
    clouds += [[b[name] for b in borders] for name in ("data", "model") if name in borders[0]]
    ends = [_bounds(torch.stack(cloud).double().cpu().numpy()) for cloud in clouds]
    return np.stack([np.min([e[0] for e in ends], 0), np.max([e[1] for e in ends], 0)])


def _bounds(points: np.ndarray) -> np.ndarray:
    """Lower and upper corners (2, L + 1, 2) of all but the outermost of points (L + 1, N, 2)."""
    return np.quantile(points[:, :: points.shape[1] // 100_000 + 1], [0.0005, 0.9995], axis=1)


def _windows(boxes: np.ndarray) -> np.ndarray:
    """Center and radius (L + 1, 3) of the square for every layer boundary.

    The same for all, unless one side is _ZOOM times as large as another (data in degrees, say):
    then every boundary has its own, and the picture zooms on the way between.
    """
    low, high = boxes
    size = (high - low).max(-1)
    if size.max() < _ZOOM * size.min():
        low, high = np.broadcast_to(low.min(0), low.shape), np.broadcast_to(high.max(0), low.shape)
        size = (high - low).max(-1)
    radius = np.maximum(1.08 * size / 2, 1e-6)
    return np.concatenate([(low + high) / 2, radius[:, None]], -1)


def _step(layer: Layer, first: int, last: int) -> Step:
    return Step(
        layer.title, layer.action, layer.kind, layer.columns, layer.exact, layer.cut, first, last
    )


def _account(flow: Flow, x: Tensor, points: np.ndarray) -> Particles:
    ledger = flow.ledger(x)
    columns = [
        getattr(row, name)
        for row, layer in zip(ledger.rows, flow.layers, strict=True)
        for name in layer.columns
    ]
    terms = torch.stack([c.expand(len(x)) for c in columns]).double().cpu().numpy()
    return Particles(points, ledger.base.double().cpu().numpy(), terms)
