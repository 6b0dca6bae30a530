"""The equations and PyTorch lines beside LayerLab's picture: they say what the layer does.

A kind with a choice (what stays, what is folded, which noise) has lines for each of its values.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal

import flowviz as fv
from flowviz.widgets.kinds import cards, complete
from flowviz.widgets.kinds.tables import knots
from flowviz.widgets.texts import texts

CARDS = fv.LayerLab("affine").cards
_NAMES = {"log", "exp", "tanh", "tr", "det", "sort", "max", "sgn", "Lip", "Newton", "dt", "ii"}
X = torch.tensor([[0.7, -0.4], [-1.1, 0.9], [0.3, 1.6], [-0.2, -1.3]], dtype=torch.float64)
SLOPE = [round(0.2 * k - 0.7, 2) for k in range(9)]
WAVE = [0.6, -0.3, 0.8, 0.1, -0.9, 0.4, 0.7, -0.5, 0.2]


def choice_of(kind: str) -> tuple[str, int, int] | None:
    """The name of a kind's choice, its least and its greatest value."""
    found = [(h[0], h[3], h[4]) for h in cards()[kind]["handles"] if len(h) > 7]
    assert len(found) <= 1, "the lines are kept by the value of one choice"
    return found[0] if found else None


def lines_of(kind: str, value: int) -> dict[str, Any]:
    """What the browser shows at a value of the kind's choice."""
    formula = CARDS[kind]["formula"]
    return {**formula, **(formula["of"][value] if "of" in formula else {})}


@functools.cache
def table(values: tuple[float, ...]):
    at = knots(len(values)).numpy()
    return lambda v: torch.from_numpy(np.interp(v.detach().numpy(), at, values))


def curve(params: dict, name: str):
    return table(tuple(params[name]))


def run(kind: str, value: int, names: dict[str, Any]) -> dict[str, Any]:
    """The lines of code, run as they stand with these names."""
    lines = [line.split("|")[0] for line in lines_of(kind, value)["code"].split("\n")]
    space = {"torch": torch, "nn": nn, "math": math, "Normal": Normal, "Bernoulli": Bernoulli}
    space |= names
    exec("\n".join(lines), space)
    return space


def compare(kind: str, params: dict, x: Tensor, said: dict[str, Any], z: Tensor) -> None:
    """z and each column, by the code and by the layer."""
    layer = fv.LayerLab(kind, params=params).layer.double()
    with torch.no_grad():
        found, terms = layer(x)
    assert torch.allclose(z.reshape(found.shape), found, atol=1e-5)
    for column in cards()[kind]["columns"]:
        by_code = torch.as_tensor(said[column], dtype=torch.float64).expand(len(x))
        assert torch.allclose(by_code, getattr(terms, column), atol=1e-5), column


def columns_of(x: Tensor) -> dict[str, Tensor]:
    return {"x": x, "x1": x[:, 0], "x2": x[:, 1]}


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("kind", ["coupling", "additive"])
def test_coupling_code_is_the_layer_whichever_stays(kind: str, keep: int) -> None:
    params = complete(
        kind, {"keep": keep, "t": WAVE} | ({"s": SLOPE} if kind == "coupling" else {})
    )
    s, t = curve(params, "s") if "s" in params else None, curve(params, "t")
    net = (lambda v: (s(v), t(v))) if s else t
    said = run(kind, keep, {"x": X, "x1": X[:, :1], "x2": X[:, 1:], "net": net})
    compare(kind, params, X, said, torch.cat([said["z1"], said["z2"]], -1))


@pytest.mark.parametrize("first", [0, 1])
def test_autoregressive_code_is_the_layer_whichever_comes_first(first: int) -> None:
    own = {"first": first, "s": SLOPE, "t": WAVE, "s1": 0.3, "t1": -0.2}
    params = complete("autoregressive", own)

    def masked_net(x: Tensor) -> tuple[Tensor, Tensor]:
        seen = x[:, first]
        s = [torch.full_like(seen, 0.3), curve(params, "s")(seen)]
        t = [torch.full_like(seen, -0.2), curve(params, "t")(seen)]
        order = [0, 1] if first == 0 else [1, 0]
        return torch.stack([s[k] for k in order], -1), torch.stack([t[k] for k in order], -1)

    said = run("autoregressive", first, {"x": X, "masked_net": masked_net})
    compare("autoregressive", params, X, said, said["z"])
    own, other = first + 1, 2 - first
    note = lines_of("autoregressive", first)["code"]
    assert f"s{own} is a number, s{other} sees x{own} only" in note


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_abs_code_is_the_layer_whatever_is_folded(fold: int) -> None:
    params = complete("abs", {"fold": fold, "odds1": WAVE, "odds2": SLOPE})
    first, second = curve(params, "odds1"), curve(params, "odds2")
    pair = lambda z: torch.stack([first(z[:, 1]), second(z[:, 0])], -1)  # noqa: E731
    said = run("abs", fold, {**columns_of(X), "odds": [pair, first, second][fold]})
    z = said["z"] if fold == 0 else torch.stack([said["z1"], said["z2"]], -1)
    compare("abs", params, X, said, z)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("kind", ["slice", "funnel"])
