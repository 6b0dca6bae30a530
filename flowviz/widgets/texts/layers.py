"""What layers say of themselves, in another language: a table of sentences with holes.

`layers.json` of a language: English with "{name}" for any words -> the translation with the same
names. What fills a hole is translated in its turn. A layer of one's own that the table does not
know keeps its English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_HOLE = re.compile(r"\{(\w+)\}")


def phrases(sentences: Iterable[str], language: str) -> dict[str, str]:
    """These English titles and sentences -> what they are in the language, where they differ."""
    pairs = {sentence: translated(sentence, language) for sentence in sentences}
    return {sentence: words for sentence, words in pairs.items() if words != sentence}


def translated(sentence: str, language: str) -> str:
    """One title or sentence of a layer, or of a base."""
    for pattern, words in _table(language):
        if found := pattern.fullmatch(sentence):
            parts = {k: translated(v, language) for k, v in found.groupdict().items()}
            return words.format(**parts)
    return sentence


@cache
def _table(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Whole sentences first; then those with holes, in the order of the file."""
    file = files(__package__).joinpath(language, "layers.json")
    if not file.is_file():
        return []  # English
    table = json.loads(file.read_text("utf-8"))
    order = sorted(table, key=lambda sentence: "{" in sentence)
    return [(_pattern(sentence), table[sentence]) for sentence in order]


def _pattern(sentence: str) -> re.Pattern[str]:
    words = iter(_HOLE.split(sentence))
    text = re.escape(next(words))
    for name, after in zip(words, words, strict=True):
        text += f"(?P<{name}>.+?){re.escape(after)}"
    return re.compile(text)
