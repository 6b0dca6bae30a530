"""LayerLab's kinds: which layers it knows, and the way between them and its handles.

    layer = layer_of("coupling", {"t": [...]})      # the rest from the kind's defaults
    fit = fit_of(layer)                             # fit.kind, fit.params, fit.error

The browser has the same arithmetic (frontend/src/lab/maths); tests/test_parity.py holds the two
together. What a kind draws as tables is built as an ordinary layer whose network is that table,
so it can be trained further, and a trained network is read by sampling it at the knots.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ...layer import Layer
from . import bends, conditioned, linear, nets, stochastic, surjections
from .card import Params, card, cards, complete, defaults
from .twin import Twin

__all__ = ["Fit", "Params", "card", "cards", "defaults", "fit_of", "layer_of"]

_TWINS: dict[str, Twin] = {
    **linear.KINDS,
    **bends.KINDS,
    **conditioned.KINDS,
    **nets.KINDS,
    **surjections.KINDS,
    **stochastic.KINDS,
}


class Fit(NamedTuple):
    """A layer as LayerLab shows it: its kind, parameters, and how far that is from the layer.

    `error` is the largest difference of any coordinate of z (without noise) over points of the
    data side; 0 but for rounding where the kind holds the layer exactly.
    """

    kind: str
    params: Params
    error: float


def layer_of(kind: str, params: Params, dtype: torch.dtype = torch.float32) -> Layer:
    """The flowviz layer of a kind with these parameters, the kind's defaults for the others.

    Raises ValueError for an unknown kind or parameter, values that are not finite, and where
    there is no such layer (a Lipschitz constant of 1 or more, knots that do not rise).
    """
    whole = complete(kind, params)
    return _TWINS[kind].build(whole).to(dtype)


@torch.no_grad()
def fit_of(layer: Layer) -> Fit:
    """The kind and the parameters that show a layer.

    Raises ValueError for a layer that no kind is like; see `cards()` for those there are.
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"expected a flowviz layer, got {type(layer).__name__}")
    for kind, twin in _TWINS.items():
        params = twin.read(layer)
        if params is not None:
            return Fit(kind, params, _error(layer, kind, params))
    raise ValueError(
        f"LayerLab shows no {layer.title} from {layer.data_shape} to {layer.latent_shape}; it "
        f"shows {', '.join(own['title'] for own in cards().values())}"
    )


def _error(layer: Layer, kind: str, params: Params) -> float:
    x = _places(layer)
    again = layer_of(kind, params, x.dtype)
    away = layer(x, mode="mean")[0] - again(x, mode="mean")[0]
    return float(away.abs().max())


def _places(layer: Layer) -> torch.Tensor:
    """Points of the data side within [-3, 3], on a grid; whole numbers where those are wanted."""
    owned = next(layer.parameters(), torch.zeros(()))
    if hasattr(layer, "levels"):
        return torch.cartesian_prod(*[torch.arange(float(layer.levels))] * 2).to(owned)
    axis = torch.linspace(-3, 3, 121, dtype=owned.dtype)  # five between two knots
    size = layer.data_shape[-1]
    grid = torch.cartesian_prod(*[axis] * min(size, 2)).reshape(-1, min(size, 2))
    if size == 3:
        grid = torch.cat([grid, grid[:, :1].flip(0)], -1)
    return grid.reshape(-1, *layer.data_shape)
