"""Linked views: widgets that move together."""

from __future__ import annotations

from itertools import count
from typing import Any

from .widget import Widget

_NUMBERS = count(1)


def link(*widgets: Widget) -> None:
    """Let widgets of one kind move together: where one goes, all go.

    Two players on one flow share position, direction, chosen point and speed; in the browser they
    do so by themselves, with the kernel busy or gone. All take on the picture of the first.

    Raises TypeError for fewer than two widgets, or widgets of different kinds.
    """
    kinds = {getattr(widget, "_name", None) for widget in widgets}
    if len(widgets) < 2 or len(kinds) != 1 or not isinstance(widgets[0], Widget):
        raise TypeError(f"expected two or more widgets of one kind, got {_named(widgets)}")
    first, *rest = widgets
    for name in first.linked:
        for widget in rest:
            setattr(widget, name, getattr(first, name))
    for widget in widgets:
        widget.observe(_passer(widget, widgets), list(widget.linked))
    group = f"group {next(_NUMBERS)}"
    for widget in widgets:
        widget.group = group


def _passer(widget: Widget, widgets: tuple[Widget, ...]) -> Any:
    """Passes changes on to the others, but those that the browser has passed on itself."""

    def pass_on(change: dict[str, Any]) -> None:
        if widget.heard:
            return
        for other in widgets:
            if other is not widget and getattr(other, change["name"]) != change["new"]:
                setattr(other, change["name"], change["new"])

    return pass_on


def _named(widgets: tuple[Any, ...]) -> str:
    return ", ".join(type(widget).__name__ for widget in widgets) or "none"