def test_dropping_code_is_the_layer_whichever_is_kept(kind: str, keep: int) -> None:
    tables = {"mean": WAVE, "spread": [-0.6] * 9}
    moves = {"s": SLOPE, "t": WAVE} if kind == "funnel" else {}
    params = complete(kind, {"keep": keep, **tables, **moves})
    names: dict[str, Any] = {"mean": curve(params, "mean"), "spread": lambda z: math.exp(-0.6)}
    if moves:
        s, t = curve(params, "s"), curve(params, "t")
        names["net"] = lambda v: (s(v), t(v))
    said = run(kind, keep, {**columns_of(X), **names})
    compare(kind, params, X, said, said["z"])


def test_the_flowified_decoder_is_asked_before_the_bias() -> None:
    own = {"b": 1.3, "w": 0.4, "turn1": 0.8, "mean": WAVE, "spread": [-0.6] * 9}
    params = complete("flowified21", own)
    c, s = math.cos(0.8), math.sin(0.8)
    names = {"V": torch.tensor([[c, s], [-s, c]], dtype=torch.float64), "b": 1.3}
    names |= {"w": torch.tensor(0.4, dtype=torch.float64), "spread": lambda z: math.exp(-0.6)}
    said = run("flowified21", 0, {"x": X, "mean": curve(params, "mean"), **names})
    compare("flowified21", params, X, said, said["z"])
    assert "log p(x_⊥ | z − b)" in CARDS["flowified21"]["formula"]["decoder"]


@pytest.mark.parametrize("slope", [0.3, 1.7])
def test_a_leaky_relu_is_steep_or_flat(slope: float) -> None:
    params = complete("leakyrelu", {"slope": slope})
    said = run("leakyrelu", 0, {"x": X, "a": torch.tensor(slope, dtype=torch.float64)})
    compare("leakyrelu", params, X, said, said["z"])
    formula = CARDS["leakyrelu"]["formula"]
    assert "max" not in formula["z"] and "min" not in formula["x"]  # wrong for slopes above 1


NUMBERS = torch.tensor([0.3, -0.8, 1.4], dtype=torch.float64)


@pytest.mark.parametrize(
    ("kind", "noise"),
    [("augment", 0), ("augment", 1), ("augment", 2), ("flowified12", 0), ("flowified12", 1)],
)
def test_code_that_adds_noise_gives_back_what_the_layer_gives_back(kind: str, noise: int) -> None:
    own = {"mean": WAVE, "spread": [-0.6] * 9} if kind == "augment" else {"w2": 0.5, "b1": 0.2}
    params = complete(kind, {"noise": noise, **own})
    names: dict[str, Any] = {"x": NUMBERS}
    if kind == "augment":
        names |= {"mean": curve(params, "mean"), "spread": lambda x: math.exp(-0.6)}
    else:
        c, s = math.cos(params["turn2"]), math.sin(params["turn2"])
        double = {"dtype": torch.float64}
        names |= {"w": torch.tensor([params["w1"], 0.5], **double)}
        names |= {"U": torch.tensor([[c, -s], [s, c]], **double)}
        names |= {"b": torch.tensor([0.2, params["b2"]], **double)}
    compare_pair(kind, params, run(kind, noise, names), NUMBERS[:, None])


@pytest.mark.parametrize("noise", [0, 1])
def test_dequantization_code_is_the_layer_under_either_noise(noise: int) -> None:
    params = complete("dequantization", {"noise": noise, "centre": 0.4, "spread": -0.3})
    x = torch.tensor([[0.0, 3.0], [2.0, 1.0]], dtype=torch.float64)
    names = {"x": x, "levels": 4, "centre": 8 * math.tanh(0.4 / 8), "spread": math.exp(-0.3)}
    compare_pair("dequantization", params, run("dequantization", noise, names), x)


