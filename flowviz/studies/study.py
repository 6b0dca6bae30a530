"""Study: which model on which data by which recipe. All that a run's numbers depend on."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEDULES = ("cosine", "constant", "held")


@dataclass(frozen=True)
class Data:
    """A data set, and how many of its training images are held out to watch the curve.

    Held out are the last `held_out` of the official order, the same in every run; 0 trains on all
    images, and then no validation curve is drawn and no run is called flat.
    """

    name: str
    held_out: int = 1000

    def __post_init__(self) -> None:
        _require(self.held_out >= 0, "held_out >= 0", self.held_out, "data")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained. Steps an epoch: images / batch, rounded up; the last batch of an
    epoch is filled from the start of the epoch's order, so that all batches are alike.

    epochs: passes over the training images; the schedule spans them.
    batch: images a step, over all devices. pieces: into how many a batch is cut; a device takes
        them one after the other and adds up gradients. Noise belongs to (seed, step, piece), so
        one device and many compute the same losses.
    lr, schedule: the rate, "cosine" (one cosine from lr to 0 over all steps), "constant", or
        "held" (constant until the run is flat or must come to its end, then linear to 0).
    warm_up: steps over which the rate first grows linearly from 0.
    cool_down: how long a held rate falls, as a share of the steps taken before.
    beta1, beta2, eps, weight_decay: Adam's (decoupled decay, as in AdamW).
    clip: largest norm of the gradient of the mean nats of an image; 0: not clipped.
    average: decay of the running average of the weights that is evaluated; 0: the weights.
    initialize: images that layers which start from data (ActNorm) see; 0: they do not.
    evaluations: how often the held-out images are looked at, spread evenly over the run.
    patience, tolerance: a run is flat, and stops (behind its cool-down, if it has one), when none
        of the last `patience` evaluations is better than the best before them by more than
        `tolerance` bits/dim; 0: never.
    """

    epochs: int
    batch: int = 128
    pieces: int = 1
    lr: float = 5e-4
    schedule: str = "cosine"
    warm_up: int = 0
    cool_down: float = 0.25
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 0.0
    average: float = 0.0
    initialize: int = 0
    evaluations: int = 100
    patience: int = 0
    tolerance: float = 0.002

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, "epochs >= 1", self.epochs)
        _require(self.batch >= 1, "batch >= 1", self.batch)
        _require(self.pieces >= 1 and self.batch % self.pieces == 0,
                 f"pieces that divide the batch of {self.batch}", self.pieces)  # fmt: skip
        _require(self.lr > 0, "lr > 0", self.lr)
        _require(self.schedule in SCHEDULES, f"a schedule of {', '.join(SCHEDULES)}",
                 self.schedule)  # fmt: skip
        _require(0 <= self.average < 1, "0 <= average < 1", self.average)
        for name in ("warm_up", "clip", "initialize", "patience", "tolerance", "weight_decay",
                     "cool_down"):  # fmt: skip
            _require(getattr(self, name) >= 0, f"{name} >= 0", getattr(self, name))
        _require(self.evaluations >= 1, "evaluations >= 1", self.evaluations)


@dataclass(frozen=True)
class Study:
    """A model of `flowviz.studies.models` with its options, the data, the recipe, the seed.

    note: one line for people; paper: the row of the published table that the result stands beside.
    """

    name: str
    model: str
    data: Data
    recipe: Recipe
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    note: str = ""
    paper: str = ""

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> Study:
        """The study that `to_json` wrote. Raises ValueError for anything else."""
        try:
            fields = json.loads(text)
            parts = {"data": Data(**fields.pop("data")), "recipe": Recipe(**fields.pop("recipe"))}
            return Study(**fields, **parts)
        except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"expected a study written by flowviz, got {error}") from error

    def override(self, settings: Iterable[str]) -> Study:
        """The study with settings such as "recipe.batch=256", "options.width=32", "seed=3".

        Raises ValueError for a setting that there is not (naming the nearest), or of another type.
        """
        study = self
        for setting in settings:
            key, given, value = setting.partition("=")
            if not given:
                raise ValueError(f"expected SETTING=VALUE, got {setting!r}")
            study = _replace(study, key.strip().split("."), _literal(value.strip()), key)
        return study


def differences(ours: Study, theirs: Study) -> list[str]:
    """Lines "recipe.batch: 128, not 256" for every setting in which two studies differ; the note
    is none."""
    a, b = _flat(dataclasses.asdict(ours)), _flat(dataclasses.asdict(theirs))
    keys = [key for key in {**a, **b} if key != "note"]
    return [f"{k}: {a.get(k)}, not {b.get(k)}" for k in keys if a.get(k) != b.get(k)]


def nearest(name: str, known: Iterable[str]) -> str:
    """ " (did you mean X?)" if some known name is near, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f" (did you mean {close[0]}?)" if close else ""


def _require(true: bool, what: str, given: object, part: str = "recipe") -> None:
    if not true:
        raise ValueError(f"{part}: expected {what}, got {given!r}")


def _replace(part: Any, keys: list[str], value: Any, whole: str) -> Any:
    key, *rest = keys
    if isinstance(part, Mapping):
        return {**part, ".".join(keys): value}
    known = {f.name for f in dataclasses.fields(part)}
    old = getattr(part, key, None)
    group = dataclasses.is_dataclass(old) or isinstance(old, Mapping)
    if key not in known or group != bool(rest):
        raise ValueError(
            f"expected a setting of the study, got {whole!r}{nearest(whole, SETTINGS)}"
        )
    new = _replace(old, rest, value, whole) if rest else _typed(value, old, whole)
    return dataclasses.replace(part, **{key: new})


def _settings(kind: type, prefix: str = "") -> list[str]:
    """The names of all settings, "recipe.batch"."""
    groups = {"data": Data, "recipe": Recipe}
    return [
        name
        for f in dataclasses.fields(kind)
        for name in (_settings(groups[f.name], f"{f.name}.") if f.name in groups
                     else [prefix + f.name])
    ]  # fmt: skip


SETTINGS = _settings(Study)


def _typed(value: Any, old: Any, whole: str) -> Any:
    if isinstance(old, float) and type(value) is int:
        return float(value)
    if type(value) is not type(old):
        raise ValueError(f"{whole}: expected {type(old).__name__}, got {value!r}")
    return value


def _literal(text: str) -> Any:
    """JSON where it is JSON (numbers, true, null, lists), else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        inner = isinstance(value, Mapping)
        flat |= _flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return flat
