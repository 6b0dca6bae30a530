"""Couplings and autoregressive layers of the plane whose conditioner is a drawn table.

A trained layer is read by sampling what its network says at the knots; `fit` tells how far off.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...layer import Layer
from ...layers import AdditiveCoupling, AffineCoupling, MaskedAutoregressive
from ...layers.univariate import Affine as AffineMap
from . import tables
from .card import Params
from .twin import Twin, is_plane, numbers


def _coupling(p: Params) -> Layer:
    keep, hidden = [int(p["keep"])], (tables.same_length(p["s"], p["t"]),)
    layer = AffineCoupling(2, keep, hidden, limit=None).double()
    tables.draw(layer.net.linears, [p["s"], p["t"]])
    return layer


def _read_coupling(layer: Layer) -> Params | None:
    if not is_plane(layer, AffineCoupling):
        return None
    said = _said(layer)
    return _keep(layer) | {"s": numbers(layer.univariate.log_scale(said)), "t": numbers(said[1])}


def _additive(p: Params) -> Layer:
    layer = AdditiveCoupling(2, [int(p["keep"])], (len(p["t"]),)).double()
    tables.draw(layer.net.linears, [p["t"]])
    return layer


def _read_additive(layer: Layer) -> Params | None:
    return (
        _keep(layer) | {"t": numbers(_said(layer)[0])}
        if is_plane(layer, AdditiveCoupling)
        else None
    )


def _keep(layer: Layer) -> Params:
    return {"keep": int(layer.kept[0])}


def _said(layer: AffineCoupling | AdditiveCoupling) -> Tensor:
    """What the network says at the knots, (count, K)."""
    linears = layer.net.linears
    at = tables.knots(tables.length_of(linears)).to(linears[0].weight)
    return layer.net(at.unsqueeze(-1)).mT


def _autoregressive(p: Params) -> Layer:
    hidden = (tables.same_length(p["s"], p["t"]),)
    order = [int(p["first"]), 1 - int(p["first"])]
    layer = MaskedAutoregressive(2, AffineMap(), hidden, order=order).double()
    length = hidden[0]
    columns = [[p["s1"]] * length, p["s"], [p["t1"]] * length, p["t"]]
    tables.draw(layer.net.linears, columns)
    return layer


def _read_autoregressive(layer: Layer) -> Params | None:
    wanted = is_plane(layer, MaskedAutoregressive) and type(layer.univariate) is AffineMap
    if not wanted:
        return None
    linears = layer.net.linears
    at = tables.knots(tables.length_of(linears)).to(linears[0].weight)
    said = layer.net(torch.stack([at, torch.zeros_like(at)], -1))  # (2, K, 2)
    s, t = layer.univariate.log_scale(said), said[1]
    first = {"first": int(layer.order[0]), "s1": float(s[0, 0]), "t1": float(t[0, 0])}
    return first | {"s": numbers(s[:, 1]), "t": numbers(t[:, 1])}


KINDS = {
    "coupling": Twin(_coupling, _read_coupling),
    "additive": Twin(_additive, _read_additive),
    "autoregressive": Twin(_autoregressive, _read_autoregressive),
}
