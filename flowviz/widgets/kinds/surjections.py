"""Layers that drop something, whose decoders are drawn tables."""

from __future__ import annotations

import torch
from torch import Tensor

from ...layer import Layer
from ...layers import Abs, CouplingFunnel, FlowifiedLinear, Max, Slice, Sort
from ...layers.univariate import Affine as AffineMap
from ...nets.conditional import DiagonalGaussian
from ...nets.spread import raw_log_sigma
from . import tables
from .card import Params
from .svd import read_factors, set_factors
from .twin import Twin, fill, is_plane, numbers


def _abs(p: Params) -> Layer:
    folded = [[0, 1], [0], [1]][int(p["fold"])]
    odds = [p["odds1"], p["odds2"]]
    if not any(any(odds[i]) for i in folded):
        return Abs(2, folded)
    count = tables.same_length(*odds)
    layer = Abs(2, folded, sign="learned", hidden=(2 * count,)).double()
    first, last = layer.coin.net.linears
    eye = torch.eye(2, dtype=torch.float64)
    fill(first.weight, eye[[1] * count + [0] * count])  # odds of x1 see z2, those of x2 see z1
    fill(first.bias, -tables.knots(count).repeat(2))
    values = torch.tensor(odds, dtype=torch.float64)
    blocks = torch.block_diag(*(tables.bends(v)[None] for v in values))
    fill(last.weight, blocks[folded])
    fill(last.bias, values[folded, 0])
    return layer


def _read_abs(layer: Layer) -> Params | None:
    if not (type(layer) is Abs and layer.data_shape == (2,) and not layer.context_size):
        return None
    chosen = layer.chosen.tolist()
    odds = {"odds1": [0.0] * 9, "odds2": [0.0] * 9}
    if layer.coin is not None:
        linears = layer.coin.net.linears
        count = linears[0].out_features // 2
        table = len(linears) == 2 and count > 1
        drawn = table and torch.equal(linears[0].bias[:count], linears[0].bias[count:])
        at = tables.knots(count if drawn else tables.SAMPLED).to(linears[0].weight)
        odds = {f"odds{k + 1}": [0.0] * len(at) for k in range(2)}
        for i, k in enumerate(chosen):
            z = torch.ones(len(at), 2).to(at)
            z[:, 1 - k] = at
            odds[f"odds{k + 1}"] = numbers(layer.coin.net(z)[:, i])
    return {"fold": 0 if len(chosen) == 2 else chosen[0] + 1, **odds}


def _sort(p: Params) -> Layer:
    return Sort(2)


def _read_sort(layer: Layer) -> Params | None:
    return {} if is_plane(layer, Sort) else None


def _max(p: Params) -> Layer:
    layer = Max(2, hidden=(2,)).double()
    fill(layer.place.net.linears[-1].bias, [p["odds"], 0.0])
    first, last = layer.rest.net.linears  # input: z, and 1 at the place of the largest
    fill(first.weight, [[0, 1, 0], [0, 0, 1]])
    fill(first.bias, [0, 0])
    fill(last.weight, [raw_log_sigma(p["spread1"]), raw_log_sigma(p["spread2"])])
    return layer


def _read_max(layer: Layer) -> Params | None:
    if not is_plane(layer, Max):
        return None
    zero = torch.zeros(1).to(layer.place.net.linears[0].weight)
    odds = layer.place.net(zero)
    spreads = [layer.rest._log_sigma(layer._given(zero, torch.tensor(k), None)) for k in range(2)]
    return {
        "odds": float(odds[0] - odds[1]),
        **{f"spread{k + 1}": float(spread) for k, spread in enumerate(spreads)},
    }


def _slice(p: Params) -> Layer:
    return Slice(2, [int(p["keep"])], tables.gaussian(p["mean"], p["spread"])).double()


def _read_slice(layer: Layer) -> Params | None:
    if not (is_plane(layer, Slice) and isinstance(layer.decoder, DiagonalGaussian)):
        return None
    return {"keep": int(layer.order[0])} | tables.read_gaussian(layer.decoder)


def _funnel(p: Params) -> Layer:
    hidden = (tables.same_length(p["s"], p["t"]),)
    decoder = tables.gaussian(p["mean"], p["spread"])
    layer = CouplingFunnel(2, [int(p["keep"])], AffineMap(), hidden, decoder=decoder).double()
    tables.draw(layer.bijection.net.linears, [p["s"], p["t"]])
    return layer


def _read_funnel(layer: Layer) -> Params | None:
    affine = is_plane(layer, CouplingFunnel) and type(layer.bijection.univariate) is AffineMap
    if not (affine and isinstance(layer.decoder, DiagonalGaussian)):
        return None
    said = _said(layer)
    moves = {
        "s": numbers(layer.bijection.univariate.log_scale(said)),
        "t": numbers(said[1]),
    }
    return {"keep": int(layer.order[0])} | moves | tables.read_gaussian(layer.decoder)


def _said(layer: CouplingFunnel) -> Tensor:
    linears = layer.bijection.net.linears
    at = tables.knots(tables.length_of(linears)).to(linears[0].weight)
    return layer.bijection.net(at.unsqueeze(-1)).mT


def _flowified(p: Params) -> Layer:
    decoder = tables.gaussian(p["mean"], p["spread"])
    layer = FlowifiedLinear(2, 1, decoder, form="exponential").double()
    set_factors(layer.factors, p)
    return layer


def _read_flowified(layer: Layer) -> Params | None:
    wanted = is_plane(layer, FlowifiedLinear) and layer.latent_shape == (1,)
    if not (wanted and isinstance(layer.decoder, DiagonalGaussian)):
        return None
    return read_factors(layer.factors) | tables.read_gaussian(layer.decoder)


KINDS = {
    "abs": Twin(_abs, _read_abs),
    "sort": Twin(_sort, _read_sort),
    "max": Twin(_max, _read_max),
    "slice": Twin(_slice, _read_slice),
    "flowified21": Twin(_flowified, _read_flowified),
    "funnel": Twin(_funnel, _read_funnel),
}
