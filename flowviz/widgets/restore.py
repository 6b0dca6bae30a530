"""A picture brought back from its state string."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import data as densities
from .. import widgets
from ..trained import NAMES, trained
from .imagelab import ImageLab
from .lab import LayerLab
from .player import TransportPlayer
from .state import unpack_state
from .widget import Widget

_KINDS = {
    "player": "TransportPlayer",
    "lab": "LayerLab",
    "variables": "ChangeOfVariables",
    "imagelab": "ImageLab",
}
_SAME = 5e-3  # nats and units of the plane: another machine's last digits, not another flow's


def restore(state: str, flow: Any = None, data: Any = None) -> Widget:
    """The widget that a state string describes, with the very picture.

    state: `widget.state`, or the address of an exported page that ends in it. A TransportPlayer of
    a shipped flow (`fv.zoo.trained`) and a density of `fv.data` needs nothing else; for any other
    give the flow and the data that it was made of. A LayerLab over other points than those of a
    density of `fv.data` wants these points; an ImageLab wants its flow and its images.

    Raises ValueError for a text that is no state, where flow or data are wanted, and where the flow
    or the data are not those that the state was made of, or it was made of none.
    """
    values = unpack_state(state)
    name = values["widget"]
    if name not in _KINDS:
        raise ValueError(f"widget: expected one of {', '.join(_KINDS)}, got {name!r}")
    kind = getattr(widgets, _KINDS[name])
    made = {TransportPlayer: _player, ImageLab: _imagelab, LayerLab: _lab}.get(kind)
    origin = values.get("origin") or {}
    if made is None:
        _want_none(flow=flow, data=data)
    widget = made(origin, flow, data) if made else kind()
    widget.take_state(state)
    return widget


def _player(origin: dict[str, Any], flow: Any, data: Any) -> TransportPlayer:
    wanted = origin.get("print")
    if wanted is None:
        raise ValueError("origin: expected what the state's picture was made of, got nothing")
    options = {name: origin[name] for name in ("particles", "cells", "seed", "title")}
    made = flow if flow is not None else _shipped_flow(origin)
    shown = data if data is not None else _named_data(origin)
    widget = TransportPlayer(made, shown, **options)
    _compare(wanted, widget, "the flow and the data", "mean log p(x), mean x, mean z")
    return widget


def _lab(origin: dict[str, Any], flow: Any, data: Any) -> LayerLab:
    _want_none(flow=flow)
    if not origin:
        _want_none(data=data)
        return LayerLab()
    shown = data if data is not None else _named_data(origin)
    widget = LayerLab(data=shown, points=origin["points"], seed=origin["seed"])
    _compare(origin["print"], widget, "the data", "mean x, standard deviation of x")
    return widget


def _imagelab(origin: dict[str, Any], flow: Any, images: Any) -> ImageLab:
    if flow is None or images is None:
        raise ValueError("expected the flow and the images of the ImageLab, got none")
    wanted = origin.get("print") or []
    widget = ImageLab(flow, images, shown=max(2, len(wanted)))
    _compare(wanted, widget, "the flow and the images", "bits/dim of each")
    return widget


def _compare(wanted: list[float], widget: Widget, what: str, figures: str) -> None:
    got = widget.origin["print"]
    if len(wanted) != len(got) or not np.allclose(wanted, got, atol=_SAME):
        raise ValueError(
            f"expected {what} that the state was made of ({figures}: {wanted}), got others ({got})"
        )


def _want_none(**given: Any) -> None:
    for name, one in given.items():
        if one is not None:
            got = type(one).__name__
            raise ValueError(f"{name}: expected none, as the state was made without, got {got}")


def _shipped_flow(origin: dict[str, Any]) -> Any:
    name = origin.get("flow")
    if name not in NAMES:
        raise ValueError("flow: expected the flow that the state was made of, got none")
    return trained(name)


def _named_data(origin: dict[str, Any]) -> Any:
    made = getattr(densities, origin.get("data") or "none", None)
    if made is None:
        raise ValueError("data: expected the data that the state was made of, got none")
    return made()
