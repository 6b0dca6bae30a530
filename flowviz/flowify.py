"""flowify: a feed-forward network becomes a density, layer by layer.

    network = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 2))
    flow = fv.flowify(network)
    flow(x, mode="mean")[0]      # the network's own output
    flow.log_prob(x)             # a lower bound: the network adds dimensions

Mate, Klein, Golling & Fleuret 2022, "Flowification: everything is a normalizing flow".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from .base import Base, HalfNormal, Uniform
from .flow import Flow
from .layer import Layer, event_shape
from .layers import (
    Flatten,
    FlowifiedConv2d,
    FlowifiedLinear,
    LeakyReLU,
    MaxPool,
    Reshape,
    Sigmoid,
    Softplus,
)
from .spaces import CUBE, HALF_LINE, REALS

Shape = tuple[int, ...]


def flowify(
    module: nn.Module,
    shape: int | Shape | None = None,
    *,
    decoder: str = "conditional",
    noise: str = "uniform",
    form: str = "householder",
) -> Flow:
    """The flow whose mean-mode forward is the network `module`, for any weights of full rank.

    module: an nn.Sequential (of Sequentials) of Linear, Conv2d, LeakyReLU, PReLU with one slope,
    MaxPool2d(2), Flatten, Unflatten, Identity, and a last Sigmoid (then the base is `Uniform`) or
    Softplus (`HalfNormal`). shape: of one input; a network that begins with Linear tells it itself.
    decoder, noise, form: as in `FlowifiedLinear`, where noise ("uniform" or "gaussian") is what is
    added where dimensions grow.

    Weights are copied, signs and reflections of their SVD included; slopes of PReLU are held fixed.
    A module that acts twice gives two layers, which no longer share their weights.
    Raises ValueError that names the module for anything else and says why: a module with hooks, a
    Sequential with a forward of its own, weights or biases that are not finite.
    """
    options = {"decoder": decoder, "noise": noise, "form": form}
    parts = list(_leaves(module, ""))
    shape = _input_shape(parts, shape)
    layers: list[Layer] = []
    with torch.random.fork_rng():
        for name, part in parts:
            if layers and layers[-1].latent_space != REALS:
                _refuse(name, part, f"what comes before it arrives on {layers[-1].latent_space}")
            layers += _converted(name, part, shape, options)
            shape = layers[-1].latent_shape if layers else shape
    if not layers:
        raise ValueError("flowify: expected at least one layer that does something, got none")
    flow = Flow(layers, _base_for(layers[-1], parts[-1]))
    like = next(module.parameters(), None)
    return flow if like is None else flow.to(like)


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """The modules inside nested Sequentials, with their dotted names; each as often as it acts."""
    if any((module._forward_hooks, module._forward_pre_hooks)):
        _refuse(name or "itself", module, "a hook may change what it computes; remove it")
    if getattr(type(module), "forward", None) is not nn.Sequential.forward:
        yield name or "itself", module
        return
    for key, child in module._modules.items():  # named_children leaves repetitions out
        yield from _leaves(child, f"{name}.{key}" if name else key)


def _input_shape(parts: list[tuple[str, nn.Module]], shape: int | Shape | None) -> Shape:
    if shape is not None:
        return event_shape(shape)
    first = next((m for _, m in parts if not isinstance(m, nn.Identity)), None)
    if first is None:
        raise ValueError("flowify: expected a network that does something, got one without layers")
    if isinstance(first, nn.Linear):
        return (first.in_features,)
    raise ValueError(
        f"flowify: expected shape=..., the shape of one input, for a network that begins with "
        f"{type(first).__name__}"
    )


def _converted(name: str, module: nn.Module, shape: Shape, options: dict[str, str]) -> list[Layer]:
    convert = _CONVERTERS.get(type(module))
    if convert is None:
        _refuse(name, module, _WHY_NOT.get(type(module), f"expected one of {_KNOWN}"))
    try:
        return convert(module, shape, options)
    except ValueError as error:
        _refuse(name, module, str(error), error)


def _refuse(name: str, module: nn.Module, why: str, cause: Exception | None = None) -> None:
    told = " ".join(str(module).split())
    raise ValueError(f"flowify: module {name} ({told}) is no flow layer: {why}") from cause


def _base_for(last: Layer, part: tuple[str, nn.Module]) -> Base | None:
    if last.latent_space == REALS:
        return None
    return {CUBE: Uniform, HALF_LINE: HalfNormal}[last.latent_space](last.latent_shape)


def _linear(module: nn.Linear, shape: Shape, options: dict[str, str]) -> list[Layer]:
    if shape != (module.in_features,):
        raise ValueError(f"expected vectors ({module.in_features},), got shape {shape}; Flatten?")
    return [
        FlowifiedLinear.from_linear(
            module, decoder=options["decoder"], padding=options["noise"], form=options["form"]
        )
    ]


def _conv(module: nn.Conv2d, shape: Shape, options: dict[str, str]) -> list[Layer]:
    return [FlowifiedConv2d.from_conv(module, shape, **options)]


def _leaky(module: nn.LeakyReLU, shape: Shape, options: dict[str, str]) -> list[Layer]:
    return [LeakyReLU(shape, module.negative_slope)]


def _prelu(module: nn.PReLU, shape: Shape, options: dict[str, str]) -> list[Layer]:
    if module.num_parameters != 1:
        raise ValueError(f"expected one slope, got {module.num_parameters}")
    return [LeakyReLU(shape, module.weight.item())]


def _flatten(module: nn.Flatten, shape: Shape, options: dict[str, str]) -> list[Layer]:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError("expected start_dim=1 and end_dim=-1: all but the batch")
    return [Flatten(shape)] if len(shape) > 1 else []


def _unflatten(module: nn.Unflatten, shape: Shape, options: dict[str, str]) -> list[Layer]:
    if module.dim not in (1, -1) or len(shape) != 1:
        raise ValueError(f"expected vectors and dim=1, got shape {shape} and dim={module.dim}")
    return [Reshape(shape, tuple(module.unflattened_size))]


def _max_pool(module: nn.MaxPool2d, shape: Shape, options: dict[str, str]) -> list[Layer]:
    plain = module.padding in (0, (0, 0)) and module.dilation in (1, (1, 1))
    windows = {module.kernel_size, module.stride}
    if not plain or not windows <= {2, (2, 2)}:
        raise ValueError("expected windows of 2 x 2 side by side, without padding")
    return [MaxPool(shape)]


def _sigmoid(module: nn.Sigmoid, shape: Shape, options: dict[str, str]) -> list[Layer]:
    return [Sigmoid(shape)]


def _softplus(module: nn.Softplus, shape: Shape, options: dict[str, str]) -> list[Layer]:
    if module.beta != 1:
        raise ValueError(f"expected beta = 1, got {module.beta}")
    return [Softplus(shape)]


def _nothing(module: nn.Module, shape: Shape, options: dict[str, str]) -> list[Layer]:
    return []


_CONVERTERS: dict[type[nn.Module], Callable[..., list[Layer]]] = {
    nn.Conv2d: _conv,
    nn.Flatten: _flatten,
    nn.Identity: _nothing,
    nn.LeakyReLU: _leaky,
    nn.Linear: _linear,
    nn.MaxPool2d: _max_pool,
    nn.PReLU: _prelu,
    nn.Sigmoid: _sigmoid,
    nn.Softplus: _softplus,
    nn.Unflatten: _unflatten,
}
_KNOWN = ", ".join(sorted(kind.__name__ for kind in _CONVERTERS))
_HALF = "it sends all negative numbers to 0 and cannot be undone; use LeakyReLU"
_BATCH = "a point's result would depend on its batch mates; fold it into the layer before"
_WHY_NOT = {
    nn.ReLU: _HALF,
    nn.ReLU6: _HALF,
    nn.GELU: "it is not monotone; use LeakyReLU",
    nn.SiLU: "it is not monotone; use LeakyReLU",
    nn.ELU: "it does not reach below -1, where the next layer's codes may lie; use LeakyReLU",
    nn.Tanh: "it does not reach beyond ±1, where the next layer's codes may lie; use LeakyReLU",
    nn.Dropout: "it drops at random in training; leave it out",
    nn.BatchNorm1d: _BATCH,
    nn.BatchNorm2d: _BATCH,
}
