"""What all widgets share in Python: texts, questions, answers, the state string, links."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from traitlets import TraitError

import flowviz as fv
from flowviz.audit import audit_of
from flowviz.widgets.state import pack_state, unpack_state
from flowviz.widgets.texts import LANGUAGES, texts

FOLDER = Path(fv.__file__).parent / "widgets" / "texts"
WIDGETS = sorted(path.stem for path in (FOLDER / "en").glob("*.json") if path.stem != "shared")


def small(**options) -> fv.TransportPlayer:
    flow = fv.zoo.trained("two_moons")
    return fv.TransportPlayer(flow, fv.data.TwoMoons(), **{"particles": 40, "cells": 12, **options})


def answered(player: fv.TransportPlayer, id: str, **record) -> None:
    """What the browser sends when a question is answered."""
    one = {"id": id, "given": 1, "truth": 2, "gap": -1, "right": False, "tries": 1, "first": 1}
    player.set_state({"answers": [*player.answers, one | record], "revealed": True})


# Texts


@pytest.mark.parametrize("name", [*WIDGETS, "shared"])
def test_every_language_says_the_same_things(name: str) -> None:
    english, *others = (
        json.loads((FOLDER / one / f"{name}.json").read_text()) for one in LANGUAGES
    )
    for other in others:
        assert other.keys() == english.keys()
        for key, text in english.items():
            places = set(re.findall(r"\{\w+\}", text))
            assert set(re.findall(r"\{\w+\}", other[key])) == places, key


def test_the_language_is_one_argument() -> None:
    player = small(language="de")
    assert texts("player", "de").items() <= player.texts.items()
    assert player.texts["play"] == "abspielen"
    player.language = "en"
    assert player.texts["play"] == "play"
    assert '<html lang="de">' in small(language="de").to_html()


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(TraitError):
        small(language="tlh")
    with pytest.raises(ValueError, match="expected one of en, de, got 'tlh'"):
        texts("player", "tlh")


# Questions


def test_asking_opens_the_question_and_sets_the_picture() -> None:
    player = small(position=2.5)
    name = player.ask(
        "Where does it land?", "point", set={"selected": 3, "position": 0}, after="See?"
    )
    assert (player.asked, player.revealed) == (name, False)
    assert (player.selected, player.position) == (3, 0)
    assert player.questions[0]["after"] == "See?"
    assert player.answer(name) is None
    later = player.ask("And this?", "number", truth=2.0, now=False)
    assert player.asked == name != later


def test_answers_of_the_browser_are_read_in_python() -> None:
    player = small()
    name = player.ask("How many?", "number", truth=2.0)
    answered(player, name)
    assert player.answer(name)["gap"] == player.answer()["gap"] == -1
    with pytest.raises(ValueError, match="expected the id of a question, got 'nowhere'"):
        player.answer("nowhere")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"kind": "essay"}, "kind: expected one of choice"),
        ({"kind": "choice"}, "options: expected two or more"),
        ({"kind": "choice", "options": ["a", "b"], "truth": "c"}, "truth: expected one of"),
        ({"kind": "number", "truth": float("nan")}, "expected a finite number"),
        ({"kind": "factor", "truth": -2.0}, "expected a factor above 0"),
        ({"kind": "number", "truth": 1.0, "tolerance": -1}, "tolerance: expected a number >= 0"),
        ({"kind": "number", "id": "taken"}, "id: expected a new one"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(question: dict, words: str) -> None:
    player = small()
    player.ask("?", "number", truth=1.0, id="taken")
    with pytest.raises(ValueError, match=words):
        player.ask("?", question.pop("kind"), **question)
    assert len(player.questions) == 1


def test_the_sheet_of_answers(tmp_path: Path) -> None:
    player = small()
    answered(player, player.ask("How many?", "number", truth=2.0))
    sheet = json.loads(player.save_answers(tmp_path / "sheet.json").read_text())
    assert sheet["answers"] == player.answers
    assert unpack_state(sheet["state"])["answers"] == player.answers


# The state string


def test_a_state_brings_the_very_picture_back() -> None:
    player = small(position=1.25, direction="generate", show_grid=False, broken=["drop", "", ""])
    player.selected = 7
    player.ask("Up or down?", "sign", of="volume 2")
    back = fv.restore(player.state)
    assert back.state == player.state
    assert back.selected == 7 and back.position == 1.25 and back.asked == player.asked
    assert np.array_equal(back.trace.mesh.corners, player.trace.mesh.corners)
    assert back.payload == player.payload


def test_the_state_is_plain_text_with_sorted_keys() -> None:
    code = small(position=2.0).state
    mark, _, body = code.partition(".")
    assert mark == "flowviz1"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", body)
    text = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert '"position":2,' in text, "whole floats are written as JavaScript writes them"


@pytest.mark.parametrize(
    "values", [{"widget": "player", "é": "漢"}, {"widget": "x", "a": [1.5, {}]}]
)
def test_states_go_there_and_back(values: dict) -> None:
    assert unpack_state(pack_state(values)) == values
    assert unpack_state(f"file:///page.html#{pack_state(values)}") == values


@pytest.mark.parametrize(
    "text", ["", "hello", "flowviz1.", "flowviz1.!!", "flowviz1.e30", "flowviz2.e30"]
)
def test_other_texts_are_no_states(text: str) -> None:
    with pytest.raises(ValueError, match="expected a state string"):
        fv.restore(text)


def test_another_flow_or_other_data_are_refused() -> None:
    own = fv.zoo.realnvp(couplings=2, hidden=(4,))
    x = fv.data.TwoMoons().sample(30, seed=1)
    state = fv.TransportPlayer(own, x, cells=12, position=1).state
    with pytest.raises(ValueError, match="flow: expected the flow"):
        fv.restore(state)
    with pytest.raises(ValueError, match="data: expected the data"):
        fv.restore(state, own)
    assert fv.restore(state, own, x).position == 1
    with pytest.raises(ValueError, match="expected the flow and the data"):
        fv.restore(state, fv.zoo.trained("two_moons"), x)
    with pytest.raises(ValueError, match="expected the flow and the data"):
        fv.restore(state, own, x + 1)


def test_the_state_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the state of a player, got one of lab"):
        small().take_state(pack_state({"widget": "lab"}))
    with pytest.raises(ValueError, match="widget: expected one of"):
        fv.restore(pack_state({"widget": "toaster"}))


# Links


def test_linked_players_move_together() -> None:
    one, other = small(position=1.5), small()
    fv.link(one, other)
    assert one.group == other.group != ""
    assert other.position == 1.5
    other.position = 2
    assert one.position == 2
    one.selected = 4
    assert other.selected == 4


def test_what_the_browser_says_is_not_sent_back_by_the_kernel() -> None:
    """In the browser the widgets tell each other: a kernel's late word would pull them back."""
    one, other = small(), small()
    fv.link(one, other)
    one.set_state({"position": 2.5})
    assert (one.position, other.position) == (2.5, 0)


