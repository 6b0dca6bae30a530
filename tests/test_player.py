"""The Python half of TransportPlayer: its traits, its pages, its files, what it refuses."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
import types
import zlib
from html import unescape
from pathlib import Path

import pytest
import torch
from PIL import Image
from traitlets import TraitError

import flowviz as fv
from flowviz import files
from flowviz.widgets.page import page, unpacked

DATA = fv.data.TwoMoons()
KILOBYTES_OF_A_STORED_OUTPUT = 400


@pytest.fixture(scope="module")
def flow() -> fv.Flow:
    return fv.zoo.trained("two_moons")


def small(flow: fv.Flow, **options) -> fv.TransportPlayer:
    return fv.TransportPlayer(flow, DATA, **{"particles": 40, "cells": 12, **options})


@pytest.fixture(scope="module")
def player(flow: fv.Flow) -> fv.TransportPlayer:
    return small(flow)


def state_of(html: str) -> dict:
    """What a page hands to its script."""
    block = re.search(r'<script type="application/json" data-flowviz="player">(.*?)</script>', html)
    return json.loads(block[1])


# What it says of itself


def test_repr_is_one_short_line_that_never_changes(flow: fv.Flow) -> None:
    first, second = repr(small(flow)), repr(small(flow))
    assert (
        first
        == second
        == ("TransportPlayer('Two moons, carried to a Gaussian', 3 layers, 40 particles)")
    )


def test_a_stored_output_is_small_and_complete(player: fv.TransportPlayer) -> None:
    bundle, _ = player._repr_mimebundle_()
    live = "application/vnd.jupyter.widget-view+json"
    assert bundle.keys() == {live, "text/plain", "text/html", "image/png"}
    assert bundle["text/plain"] == repr(player)
    assert bundle[live]["model_id"] == player.model_id
    assert len(json.dumps(bundle)) < 1000 * KILOBYTES_OF_A_STORED_OUTPUT
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.format == "PNG"
    assert picture.width > 600


def test_a_stored_output_is_the_same_every_time(flow: fv.Flow) -> None:
    one, other = (small(flow)._repr_mimebundle_()[0] for _ in range(2))
    assert one["text/html"] == other["text/html"]
    assert one["image/png"] == other["image/png"]


def test_the_stored_frame_is_locked_up(player: fv.TransportPlayer) -> None:
    frame = player._repr_mimebundle_()[0]["text/html"]
    assert set(re.search(r'sandbox="([^"]*)"', frame)[1].split()) == {
        "allow-scripts",
        "allow-downloads",
    }
    inner = unescape(re.search(r"srcdoc='([^']*)'", frame)[1])
    assert state_of(inner)["meta"]["title"] == player.meta["title"]


# Its page


def test_a_page_admits_its_own_script_and_nothing_else(player: fv.TransportPlayer) -> None:
    html = player.to_html()
    policy = unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    script = re.search(r"<script>(.*)</script>", html, re.DOTALL)[1]
    code = unpacked(script)
    digests = [hashlib.sha256(text).digest() for text in (script.encode(), code)]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [
        f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests
    ]
    assert "http" not in policy


def test_a_page_names_no_address_that_is_loaded(player: fv.TransportPlayer) -> None:
    html = player.to_html()
    assert not re.search(r"""(?:src|href|action|data)\s*=\s*["']?\s*(?:https?:)?//""", html)
    assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", html)
    assert not re.search(r"@import|\bimport\s*\(|\bfetch\s*\(|XMLHttpRequest|WebSocket", html)


def test_a_page_holds_the_state_as_it_stands(flow: fv.Flow) -> None:
    player = small(flow, position=1.5, direction="generate", theme="dark")
    player.show_grid, player.selected = False, 3
    state = state_of(player.to_html())
    expected = {"position": 1.5, "direction": "generate", "theme": "dark", "show_grid": False}
    assert {name: state[name] for name in expected} == expected
    assert state["selected"] == 3
    assert base64.b64decode(state["payload"]) == player.payload
    assert state["meta"] == json.loads(json.dumps(player.meta))


@pytest.mark.parametrize("title", ["</script><script>alert(1)</script>", "<!--", '"&<>', "漢字 é"])
def test_a_page_survives_any_title(flow: fv.Flow, title: str) -> None:
    html = small(flow, title=title).to_html()
    assert state_of(html)["meta"]["title"] == title
    assert unescape(re.search(r"<title>(.*?)</title>", html)[1]) == title
    assert html.count("</script>") == 2


def test_the_page_refuses_what_json_cannot_hold() -> None:
    with pytest.raises(TypeError, match="expected JSON or bytes, got set"):
        page("player", {"meta": {1, 2}}, "A title")


# Its files


def test_save_html(player: fv.TransportPlayer, tmp_path: Path) -> None:
    target = player.save(tmp_path / "page.HTML")
    assert target.read_text(encoding="utf-8") == player.to_html()


def test_save_png(player: fv.TransportPlayer, tmp_path: Path) -> None:
    with Image.open(player.save(str(tmp_path / "still.png"))) as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(2**20)) > 50, "an empty picture"


