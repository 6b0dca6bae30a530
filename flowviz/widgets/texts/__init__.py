"""Every text of the widgets, one folder a language, one file a widget and one that all share.

A translation is a folder of the same files with the same keys; "{name}" in a text stands for a
value. `shared.json` holds what all widgets say.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "de")


@cache
def texts(name: str, language: str) -> dict[str, str]:
    """The table of the widget `name`, what all widgets share included; key -> text."""
    if language not in LANGUAGES:
        raise ValueError(f"expected one of {', '.join(LANGUAGES)}, got {language!r}")
    folder = files(__package__).joinpath(language)
    tables = (folder.joinpath(f"{part}.json").read_text("utf-8") for part in ("shared", name))
    return {key: text for table in tables for key, text in json.loads(table).items()}
