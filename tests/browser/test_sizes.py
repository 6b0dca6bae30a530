"""Few and many: one particle, a hundred thousand, twenty layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import flowviz as fv

from . import hosts
from .conftest import shoot
from .player import Player, changed
from .test_rooms import assert_tidy

pytestmark = pytest.mark.browser

Open = Callable[..., Player]


def test_one_particle(open_player: Open, flow: fv.Flow, tmp_path: Path) -> None:
    point = torch.tensor([[1.0, -1.2]])
    widget = fv.TransportPlayer(flow, point, cells=16)
    player = open_player(widget.save(tmp_path / "one.html"))
    shown = hosts.shown(player, widget, flow)
    player.page.mouse.click(*shown.pixel(shown.points[0]))
    player.announces(selected=0)
    assert player.log_prob == pytest.approx(flow.log_prob(point).item(), abs=1e-3)
    for key in ("ArrowLeft", "ArrowUp"):
        player.press(key)
    player.announces(selected=0)
    player.scrub(1.5)
    shoot(player.page, "one-particle")


def test_a_hundred_thousand_particles(open_player: Open, flow: fv.Flow, tmp_path: Path) -> None:
    widget = fv.TransportPlayer(flow, fv.data.TwoMoons(), particles=100_000, cells=64)
    player = open_player(widget.save(tmp_path / "many.html"))
    shown = hosts.shown(player, widget, flow)
    average = shown.log_prob(shown.points).mean()
    assert player.log_prob == pytest.approx(average, abs=1e-3)
    before = player.picture()
    player.scrub(1.5)
    assert changed(before, player.picture()) > 0.01
    player.canvas.focus()
    player.press("Enter")
    player.until(lambda: player.selected >= 0, "a point")
    x = shown.points[[player.selected]]
    assert player.log_prob == pytest.approx(shown.log_prob(x)[0], abs=1e-3)
    shoot(player.page, "100000-particles")


def test_twenty_layers(open_player: Open, tmp_path: Path) -> None:
    flow = fv.zoo.realnvp(couplings=20, hidden=(8,))
    fv.fit(flow, fv.data.TwoMoons(), steps=30, progress=False)
    layers = len(flow.layers)
    assert layers >= 20
    widget = fv.TransportPlayer(flow, fv.data.TwoMoons(), particles=300, cells=24)
    player = open_player(widget.save(tmp_path / "deep.html"))
    assert player.layers == layers
    player.canvas.focus()
    scroll = player.root.locator(".flowviz-scroll")
    for position in range(1, layers):
        player.press("]")
        player.announces(position=position, layer=position)
        row, room = player.root.locator("tr.flowviz-current"), scroll.bounding_box()
        at = row.bounding_box()
        assert room["y"] <= at["y"] <= room["y"] + room["height"] - at["height"], "out of view"
    assert_tidy(player)
    shoot(player.page, "twenty-layers")
    shown = hosts.shown(player, widget, flow)
    player.press("Enter")
    player.until(lambda: player.selected >= 0, "a point")
    x = shown.points[[player.selected]]
    assert player.log_prob == pytest.approx(shown.log_prob(x)[0], abs=1e-3)
