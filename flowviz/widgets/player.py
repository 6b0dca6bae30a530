"""TransportPlayer: watch a density move through a flow, and read every point's ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from ..flow import Flow
from ..tracing import trace_of
from ..wire import encode
from .origin import origin_of
from .page import for_host, static_text
from .widget import VIEWED, Widget

_STILL = {"particles": 600, "cells": 64}  # what a notebook's stored output holds


class TransportPlayer(Widget):
    """Carries particles, a mass mesh and a grid through the layers of a flow in the plane.

    Play, scrub, stop at any layer, turn the direction round; click a particle (or walk to one
    with the arrow keys) and read its ledger, whose sum is flow.log_prob. Playback lives in the
    browser: the data go over once and the kernel may be busy or gone.

        player = fv.TransportPlayer(flow, data)     # data: a density, or a tensor (N, 2)
        player.save("two_moons.html")               # also .gif and .png

    particles: data points shown (up to 100,000), and half as many draws from the model.
    cells: mesh cells a side (by default 112, for more than six layers 96).
    seed: of the particles and the draws.
    position (0 = data, number of layers = latent), direction ("normalize", data to latent, or
    "generate"), playing, speed, show_density, show_particles, show_grid, selected (index of the
    chosen particle, -1: none), show_audit (the mass, counted), broken (of each layer's volume in
    the audit: "", "drop" or "flip") and theme ("auto", "light", "dark") can be set at any time.

    Questions (`ask`) that the picture can answer by itself: "point" (where the chosen particle
    lands; side="latent" or "data"), "factor" (how the outlined cells' area changes), "sketch" (an
    outline of the density), "sign" and "number" with of="volume 2", "base" or "log_prob".

        player.ask("Where does this point land?", "point", set={"selected": 12, "position": 0})
    """

    _name = "player"
    _esm = static_text("player.js")
    _view = (
        *("position", "playing", "speed", "direction", "selected"),
        *("show_density", "show_particles", "show_grid", "show_audit", "broken"),
    )
    _linked = ("position", "direction", "selected", "speed")

    meta = traitlets.Dict().tag(sync=True)
    payload = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()]).tag(sync=True)
    position = traitlets.Float(0.0).tag(**VIEWED)
    playing = traitlets.Bool(False).tag(**VIEWED)
    speed = traitlets.Float(1.0, min=0.25, max=4.0).tag(**VIEWED)
    direction = traitlets.Enum(["normalize", "generate"], "normalize").tag(**VIEWED)
    show_density = traitlets.Bool(True).tag(**VIEWED)
    show_particles = traitlets.Bool(True).tag(**VIEWED)
    show_grid = traitlets.Bool(True).tag(**VIEWED)
    show_audit = traitlets.Bool(False).tag(**VIEWED)
    broken = traitlets.List(traitlets.Enum(["", "drop", "flip"])).tag(**VIEWED)
    selected = traitlets.Int(-1, min=-1).tag(**VIEWED)

    def __init__(
        self,
        flow: Flow,
        data: object,
        *,
        particles: int = 5000,
        cells: int | None = None,
        seed: int = 0,
        title: str | None = None,
        **traits: Any,
    ) -> None:
        if not 1 <= particles <= 100_000:
            raise ValueError(f"expected 1 to 100,000 particles, got {particles}")
        named = {} if title is None else {"title": title}
        self._source = flow, data, {"seed": seed, **named}
        self.trace = trace_of(flow, data, particles=particles, cells=cells, seed=seed, **named)
        meta, body = encode(self.trace)
        origin = origin_of(flow, data, self.trace, seed)
        super().__init__(meta=meta, payload=for_host(body), origin=origin, **traits)

    @traitlets.validate("position")
    def _check_position(self, proposal: dict[str, Any]) -> float:
        value, last = proposal["value"], len(self.meta["layers"])
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"expected a position in [0, {last}], got {value}")
        return value

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> int:
        shown = "data" if self.direction == "normalize" else "model"
        value, count = proposal["value"], len(self.trace.sets[shown].base)
        if value >= count:
            raise traitlets.TraitError(f"expected one of {count} points or -1, got {value}")
        return value

    @traitlets.observe("direction")
    def _forget_selected(self, change: dict[str, Any]) -> None:
        """Points of the two sets are different points: another direction forgets the choice."""
        if hasattr(self, "trace") and change["old"] in ("normalize", "generate"):
            self.selected = -1

    @property
    def title(self) -> str:
        """What the flow is called."""
        return self.meta["title"]

    def _said(self) -> Iterable[str]:
        layers = self.meta["layers"]
        return [self.meta["base"], *(layer[k] for layer in layers for k in ("title", "action"))]

    def _makers(self) -> dict[str, Any]:
        return {".gif": self._gif, ".png": self._png}

    def _png(self) -> bytes:
        from ..figures import storyboard

        return storyboard(self.trace, dark=self.theme == "dark", direction=self.direction)

    def _gif(self) -> bytes:
        from ..figures import animation

        return animation(self.trace, dark=self.theme == "dark", direction=self.direction)

    def _heavy(self) -> dict[str, Any]:
        return {"meta": self.meta, "payload": self.payload}

    def _stored(self) -> dict[str, Any]:
        flow, data, options = self._source
        meta, payload = encode(trace_of(flow, data, **_STILL, **options))
        return {"meta": meta, "payload": payload}

    def __repr__(self) -> str:
        layers, points = len(self.trace.steps), len(self.trace.sets["data"].base)
        return f"TransportPlayer({self.trace.title!r}, {layers} layers, {points} particles)"