def test_save_gif(player: fv.TransportPlayer, tmp_path: Path) -> None:
    with Image.open(player.save(tmp_path / "journey.gif")) as picture:
        assert picture.format == "GIF"
        frames = picture.n_frames
        first = picture.convert("RGB").tobytes()
        picture.seek(frames // 2)
        assert picture.convert("RGB").tobytes() != first, "it does not move"
    assert frames >= 10


@pytest.mark.parametrize("name", ["page.pdf", "page", "page.html.zip"])
def test_an_unknown_ending_is_refused(
    player: fv.TransportPlayer, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ValueError, match=r"expected \.html, \.gif or \.png, got"):
        player.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(player: fv.TransportPlayer, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected an existing folder, got .*nowhere"):
        player.save(tmp_path / "nowhere" / "page.html")


def test_a_place_that_cannot_be_written_is_named(
    player: fv.TransportPlayer, tmp_path: Path
) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(IsADirectoryError, match=r"page\.html: expected a file, got a folder"):
        player.save(tmp_path / "page.html")
    with pytest.raises(OSError, match=r"cannot write .*page\.html"):
        player.save("/proc/page.html")


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, OSError, MemoryError])
def test_a_save_that_fails_keeps_the_earlier_file(
    player: fv.TransportPlayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped
) -> None:
    target = tmp_path / "page.html"
    target.write_text("the earlier one")

    def fail(*_):
        raise stopped("in the middle of it")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(stopped):
        player.save(target)
    assert target.read_text() == "the earlier one"
    assert list(tmp_path.iterdir()) == [target], "a half file is left"


def test_a_picture_that_fails_keeps_the_earlier_file(
    player: fv.TransportPlayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "still.png"
    target.write_bytes(b"the earlier one")
    monkeypatch.setattr("flowviz.figures.storyboard", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        player.save(target)
    assert target.read_bytes() == b"the earlier one"


# What it takes


def test_bytes_travel_as_they_are_but_as_text_in_colab(
    flow: fv.Flow, player: fv.TransportPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(player.payload, bytes)
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    inside = small(flow)
    assert isinstance(inside.payload, str)
    assert base64.b64decode(inside.payload) == player.payload
    assert state_of(inside.to_html())["payload"] == inside.payload


def test_the_payload_inflates_to_the_arrays_it_announces(player: fv.TransportPlayer) -> None:
    arrays = player.meta["arrays"]
    announced = sum(torch.Size(a["shape"]).numel() * a["bytes"] for a in arrays)
    assert len(zlib.decompress(player.payload)) == announced


@pytest.mark.parametrize("particles", [1, 2, 77])
def test_so_many_particles_and_half_as_many_draws(flow: fv.Flow, particles: int) -> None:
    sets = small(flow, particles=particles).trace.sets
    assert len(sets["data"].base) == particles
    assert len(sets["model"].base) == (particles + 1) // 2


@pytest.mark.parametrize("particles", [0, -5, 100_001])
def test_other_numbers_of_particles_are_refused(flow: fv.Flow, particles: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 100,000 particles, got {particles}"):
        small(flow, particles=particles)


def test_a_tensor_is_data(flow: fv.Flow) -> None:
    x = DATA.sample(60, seed=3)
    player = fv.TransportPlayer(flow, x, cells=12)
    shown = player.trace.sets["data"]
    assert torch.allclose(torch.as_tensor(shown.points[0], dtype=x.dtype), x)
    with torch.no_grad():
        expected = flow.log_prob(x).double()
    assert torch.allclose(torch.as_tensor(shown.log_prob), expected, atol=1e-4)
    assert player.meta["entropy"] is None
    assert len(fv.TransportPlayer(flow, x, particles=7, cells=12).trace.sets["data"].base) == 7


def test_one_point_is_data(flow: fv.Flow, tmp_path: Path) -> None:
    player = fv.TransportPlayer(flow, torch.tensor([[1.0, -1.2]]), cells=12)
    assert repr(player).endswith("1 particles)")
    for name in ("page.html", "still.png"):
        assert player.save(tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (torch.zeros(0, 2), "N >= 1"),
        (torch.zeros(5, 3), "expected shape"),
        (torch.zeros(2), r"\(N, 2\)"),
        (torch.full((4, 2), float("nan")), "x on the data side"),
    ],
)
def test_bad_data_is_refused(flow: fv.Flow, data: torch.Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fv.TransportPlayer(flow, data, cells=12)


def test_a_flow_that_is_not_of_the_plane_is_refused() -> None:
    with pytest.raises(ValueError, match="layer of the plane"):
        fv.TransportPlayer(fv.zoo.nsf(dim=3), torch.zeros(4, 3))


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("position", -0.1),
        ("position", 3.5),
        ("position", "here"),
        ("position", float("nan")),
        ("speed", 0.1),
        ("speed", 5.0),
        ("direction", "backward"),
        ("theme", "blue"),
        ("selected", -2),
        ("selected", 40),
        ("playing", "yes"),
    ],
)
def test_a_trait_out_of_bounds_is_refused(flow: fv.Flow, trait: str, value: object) -> None:
    player = small(flow)
    before = getattr(player, trait)
    with pytest.raises(TraitError):
        setattr(player, trait, value)
    assert getattr(player, trait) == before


def test_bounds_are_part_of_the_room(flow: fv.Flow) -> None:
    player = small(flow, position=3, speed=0.25, selected=39)
    player.position, player.speed, player.selected = 0, 4, -1
    assert player.get_state()["position"] == 0


def test_the_kernel_does_not_echo_what_the_browser_says(player: fv.TransportPlayer) -> None:
    """An echo arrives when the browser has moved on: it would throw the playhead back."""
    set_by_the_browser = {"position", "playing", "speed", "direction", "selected"}
    set_by_the_browser |= {"show_density", "show_particles", "show_grid"}
    echoed = {n for n in set_by_the_browser if player.trait_metadata(n, "echo_update", True)}
    assert echoed == set()


def test_another_direction_forgets_the_chosen_point() -> None:
    """There are half as many draws as data points, and they are different points."""
    player = fv.TransportPlayer(fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=20)
    player.selected = 19
    player.direction = "generate"
    assert player.selected == -1
    with pytest.raises(TraitError, match="one of 10 points"):
        player.selected = 19
