"""Linear kinds of the plane, and the leaky ReLU and the spline, which treat coordinates alone."""

from __future__ import annotations

import torch

from ...layer import Layer
from ...layers import (
    ActNorm,
    Affine,
    FlowifiedLinear,
    LeakyReLU,
    LULinear,
    RationalQuadraticSpline,
    Rotation,
)
from ...layers.spline import bins_of, raw_bins, raw_slopes, slopes_of
from .card import Params
from .svd import read_factors, set_factors
from .twin import Twin, fill, is_plane, named, numbers


def _affine(p: Params) -> Layer:
    layer = Affine(2).double()
    fill(layer.params, [[p["s1"], p["s2"]], [p["t1"], p["t2"]]])
    return layer


def _read_affine(layer: Layer) -> Params | None:
    return named("s1 s2 t1 t2", layer.params) if is_plane(layer, Affine) else None


def _actnorm(p: Params) -> Layer:
    layer = ActNorm(2).double()
    fill(layer.mean, [p["m1"], p["m2"]])
    fill(layer.log_scale, [p["s1"], p["s2"]])
    layer.initialized.fill_(True)
    return layer


def _read_actnorm(layer: Layer) -> Params | None:
    wanted = is_plane(layer, ActNorm)
    return named("m1 m2 s1 s2", layer.mean, layer.log_scale) if wanted else None


def _lu(p: Params) -> Layer:
    layer = _shear(p)
    fill(layer.log_diagonal, [p["d1"], p["d2"]])
    fill(layer.bias, [p["b1"], p["b2"]])
    return layer


def _shear(p: Params) -> LULinear:
    layer = LULinear(2).double()
    fill(layer.lower, p["lower"])
    fill(layer.upper, p["upper"])
    return layer


def _read_lu(layer: Layer) -> Params | None:
    if not is_plane(layer, LULinear):
        return None
    parts = layer.lower, layer.upper, layer.log_diagonal, layer.bias
    return named("lower upper d1 d2 b1 b2", *parts)


def _read_shear(layer: Layer) -> Params | None:
    lu = _read_lu(layer)
    still = lu and not any(lu[name] for name in ("d1", "d2", "b1", "b2"))
    return {name: lu[name] for name in ("upper", "lower")} if still else None


def _turn(form: str, names: str) -> Twin:
    """A rotation in one of its forms, whose numbers are the handles."""

    def build(p: Params) -> Layer:
        layer = Rotation(2, form=form).double()
        fill(layer._numbers, [p[name] for name in names.split()])
        return layer

    def read(layer: Layer) -> Params | None:
        wanted = is_plane(layer, Rotation) and layer.form == form
        return named(names, layer._numbers) if wanted else None

    return Twin(build, read)


def _leakyrelu(p: Params) -> Layer:
    return LeakyReLU(2, p["slope"])


def _read_leakyrelu(layer: Layer) -> Params | None:
    return {"slope": layer.slope} if is_plane(layer, LeakyReLU) else None


def _flowified(p: Params) -> Layer:
    layer = FlowifiedLinear(2, 2, form="exponential").double()
    set_factors(layer.factors, p)
    fill(layer.factors.signs, [1.0, -1.0 if p["flip"] else 1.0])
    return layer


def _read_flowified(layer: Layer) -> Params | None:
    wanted = is_plane(layer, FlowifiedLinear) and layer.latent_shape == (2,)
    return read_factors(layer.factors) | {"flip": int(layer.cut)} if wanted else None


def _spline(p: Params) -> Layer:
    bound, bins = p["bound"], len(p["x1"]) + 1
    layer = RationalQuadraticSpline(2, bins, bound).double()
    columns = [_raw_spline(p, axis, bound) for axis in "12"]
    if len(columns[0]) != len(columns[1]):
        raise ValueError("spline: expected as many knots on either axis")
    fill(layer.params, torch.stack(columns, -1))
    return layer


def _raw_spline(p: Params, axis: str, bound: float) -> torch.Tensor:
    """The 3K - 1 raw parameters of one coordinate."""
    xs, ys, slopes = (torch.tensor(p[f"{name}{axis}"], dtype=torch.float64) for name in "xyd")
    ends = torch.tensor([-bound, bound], dtype=torch.float64)
    sizes = [torch.cat([ends[:1], v, ends[1:]]).diff() for v in (xs, ys)]
    raw = torch.cat([*(raw_bins(v, bound) for v in sizes), raw_slopes(slopes)])
    if not torch.isfinite(raw).all():
        raise ValueError(
            f"spline: expected knots x{axis}, y{axis} that rise by more than {2e-3 * bound:g} "
            f"within [-{bound:g}, {bound:g}], and slopes d{axis} > 0.001"
        )
    return raw


def _read_spline(layer: Layer) -> Params | None:
    if not is_plane(layer, RationalQuadraticSpline):
        return None
    bins, bound = layer.univariate.bins, layer.univariate.bound
    found: Params = {"bound": bound}
    for i, axis in enumerate("12"):
        raw = layer.params[:, i].detach().double()
        xs, ys = (bins_of(part, bound)[0][1:] for part in (raw[:bins], raw[bins : 2 * bins]))
        found |= {f"x{axis}": numbers(xs), f"y{axis}": numbers(ys)}
        found[f"d{axis}"] = numbers(slopes_of(raw[2 * bins :]))
    return found


KINDS = {
    "affine": Twin(_affine, _read_affine),
    "actnorm": Twin(_actnorm, _read_actnorm),
    "shear": Twin(_shear, _read_shear),
    "rotation": _turn("exponential", "angle"),
    "cayley": _turn("cayley", "tangent"),
    "householder": _turn("householder", "u1 u2 v1 v2"),
    "lu": Twin(_lu, _read_lu),
    "leakyrelu": Twin(_leakyrelu, _read_leakyrelu),
    "flowified22": Twin(_flowified, _read_flowified),
    "spline": Twin(_spline, _read_spline),
}