def test_links_of_nothing_and_of_different_kinds_are_refused() -> None:
    with pytest.raises(TypeError, match="expected two or more widgets of one kind, got TransportP"):
        fv.link(small())
    with pytest.raises(TypeError, match="got TransportPlayer, int"):
        fv.link(small(), 3)


# The audit


@pytest.mark.parametrize("name", ["two_moons", "eight_gaussians", "pinwheel"])
def test_the_claimed_density_sums_to_one_on_a_plain_grid(name: str) -> None:
    assert audit_of(fv.zoo.trained(name), 96).mass() == pytest.approx(1, abs=2e-3)


def test_a_broken_ledger_does_not_sum_to_one() -> None:
    """Against the flow itself: the sum of exp(log p(z) + kept volumes) over the same cells."""
    flow = fv.zoo.trained("two_moons")
    audit = audit_of(flow, 64)
    steps = (torch.arange(64) + 0.5) / 64
    sides = [low + (high - low) * steps for low, high in zip(audit.low, audit.high, strict=True)]
    x = torch.cartesian_prod(*sides).float()
    with torch.no_grad():
        ledger = flow.ledger(x)
    kept = ledger.base + ledger.rows[1].volume + ledger.rows[2].volume
    area = float(np.prod((audit.high - audit.low) / 64))
    assert audit.mass([0, 1, 1]) == pytest.approx(float(kept.exp().sum()) * area, rel=1e-4)
    assert abs(audit.mass([0, 1, 1]) - 1) > 0.05
    assert audit.mass([-1, -1, -1]) > 10
