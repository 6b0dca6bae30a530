"""The parity sheet: what the flowviz layers give for LayerLab's kinds, in double precision.

frontend/test/parity.json is this sheet; test_parity.py fails when it is stale, and
frontend/test/parity.test.ts holds the browser's arithmetic against it. To rewrite it:

    python tests/parity.py
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import torch
from parity_sets import folded, sets
from torch import Tensor

from flowviz import Layer, Terms
from flowviz.layers import FlowifiedConv2d, Max, UniformDequantization, VariationalDequantization
from flowviz.spaces import CUBE, HALF_LINE, REALS, SORTED
from flowviz.widgets.kinds import cards, layer_of

SHEET = Path(__file__).parents[1] / "frontend" / "test" / "parity.json"
TAUS = (0.35, 1.0)
DIGITS = 16

# Zero, ties, knots of splines and tables, their ends and tails, and places in between.
PLACES = torch.tensor(
    [
        [0.0, 0.0],
        [1.0, 1.0],
        [-0.5, 0.5],
        [0.3, -1.7],
        [-2.2, 2.2],
        [3.5, -3.5],
        [4.0, -4.0],
        [-4.6, 5.3],
        [2.71, 0.41],
    ],
    dtype=torch.float64,
)


def sheet() -> list[dict]:
    """All cases: every kind with each of its parameter sets."""
    return [
        *(case(kind, params) for kind in cards() for params in sets(kind)),
        fold_case(),
    ]


def case(kind: str, params: dict) -> dict:
    """Points, their images, terms, paths and inverses for one layer."""
    layer = layer_of(kind, params, torch.float64)
    x, z = data_points(layer), latent_points(layer)
    found = {"kind": kind, "params": params, "cut": layer.cut, "x": plain(x), "z": plain(z)}
    found["path"] = [plain(layer.path(x, tau)) for tau in TAUS]
    found["forward"] = there(layer, x, "forward")
    found["inverse"] = there(layer, z, "inverse")
    if kind == "ode":
        del found["inverse"]["terms"]  # the solver's error: another sum over another way
    return found


def there(layer: Layer, start: Tensor, way: str) -> dict:
    """Where the points go and at what price; with their draws and, if there are some, without."""
    step = getattr(layer, way)
    with drawing(layer, len(start)) as used:
        out, terms = step(start)
    found = {"noise": plain(used()), "out": plain(out), "terms": rows(terms)}
    if found["noise"]:
        out, terms = step(start, mode="mean")
        found["mean"] = {"out": plain(out), "terms": rows(terms)}
    return found


def fold_case() -> dict:
    """z = x + g(x) with a constant above 1: no layer, but the browser shows it as a warning."""
    params, coefficient = folded()
    layer = layer_of("residual", params, torch.float64)
    layer.branch.coefficient = coefficient
    out, terms = layer(PLACES)
    forward = {"noise": [], "out": plain(out), "terms": rows(terms)}
    params = {**params, "coefficient": coefficient}
    path = [plain(layer.path(PLACES, tau)) for tau in TAUS]
    start = {"kind": "residual", "params": params, "cut": False, "x": plain(PLACES)}
    return {**start, "path": path, "forward": forward}


@contextlib.contextmanager
def drawing(layer: Layer, n: int) -> Iterator[Callable[[], Tensor]]:
    """Hand known draws to whatever the layer draws; yields a function that tells them, (n, k)."""
    generator = torch.Generator().manual_seed(11)
    used: list[Tensor] = []

    def kept(make: Callable, shape: torch.Size) -> Tensor:
        used.append(make(*shape, generator=generator, dtype=torch.float64).reshape(n, -1))
        return used[-1].reshape(shape)

    def normal(like: Tensor) -> Tensor:
        if like.shape[1:] == (2, 1, 2) and isinstance(layer, FlowifiedConv2d):
            return copies(kept(torch.randn, (n, 1)))
        return kept(torch.randn, like.shape)

    def uniform(like: Tensor) -> Tensor:
        return kept(torch.rand, like.shape)

    def bernoulli(odds: Tensor) -> Tensor:
        return (uniform(odds) < odds).to(odds)

    def place(given: Tensor) -> Tensor:
        odds = torch.softmax(layer.place.net(given), -1)
        return (uniform(odds[..., 0]) >= odds[..., 0]).long()

    with contextlib.ExitStack() as patches:
        for name, draw in (("randn_like", normal), ("rand_like", uniform)):
            patches.enter_context(mock.patch.object(torch, name, draw))
        patches.enter_context(mock.patch.object(torch, "bernoulli", bernoulli))
        if isinstance(layer, Max):
            patches.enter_context(mock.patch.object(layer.place, "sample", place))
        yield lambda: torch.cat(used, -1) if used else torch.zeros(0)


def copies(v: Tensor) -> Tensor:
    """Noise (n, 2, 1, 2) on the four copies of which the middle two differ by sqrt(2) v."""
    still, half = torch.zeros_like(v), v / math.sqrt(2)
    return torch.stack([still, half, -half, still], -1).reshape(-1, 2, 1, 2)


def data_points(layer: Layer) -> Tensor:
    """Points (n, *data_shape) of the data side."""
    if isinstance(layer, (UniformDequantization, VariationalDequantization)):
        last = layer.levels - 1.0
        return torch.tensor([[0.0, 0.0], [last, 0.0], [1.0, last]], dtype=torch.float64)
    return shaped(layer.data_shape)


def latent_points(layer: Layer) -> Tensor:
    """Points (n, *latent_shape) of the latent side, within its space."""
    z = shaped(layer.latent_shape)
    if layer.latent_space is REALS:
        return z
    if layer.latent_space is SORTED:
        return z.sort(-1).values
    if layer.latent_space is CUBE:
        return (z / 7 + 0.5).clamp(0, 1)  # its edges, too
    if layer.latent_space is HALF_LINE:
        return z.abs() + 0.1  # at 0 a drawn minus is no minus
    return torch.where(layer.folded, z.abs() + 0.1, z)


def shaped(shape: tuple[int, ...]) -> Tensor:
    """PLACES with as many numbers as the shape holds."""
    size = math.prod(shape)
    wide = torch.cat([PLACES, PLACES.flip(0)], -1)
    return wide[:, :size].reshape(-1, *shape)


def rows(terms: Terms) -> dict:
    """The columns that are there."""
    return {name: plain(v) for name, v in terms._asdict().items() if v is not None}


def plain(values: Tensor) -> list:
    """All numbers in order, infinite ones as text, with digits to spare."""
    return [
        float(f"{v:.{DIGITS}g}") if math.isfinite(v) else str(v) for v in values.flatten().tolist()
    ]


def write() -> None:
    """Put the sheet where both tests look for it, one case a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in sheet())
    SHEET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    with torch.no_grad():
        write()
    print(f"{SHEET.name}: {SHEET.stat().st_size} bytes")
