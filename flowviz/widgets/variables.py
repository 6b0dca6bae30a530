"""ChangeOfVariables: one number, one monotone map, and every term of the formula."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import traitlets

from ..base import StandardNormal, Uniform
from ..flow import Flow
from ..layer import Layer
from .monotone import Array, curve
from .monotone_of import MOST_MAPS, maps_of
from .page import static_text
from .texts import texts
from .variables_checks import checked, fresh
from .widget import VIEWED, Widget

BASES = ("normal", "uniform", "logistic", "mixture")
_REACH = {"normal": (-5.2, 5.2), "uniform": (0, 1), "logistic": (-15, 15), "mixture": (-4, 4.5)}
_WEIGHT = {"right": -1.0, "forgotten": 0.0, "wrong": 1.0}


class Account(NamedTuple):
    """One z on its way to x: log p(x) = log_pz + sum of `terms`, by the rule of the widget."""

    z: float
    x: float
    log_pz: float
    slope: float
    terms: list[float]
    log_px: float


class ChangeOfVariables(Widget):
    """A density of one number, up to four monotone maps, and the density they make of it.

    Drag the map and watch bars keep their area; follow a probe through
    log p(x) = log p(z) - log |dx/dz|; forget the slope, or turn its sign, and see the mass leave 1.

        fv.ChangeOfVariables()                               # a spline with knots to drag
        fv.ChangeOfVariables(["affine", "sigmoid"], base="logistic")
        fv.ChangeOfVariables([{"kind": "affine", "slope": 2, "shift": 0}])
        fv.ChangeOfVariables(flow)                           # a flow or layer of one number

    maps: from z to x, each a kind ("affine", "power", "sigmoid", "logit", "spline") or a dict
    with its parameters: affine slope, shift; power power, soft (sign(u) ((soft + |u|)^power -
    soft^power)); sigmoid and logit steep, centre; spline at, to, slopes (0: so that the
    density has no kink); "inverse": True turns one round. base: "normal", "uniform" (0 to 1),
    "logistic", "mixture". probe: the z that is followed. view: index of the map that is looked at,
    -1 for all as one. rule: "right", "forgotten", "wrong". bars: whether they are shown.
    Raises TraitError for a map that is not strictly monotone, or more than four of them.
    """

    _name = "variables"
    _esm = static_text("variables.js")
    _view = ("maps", "base", "probe", "view", "rule", "bars")

    maps = traitlets.List().tag(**VIEWED)
    base = traitlets.Enum(BASES, "normal").tag(**VIEWED)
    probe = traitlets.Float(0.28).tag(**VIEWED)
    view = traitlets.Int(0, min=-1, max=MOST_MAPS - 1).tag(**VIEWED)
    rule = traitlets.Enum(list(_WEIGHT), "right").tag(**VIEWED)
    bars = traitlets.Bool(True).tag(**VIEWED)
    learned = traitlets.Dict().tag(sync=True)
    notation = traitlets.Enum(["latent", "data"], "data").tag(**VIEWED)

    def __init__(
        self,
        maps: Flow | Layer | str | dict[str, Any] | Sequence[str | dict[str, Any]] = "spline",
        base: str | None = None,
        **traits: Any,
    ) -> None:
        if isinstance(maps, Flow | Layer):
            base = base or (_base_of(maps) if isinstance(maps, Flow) else "normal")
            maps = maps_of(maps, _safe_reach(base))
        given = [maps] if isinstance(maps, str | dict) else list(maps)
        table = next((one for one in given if _kind(one) == "learned"), {})
        super().__init__(maps=given, base=base or _fitting(given), learned=table, **traits)

    @traitlets.validate("maps")
    def _check_maps(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        given = proposal["value"]
        if not 1 <= len(given) <= MOST_MAPS:
            raise traitlets.TraitError(f"maps: expected 1 to {MOST_MAPS}, got {len(given)}")
        return [checked(fresh(one) if isinstance(one, str) else one) for one in given]

    @property
    def _height(self) -> int:  # type: ignore[override]
        """Pixels of the frame in which a notebook stores it."""
        return 770 + 150 * (len(self.maps) > 1) + 150 * bool(self.asked)

    def _heavy(self) -> dict[str, Any]:
        return {"learned": self.learned}

    @property
    def title(self) -> str:
        return texts(self._name, self.language)["title"]

    def account(self, z: float | None = None) -> Account:
        """Follow one z (by default the probe) through all maps."""
        z = self.probe if z is None else float(z)
        values, logs = self._carry(np.array([z]))
        terms = [_WEIGHT[self.rule] * float(log[0]) for log in logs]
        start = float(self._log_base(np.array([z]))[0])
        slope = math.exp(sum(float(log[0]) for log in logs))
        return Account(z, float(values[-1][0]), start, slope, terms, start + sum(terms))

    @property
    def mass(self) -> float:
        """The area under the drawn p(x), by the trapezoid rule in x; infinite where it has no end.

        As in the browser: points crowd towards places where a slope may vanish or have no bound,
        and what is left within a millionth of one decides whether the integral ends.
        """
        z, places = self._sampling()
        with np.errstate(all="ignore"):
            values, logs = self._carry(z)
            p = np.exp(self._log_base(z) + _WEIGHT[self.rule] * np.sum(logs, axis=0))
            pieces = np.abs(np.diff(values[-1])) * (p[1:] + p[:-1]) / 2
        pieces = np.where(np.isfinite(pieces), pieces, 0)
        middle = (z[1:] + z[:-1]) / 2
        near = [pieces[np.abs(middle - place) < 1e-6].sum() for place in places]
        return math.inf if max(near, default=0) > 5e-4 else float(pieces.sum())

    def _carry(self, z: Array) -> tuple[list[Array], list[Array]]:
        """The values on every stage, z first, and the log slope of every map there."""
        values, logs = [z], []
        with np.errstate(all="ignore"):
            for spec in self.maps:
                made = curve(spec)
                logs.append(made.log_slope(values[-1]))
                values.append(made.f(values[-1]))
        return values, logs

    def _sampling(self) -> tuple[Array, list[float]]:
        low, high = _REACH[self.base]
        even = np.linspace(low, high, 4001)
        places = [p for p in self._singular() if low <= p <= high]
        near = np.geomspace(1e-9, 0.3, 2000)
        crowd = [p + sign * near for p in places for sign in (-1, 1)]
        z = np.unique(np.concatenate([even, *crowd]))
        return z[(z >= low) & (z <= high) & ~np.isin(z, places)], places

    def _singular(self) -> list[float]:
        """The z that lead to 0 of a power, or to an end of what a logit takes."""
        found: list[float] = []
        for k, spec in enumerate(self.maps):
            places = {"power": [0.0], "logit": [0.0, 1.0]}.get(spec["kind"], [])
            for place in places:
                with np.errstate(all="ignore"):
                    v = np.array([place])
                    for before in reversed(self.maps[:k]):
                        v = curve(before).back(v)
                found += [float(v[0])] if np.isfinite(v[0]) else []
        return found

    def _log_base(self, z: Array) -> Array:
        return log_base(self.base, z)

    def __repr__(self) -> str:
        kinds = ", ".join(spec["kind"] for spec in self.maps)
        return f"ChangeOfVariables({kinds}; base {self.base})"


def log_base(name: str, z: Array) -> Array:
    """log p(z) of a base, in nats."""
    if name == "uniform":
        with np.errstate(divide="ignore"):
            return np.log(((z >= 0) & (z <= 1)).astype(float))
    if name == "logistic":
        return -np.abs(z) - 2 * np.log1p(np.exp(-np.abs(z)))
    if name == "normal":
        return _gauss(z, 0.0, 1.0)
    return np.logaddexp(math.log(0.4) + _gauss(z, -1.3, 0.5), math.log(0.6) + _gauss(z, 1.2, 0.6))


def _gauss(z: Array, mean: float, sd: float) -> Array:
    return -0.5 * ((z - mean) / sd) ** 2 - 0.5 * math.log(2 * math.pi) - math.log(sd)


def _kind(one: object) -> object:
    return one.get("kind") if isinstance(one, dict) else one


def _fitting(given: list[Any]) -> str:
    """A logit can only stand on numbers from 0 to 1."""
    return "uniform" if given and _kind(given[0]) == "logit" else "normal"


def _base_of(flow: Flow) -> str:
    names = {StandardNormal: "normal", Uniform: "uniform"}
    if type(flow.base) not in names:
        expected = " or ".join(kind.__name__ for kind in names)
        raise ValueError(f"expected a flow on {expected}, got {type(flow.base).__name__}")
    return names[type(flow.base)]


def _safe_reach(base: str) -> tuple[float, float]:
    """Where a flow can be asked for its x: inside the cube, not at its ends."""
    low, high = _REACH[base]
    return (1e-6, 1 - 1e-6) if base == "uniform" else (low, high)
