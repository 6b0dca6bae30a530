"""Making a trace: points, a mesh and grids, carried through the layers of a flow in the plane."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .audit import audit_of
from .flow import Flow
from .layer import check_event, check_finite
from .mesh import latent_mesh
from .motion import move
from .trace import Mesh, Particles, Trace

_GRID_LINES, _GRID_POINTS = 13, 61


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
    corners, mass = latent_mesh(flow, cells)
    clouds["mesh"] = flow.inverse(corners.to(own), terms=False)[0]
    clouds["grid/data"] = _grid(*_box(clouds["data"])).to(own)
    clouds["grid/latent"] = flow.inverse(_grid(-3.0, 3.0).to(own), terms=False)[0]
    moved, steps, center, radius = move(flow, clouds)
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


def _account(flow: Flow, x: Tensor, points: np.ndarray) -> Particles:
    ledger = flow.ledger(x)
    columns = [
        getattr(row, name)
        for row, layer in zip(ledger.rows, flow.layers, strict=True)
        for name in layer.columns
    ]
    terms = torch.stack([c.expand(len(x)) for c in columns]).double().cpu().numpy()
    return Particles(points, ledger.base.double().cpu().numpy(), terms)
