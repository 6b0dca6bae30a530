"""Translations are complete: what layers say of themselves, too."""

from __future__ import annotations

import re

import pytest
from registry import CASES

import flowviz as fv
from flowviz.widgets.texts import LANGUAGES
from flowviz.widgets.texts.layers import phrases, translated

_ENGLISH = re.compile(
    r"\b(the|is|are|and|of|by|every|coordinate|coordinates|space|moves?|stays?|dropped|then"
    r"|that|each|with|inverse|coupling|funnel|linear spline|on every)\b"
)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_layer_speaks_every_language(language: str) -> None:
    for case in CASES.values():
        layer = case.build()
        for sentence in (layer.title, layer.action):
            words = translated(sentence, language)
            assert not _ENGLISH.search(words), f"{sentence}: {words}"
            names = re.findall(r"x[₁₂₃₄₅]|\d+°|→ \d", sentence)
            assert sorted(re.findall(r"x[₁₂₃₄₅]|\d+°|→ \d", words)) == sorted(names)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("spline coupling", "Spline-Kopplung"),
        ("x₁ stays; x₂ is dropped", "x₁ bleibt; x₂ fällt weg"),
        ("standard normal", "Standardnormal"),
        ("somebody's own layer", "somebody's own layer"),
    ],
)
def test_sentences_and_what_fills_them(english: str, german: str) -> None:
    assert translated(english, "de") == german
    assert translated(english, "en") == english


def test_a_player_brings_the_words_of_its_layers() -> None:
    player = fv.TransportPlayer(
        fv.zoo.trained("two_moons"), fv.data.TwoMoons(), particles=10, cells=8
    )
    assert not phrases(player._said(), "en")
    player.language = "de"
    assert player.texts["spline coupling"] == "Spline-Kopplung"
    assert {layer["action"] for layer in player.meta["layers"]} <= player.texts.keys()
