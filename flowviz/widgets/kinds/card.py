"""The cards of LayerLab's kinds: what `cards.json` tells both halves about each of them.

A card has a title and handles (name, label, a sentence about it, least, most, step, start, and
names of the values where it is a choice), `extra` parameters without a handle, and what is not as
in `_USUAL`: the kind, the sizes of x and z, the ledger's columns, the base that fits.
"""

from __future__ import annotations

import copy
import functools
import json
import math
from importlib import resources
from typing import Any

Params = dict[str, float | list[float]]

_USUAL = {"kind": "bijection", "dims": [2, 2], "columns": ["volume"], "base": "normal"}


@functools.cache
def cards() -> dict[str, dict[str, Any]]:
    """All cards by the name of the kind, in the order in which LayerLab lists them."""
    text = resources.files(__package__).joinpath("cards.json").read_text(encoding="utf-8")
    return {name: {**_USUAL, **own} for name, own in json.loads(text).items()}


def card(kind: str) -> dict[str, Any]:
    """The card of a kind; raises ValueError for a name that there is not."""
    if kind not in cards():
        raise ValueError(f"expected one of the kinds {', '.join(cards())}, got {kind!r}")
    return cards()[kind]


def defaults(kind: str) -> Params:
    """The parameters with which a kind starts."""
    own = card(kind)
    start = own.get("extra", {}) | {handle[0]: handle[6] for handle in own["handles"]}
    return copy.deepcopy(start)


def complete(kind: str, params: Params) -> Params:
    """The parameters with the kind's defaults where they are silent.

    Raises ValueError for names that the kind does not have and values that are not finite numbers
    (or lists of them, where the default is a list).
    """
    start = defaults(kind)
    if unknown := params.keys() - start.keys():
        raise ValueError(f"{kind}: expected parameters of {list(start)}, got {sorted(unknown)}")
    whole = {**start, **params}
    for name, value in whole.items():
        _check(f"{kind}: {name}", value, isinstance(start[name], list))
    return whole


def _check(what: str, value: object, many: bool) -> None:
    values = value if many else [value]
    if not isinstance(values, (list, tuple)) or not all(map(_finite, values)):
        expected = "a list of finite numbers" if many else "a finite number"
        raise ValueError(f"{what}: expected {expected}, got {value!r}")


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
