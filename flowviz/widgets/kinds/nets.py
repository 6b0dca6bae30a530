"""Residual and continuous layers of the plane, with their networks written out."""

from __future__ import annotations

from torch import Tensor, nn

from ...layer import Layer
from ...layers import Continuous, Residual, ResidualMLP
from ...layers.continuous import FIXED
from ...nets import LipschitzMLP, VelocityMLP
from .card import Params
from .twin import Twin, fill, is_plane, numbers

_METHODS = list(FIXED)


def _pour(flat: list[float], linears: nn.ModuleList, extra: Tensor) -> None:
    """Weight and bias of every layer in turn, then the extra numbers."""
    targets = [t for linear in linears for t in (linear.weight, linear.bias)] + [extra]
    wanted = sum(t.numel() for t in targets)
    if len(flat) != wanted:
        raise ValueError(f"net: expected {wanted} numbers for these sizes, got {len(flat)}")
    for target in targets:
        fill(target, flat[: target.numel()])
        flat = flat[target.numel() :]


def _written(linears: nn.ModuleList, extra: Tensor) -> Params:
    sizes = [linears[0].in_features, *(linear.out_features for linear in linears)]
    entries = [t for linear in linears for t in (linear.weight, linear.bias)] + [extra]
    return {"sizes": sizes, "net": [v for t in entries for v in numbers(t)]}


def _hidden(p: Params) -> tuple[int, ...]:
    sizes = [int(size) for size in p["sizes"]]
    if len(sizes) < 3 or (sizes[0], sizes[-1]) != (2, 2):
        raise ValueError(f"sizes: expected a net from 2 to 2 with a hidden layer, got {sizes}")
    return tuple(sizes[1:-1])


def _residual(p: Params) -> Layer:
    layer = ResidualMLP(2, _hidden(p), coefficient=p["coefficient"]).double()
    _pour(p["net"], layer.branch.linears, layer.branch.sharpness)
    return layer


def _read_residual(layer: Layer) -> Params | None:
    wanted = isinstance(layer, Residual) and type(layer.branch) is LipschitzMLP
    if not (wanted and is_plane(layer, type(layer))):
        return None
    branch = layer.branch
    return _written(branch.linears, branch.sharpness) | {"coefficient": branch.coefficient}


def _ode(p: Params) -> Layer:
    method = _METHODS[int(p["method"])]
    options = {"time": p["time"], "method": method, "steps": int(p["steps"])}
    layer = Continuous(2, _hidden(p), **options).double()
    field = layer.field
    _pour(p["net"], field.linears, field.pace)
    last = field.linears[-1]
    fill(last.weight, p["strength"] * last.weight)
    fill(last.bias, p["strength"] * last.bias)
    return layer


def _read_ode(layer: Layer) -> Params | None:
    wanted = is_plane(layer, Continuous) and type(layer.field) is VelocityMLP
    if not (wanted and layer.method in _METHODS):
        return None
    solver = {"time": layer.time, "steps": layer.steps, "method": _METHODS.index(layer.method)}
    return _written(layer.field.linears, layer.field.pace) | solver | {"strength": 1.0}


KINDS = {"residual": Twin(_residual, _read_residual), "ode": Twin(_ode, _read_ode)}