def compare_pair(kind: str, params: dict, said: dict[str, Any], x: Tensor) -> None:
    """The account of the code's own pair: back from its z, the layer draws nothing."""
    layer = fv.LayerLab(kind, params=params).layer.double()
    with torch.no_grad():
        back, terms = layer.inverse(said["z"])
    assert torch.allclose(back, x, atol=1e-6)
    for column in cards()[kind]["columns"]:
        by_code = torch.as_tensor(said[column], dtype=torch.float64).expand(len(x))
        assert torch.allclose(by_code, getattr(terms, column), atol=1e-5), column


def test_tile_code_has_all_three_columns() -> None:
    params = complete("tile", {})
    layer = fv.LayerLab("tile", params=params).layer.double()
    x = torch.tensor([[0.4, -0.9, 1.2], [1.0, 0.3, -0.5]], dtype=torch.float64)
    with torch.no_grad():
        z, terms = layer(x.reshape(-1, 1, 1, 3))
    c, s = math.cos(params["turn1"]), math.sin(params["turn1"])
    kernel = math.exp(params["w"]) * torch.tensor([c, -s], dtype=torch.float64)
    v = (kernel * x[:, :2]).sum(-1) + params["b"] - z.reshape(-1, 2)[:, 0]
    names = {"x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2], "v": v / kernel[1], "x": x}
    names |= {"kernel": kernel.reshape(1, 1, 2), "w": params["w"], "A": math.exp(params["spread"])}
    names |= {"bias": torch.tensor([params["b"]], dtype=torch.float64)}
    names |= {"rest": torch.tensor([s, c], dtype=torch.float64)}
    lines = lines_of("tile", 0)["code"].split("\n")
    assert lines[0] == "v = A * torch.randn(len(x))"
    code = "\n".join(line.split("|")[0] for line in lines[1:])
    space: dict[str, Any] = {"torch": torch, "nn": nn, "math": math, "Normal": Normal, **names}
    exec(code, space)
    assert torch.allclose(space["z"].reshape(-1, 2), z.reshape(-1, 2), atol=1e-5)
    for column in ("volume", "decoder", "encoder"):
        by_code = torch.as_tensor(space[column], dtype=torch.float64).expand(len(x))
        assert torch.allclose(by_code, getattr(terms, column), atol=1e-4), column


@pytest.mark.parametrize("kind", [k for k in CARDS if "of" in CARDS[k]["formula"]])
def test_lines_are_kept_for_every_value_of_the_choice(kind: str) -> None:
    _, low, high = choice_of(kind)
    assert len(CARDS[kind]["formula"]["of"]) == high - low + 1


@pytest.mark.parametrize("kind", [k for k in CARDS if "idle" in CARDS[k]])
def test_what_is_not_read_is_named_for_every_value_of_the_choice(kind: str) -> None:
    """Moving it changes no figure of the layer: it is not shown then."""
    name, low, high = choice_of(kind)
    idle = CARDS[kind]["idle"]
    assert len(idle) == high - low + 1
    for value in range(low, high + 1):
        for handle in cards()[kind]["handles"]:
            if handle[0] == name or handle[0] == "levels":
                continue
            moved = [0.9] * len(handle[6]) if isinstance(handle[6], list) else 0.9
            same = torch.equal(
                *(draws(kind, {name: value, **one}) for one in ({}, {handle[0]: moved}))
            )
            assert same == (handle[0] in idle[value - low]), (value, handle[0])


def draws(kind: str, params: dict) -> Tensor:
    """z and the account of a few points, with the same noise each time."""
    torch.manual_seed(0)
    layer = fv.LayerLab(kind, params=params).layer.double()
    x = {"dequantization": torch.tensor([[0.0, 3.0]]).double(), "augment": NUMBERS[:, None]}
    with torch.no_grad():
        z, terms = layer(x.get(kind, X))
    return torch.cat([z.flatten(), terms.total.flatten()])


@pytest.mark.parametrize("language", ["en", "de"])
def test_words_in_equations_are_translated(language: str) -> None:
    table = texts("lab", language)
    for kind, card in CARDS.items():
        for value in range(len(card["formula"].get("of", [None]))):
            for name, text in lines_of(kind, value).items():
                words = (
                    set(re.findall(r"[A-Za-z]{2,}", text)) if name not in ("code", "of") else set()
                )
                if words - _NAMES:
                    assert f"~{text}" in table, (kind, text)
                    assert (table[f"~{text}"] == text) == (language == "en")
