"""From flowviz's layers of one number to the maps that ChangeOfVariables draws."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..flow import Flow
from ..layer import Layer
from ..layers import Affine, Logit, RationalQuadraticSpline, Sigmoid, SignedPower
from ..layers.spline import bins_of, slopes_of
from .monotone import curve

Spec = dict[str, Any]
MOST_MAPS = 4
_COARSE, _FINEST = 24, 200  # intervals at first, knots at most
_ERROR, _LOG_ERROR = 1e-4, 2e-3  # in x, and in the log of dx/dz


def maps_of(model: Flow | Layer, reach: tuple[float, float]) -> list[Spec]:
    """The maps from z to x: exactly, where every layer is of a known kind; else one table.

    Raises ValueError unless the model takes one number to one number.
    """
    layers = list(model.layers) if isinstance(model, Flow) else [model]
    _check(model)
    if len(layers) <= MOST_MAPS and all(type(layer) in _EXACT for layer in layers):
        return [_EXACT[type(layer)](layer) for layer in reversed(layers)]
    return [table(model, reach)]


def _check(model: Flow | Layer) -> None:
    layers = list(model.layers) if isinstance(model, Flow) else [model]
    shapes = {tuple(shape) for one in layers for shape in (one.data_shape, one.latent_shape)}
    if shapes != {(1,)}:
        raise ValueError(f"expected a flow or layer of one number (1,), got shapes {shapes}")
    if not all(layer.exact for layer in layers):
        raise ValueError("expected a flow without noise, got one whose likelihood is a bound")


def _affine(layer: Affine) -> Spec:
    s, t = layer.params.detach().double().flatten().tolist()
    scale = torch.tensor(s).double().exp().item()
    return {"kind": "affine", "slope": _short(1 / scale), "shift": _short(-t / scale)}


def _power(layer: SignedPower) -> Spec:
    power = layer.log_power.detach().double().exp().item()
    return {"kind": "power", "power": _short(1 / power), "soft": 1.0}


def _logit(layer: Logit) -> Spec:
    if layer.alpha:
        return table(layer, (-5.2, 5.2))
    return {"kind": "sigmoid", "steep": 1.0, "centre": 0.0}


def _spline(layer: RationalQuadraticSpline) -> Spec:
    """The knots of x -> z; what is drawn leads from z to x, so it is turned round."""
    bins, bound = layer.univariate.bins, layer.univariate.bound
    params = layer.params.detach().double()[:, 0]
    at, to = (_ends(params[k * bins : (k + 1) * bins], bound) for k in (0, 1))
    slopes = [1.0, *slopes_of(params[2 * bins :]).tolist(), 1.0]
    knots = {"at": at, "to": to, "slopes": slopes}
    rounded = {name: [_short(value) for value in values] for name, values in knots.items()}
    return {"kind": "spline", "inverse": True, **rounded}


def _ends(raw: Tensor, bound: float) -> list[float]:
    return [*bins_of(raw, bound)[0].tolist(), bound]


_EXACT = {
    Affine: _affine,
    SignedPower: _power,
    Sigmoid: lambda layer: {"kind": "logit", "steep": 1.0, "centre": 0.0},
    Logit: _logit,
    RationalQuadraticSpline: _spline,
}


def table(model: Flow | Layer, reach: tuple[float, float]) -> Spec:
    """x and dx/dz at knots of z, closer together where a spline through fewer would be off."""
    z = torch.linspace(*reach, _COARSE + 1, dtype=torch.float64)
    while True:
        x, slope = _solve(model, z)
        spec = {"kind": "learned", "at": z.tolist(), "to": x.tolist(), "slopes": slope.tolist()}
        middles = (z[1:] + z[:-1]) / 2
        wrong = _wrong(spec, middles, *_solve(model, middles))
        if not wrong.any() or len(z) + int(wrong.sum()) > _FINEST:
            return {name: _rounded(value) for name, value in spec.items()}
        z = torch.cat([z, middles[wrong]]).sort().values


def _solve(model: Flow | Layer, z: Tensor) -> tuple[Tensor, Tensor]:
    """x and dx/dz, the slope from the ledger: exp(-volume)."""
    parameter = next(model.parameters(), z)
    with torch.no_grad():
        x, terms = model.inverse(z.to(parameter.dtype)[:, None])
    return x[:, 0].double(), (-terms.volume).double().exp()


def _wrong(spec: Spec, z: Tensor, x: Tensor, slope: Tensor) -> Tensor:
    """Where the spline through the knots is off, in x or in the log of the slope."""
    drawn = curve(spec)
    f, log_slope = (torch.from_numpy(part(z.numpy())) for part in (drawn.f, drawn.log_slope))
    return ((f - x).abs() > _ERROR) | ((log_slope - slope.log()).abs() > _LOG_ERROR)


def _rounded(value: Any) -> Any:
    return [_short(one) for one in value] if isinstance(value, list) else value


def _short(value: float) -> float:
    """Eight figures: exact to all that is shown, short in a link."""
    return float(f"{value:.8g}")
