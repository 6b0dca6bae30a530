"""Options of the models: that they exist, and that their values are of the right kind."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..study import nearest

_WORDS = {int: "a whole number", float: "a number", str: "a word", bool: "true or false",
          types.NoneType: "null"}  # fmt: skip


def check_options(name: str, makers: Sequence[Callable], options: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the nearest, for an option that none of the functions that make the
    model `name` has; and for a value of another type than its annotation says.
    """
    hints = {key: hint for maker in makers for key, hint in _hints(maker).items()}
    for key, value in options.items():
        if key not in hints:
            known = f"one of {', '.join(hints)}" if hints else "none"
            raise ValueError(f"{name}: expected options {known}, got {key!r}{nearest(key, hints)}")
        if not _is(value, hints[key]):
            raise ValueError(f"{name}: {key}: expected {_words(hints[key])}, got {value!r}")


def _hints(maker: Callable) -> dict[str, Any]:
    """The options of a function by name: all but its first parameter, the shape."""
    hints = typing.get_type_hints(getattr(maker, "func", maker))
    _, *rest = inspect.signature(maker).parameters.values()
    return {p.name: hints[p.name] for p in rest if p.kind is not p.VAR_KEYWORD}


def _is(value: Any, hint: Any) -> bool:
    if kinds := _kinds(hint):
        return any(_is(value, kind) for kind in kinds)
    if typing.get_origin(hint) is Sequence:
        (each,) = typing.get_args(hint)
        return isinstance(value, Sequence) and not isinstance(value, str) and all(
            _is(part, each) for part in value)  # fmt: skip
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint if hint in (int, bool) else isinstance(value, hint)


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types in a union; () for any other."""
    union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if union else ()


def _words(hint: Any) -> str:
    if kinds := _kinds(hint):
        return " or ".join(map(_words, kinds))
    if typing.get_origin(hint) is Sequence:
        return f"a list, each {_words(*typing.get_args(hint))}"
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))
