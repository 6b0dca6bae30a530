"""Widget: what every widget has: its page, its state, its questions, its presenter."""

from __future__ import annotations

import base64
import json
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..files import atomic_write
from .page import frame, page
from .questions import question
from .state import pack_state, unpack_state
from .texts import LANGUAGES, texts
from .texts.layers import phrases

# Traits of the view belong to the browser. An echo of what it said would pull the picture back.
VIEWED = {"sync": True, "echo_update": False}

_COMMON = (
    *("theme", "language", "notation", "questions", "answers", "asked", "revealed"),
    *("beats", "beat", "hidden", "group"),
)

# Of the page, but no part of the state.
_CONSTANT = ("texts", "viewed", "linked", "origin")


class Widget(anywidget.AnyWidget):
    """A picture that lives in the browser, with or without a kernel behind it.

    theme: "auto", "light", "dark". language: "en", "de". notation: "latent" writes z = f(x),
    "data" writes x = f(z). hidden: names of controls that are not shown. group: widgets of one
    group on a page move together. presenting: fill the screen. beats: steps of a lecture, each
    {"state": {trait: value}, "say": text, "question": id}; beat: the present one, -1 before them.
    questions, answers, asked, revealed: see `ask`.

    A concrete widget sets `_name` (its bundle), `_esm`, `_height` (of its stored frame,
    pixels), `_view` (the traits that make its picture, all JSON) and `_linked` (those that widgets
    of one group share; by default all), and says what it is called.
    """

    _name: str
    heard = False
    _height = 730
    _view: tuple[str, ...] = ()
    _linked: tuple[str, ...] = ()

    texts = traitlets.Dict().tag(sync=True)
    viewed = traitlets.List(traitlets.Unicode()).tag(sync=True)
    linked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    origin = traitlets.Dict().tag(sync=True)
    theme = traitlets.Enum(["auto", "light", "dark"], "auto").tag(**VIEWED)
    language = traitlets.Enum(LANGUAGES, "en").tag(**VIEWED)
    notation = traitlets.Enum(["latent", "data"], "latent").tag(**VIEWED)
    questions = traitlets.List(traitlets.Dict()).tag(**VIEWED)
    answers = traitlets.List(traitlets.Dict()).tag(**VIEWED)
    asked = traitlets.Unicode("").tag(**VIEWED)
    revealed = traitlets.Bool(False).tag(**VIEWED)
    beats = traitlets.List(traitlets.Dict()).tag(**VIEWED)
    beat = traitlets.Int(-1, min=-1).tag(**VIEWED)
    presenting = traitlets.Bool(False).tag(**VIEWED)
    hidden = traitlets.List(traitlets.Unicode()).tag(**VIEWED)
    group = traitlets.Unicode("").tag(**VIEWED)

    def __init__(self, **traits: Any) -> None:
        super().__init__(
            viewed=[*self._view, *_COMMON], linked=[*(self._linked or self._view)], **traits
        )
        self._translate()

    @property
    @abstractmethod
    def title(self) -> str:
        """What the page is called."""

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What the browser says. While it is taken in, `heard` is True."""
        self.heard = True
        try:
            super().set_state(sync_data)
        finally:
            self.heard = False

    @traitlets.observe("language")
    def _language_changed(self, change: dict[str, Any]) -> None:
        if self.texts:
            self._translate()

    def _translate(self) -> None:
        own = phrases(self._said(), self.language)
        self.texts = texts(self._name, self.language) | own

    def _said(self) -> Iterable[str]:
        """What the layers and the base that it shows say of themselves, in English."""
        return ()

    # The state

    @property
    def state(self) -> str:
        """The picture as a short text that `fv.restore` brings back."""
        return pack_state({"widget": self._name, "origin": self.origin, **self._values()})

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.viewed}

    def take_state(self, state: str) -> None:
        """Take on the picture of a state string of the same kind of widget.

        Raises ValueError for another kind, TraitError for values out of bounds.
        """
        values = unpack_state(state)
        if values["widget"] != self._name:
            raise ValueError(f"expected the state of a {self._name}, got one of {values['widget']}")
        for name in self.viewed:
            if name in values:
                setattr(self, name, values[name])

    # Questions

    def ask(
        self,
        prompt: str,
        kind: str = "choice",
        *,
        id: str | None = None,
        options: list[str] | None = None,
        truth: Any = None,
        tolerance: float | None = None,
        after: str | None = None,
        set: dict[str, Any] | None = None,
        now: bool = True,
        **of: Any,
    ) -> str:
        """Ask before showing; returns the question's id, under which `answer` finds the answer.

        kind: "choice" (of options), "sign", "number", "factor" (an area factor), "point" (a click
        in the picture), "sketch" (an outline drawn in it). truth may be left out where the picture
        knows it. tolerance: the gap up to which an answer is right (of a factor: of its logarithm).
        set: traits that the picture takes on with the question. now=False keeps it for a beat.
        """
        taken = {one["id"] for one in self.questions}
        name = id or f"q{len(taken) + 1}"
        if name in taken:
            raise ValueError(f"id: expected a new one, got {name!r} again")
        told = {"options": options, "truth": truth, "tolerance": tolerance, "after": after}
        new = question(prompt, kind, name, **told, set=set, **of)
        self.questions = [*self.questions, new]
        if now and not self.asked:
            self._open(new)
        return name

    def _open(self, new: dict[str, Any]) -> None:
        with self.hold_sync():
            for trait, value in (new.get("set") or {}).items():
                setattr(self, trait, value)
            self.revealed, self.asked = False, new["id"]

    def answer(self, id: str | None = None) -> dict[str, Any] | None:
        """The record of a question (by default the last one answered), None while it is open.

        {"id", "kind", "prompt", "given", "truth", "gap", "right", "tries", "first"}
        """
        if id is None:
            return self.answers[-1] if self.answers else None
        if id not in {one["id"] for one in self.questions}:
            raise ValueError(f"expected the id of a question, got {id!r}")
        return next((one for one in self.answers if one["id"] == id), None)

    def save_answers(self, path: str | Path) -> Path:
        """Write the sheet of answers as JSON: for the teacher."""
        sheet = {"widget": self._name, "title": self.title, "answers": self.answers}
        text = json.dumps({**sheet, "state": self.state}, indent=1, ensure_ascii=False)
        return atomic_write(path, text.encode())

    # Its page and its files

    def to_html(self) -> str:
        """The page that shows this widget, as it stands, with no kernel and no network."""
        return self._page()

    def save(self, path: str | Path) -> Path:
        """Write the widget to a file: .html (works by itself), and what stills it can draw.

        The file is written whole or not at all. Raises ValueError for another ending, OSError
        with the path for a place that cannot be written.
        """
        suffix = Path(path).suffix.lower()
        makers = {".html": self._html_bytes, **self._makers()}
        maker = makers.get(".html" if suffix == ".htm" else suffix)
        if maker is None:
            *most, last = sorted(makers, key=list(makers).index)
            expected = f"{', '.join(most)} or {last}" if most else last
            raise ValueError(f"{path}: expected {expected}, got {suffix or 'no ending'!r}")
        return atomic_write(path, maker())

    def _makers(self) -> dict[str, Any]:
        """What else it can be saved as: ending -> a method that gives the bytes."""
        return {}

    def _html_bytes(self) -> bytes:
        return self.to_html().encode()

    def _heavy(self) -> dict[str, Any]:
        """Traits of the page that are no part of the state."""
        return {}

    def _stored(self) -> dict[str, Any]:
        """The same for a notebook's stored output, where room is short."""
        return self._heavy()

    def _page(self, heavy: dict[str, Any] | None = None) -> str:
        own = {name: getattr(self, name) for name in _CONSTANT}
        rest = self._heavy() if heavy is None else heavy
        return page(self._name, {**self._values(), **own, **rest}, self.title, self.language)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget; for places without one, a page that works; else a still; else text."""
        bundle = super()._repr_mimebundle_(**kwargs)
        live, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        document = self._page(self._stored())
        shown = {"text/plain": repr(self), "text/html": frame(document, self.title, self._height)}
        if still := self._makers().get(".png"):
            shown["image/png"] = base64.b64encode(still()).decode()
        return {**live, **shown}, metadata

    @abstractmethod
    def __repr__(self) -> str:
        """One short line that never changes."""
