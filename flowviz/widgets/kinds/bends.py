"""Planar, radial and Sylvester layers of the plane."""

from __future__ import annotations

from ...layer import Layer
from ...layers import Planar, Radial, Sylvester
from .card import Params
from .twin import Twin, fill, is_plane, named


def _planar(p: Params) -> Layer:
    layer = Planar(2).double()
    free = layer.params.free
    fill(free["w"], [p["w1"], p["w2"]])
    fill(free["u"], [p["u1"], p["u2"]])
    fill(free["b"], p["b"])
    return layer


def _read_planar(layer: Layer) -> Params | None:
    if not is_plane(layer, Planar):
        return None
    return named("w1 w2 u1 u2 b", *(layer.params.free[name] for name in "wub"))


def _radial(p: Params) -> Layer:
    layer = Radial(2).double()
    free = layer.params.free
    fill(free["x0"], [p["c1"], p["c2"]])
    fill(free["log_alpha"], p["alpha"])
    fill(free["b"], p["b"])
    return layer


def _read_radial(layer: Layer) -> Params | None:
    if not is_plane(layer, Radial):
        return None
    free = layer.params.free
    return named("c1 c2 alpha b", free["x0"], free["log_alpha"], free["b"])


def _sylvester(p: Params) -> Layer:
    layer = Sylvester(2).double()
    free = layer.params.free
    fill(free["reflectors"], [[0, 0], [p["q"], 0]])  # the others are not seen
    fill(free["r"], [[p["a1"], p["r12"]], [0, p["a2"]]])
    fill(free["s"], [[p["d1"], p["s12"]], [0, p["d2"]]])
    fill(free["b"], [p["b1"], p["b2"]])
    return layer


def _read_sylvester(layer: Layer) -> Params | None:
    if not is_plane(layer, Sylvester) or layer.rank != 2:
        return None
    free = layer.params.free
    r, s = free["r"], free["s"]
    entries = (r[0, 0], r[1, 1], r[0, 1], s[0, 0], s[1, 1], s[0, 1])
    return named("q a1 a2 r12 d1 d2 s12 b1 b2", free["reflectors"][1, 0], *entries, free["b"])


KINDS = {
    "planar": Twin(_planar, _read_planar),
    "radial": Twin(_radial, _read_radial),
    "sylvester": Twin(_sylvester, _read_sylvester),
}
