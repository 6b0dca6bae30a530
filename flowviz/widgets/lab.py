"""LayerLab: one layer under your fingers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import torch
import traitlets

from ..base import Base, HalfNormal, SortedNormal, StandardNormal, Uniform
from ..flow import Flow
from ..layer import Layer
from ..train import fit as train
from .kinds import Fit, cards, complete, fit_of, layer_of
from .kinds.families import family
from .origin import points_origin
from .page import for_host, static_text
from .widget import VIEWED, Widget

_FAULTS = ("", "volume", "sign", "relu", "fold", "base")
_STORED = 1500  # data points in a notebook's stored output


class LayerLab(Widget):
    """One layer of a flow: drag its handles, its grid, its probe, and read the likelihood ledger.

        lab = fv.LayerLab("affine")                    # a kind of layer, by its name
        lab = fv.LayerLab(flow.layers[3])              # a trained layer, with its parameters
        lab = fv.LayerLab("coupling", data=fv.data.TwoMoons())
        lab.layer                                      # the layer as it has been edited
        lab.save("affine.html")                        # a page that works by itself

    The data side x is on the left, the latent side z on the right; tau carries the grid along the
    layer's own path, 0 at the data, 1 at the latent. The arithmetic runs in the browser and is
    that of `lab.layer`: the tests hold both to the same figures.

    layer: a kind (`LayerLab.kinds()` lists them) or a layer of flowviz whose kind it shows.
    data: points in the background, a density of `fv.data` or a tensor (N, 2); their mean -log p(x)
    under the layer and a standard base is shown. points: how many, where data is a density.
    trained: what stands beside it: a flow, a layer, a number, or "fit": this very layer, trained on
    those points for 400 steps. Its mean -log p(x) on the points is worked out here.

    params, probe (x, a list), tau, seed (of everything drawn), draws (of a weighted bound), fault
    ("", "volume", "sign", "relu", "fold", "base"), view ("both", "data", "latent"), zoom (half the
    width of a view), show_density, show_points, show_grid and playing can be set at any time.

    Raises ValueError for an unknown kind or fault, or parameters that are not the kind's.
    """

    _name = "lab"
    _esm = static_text("lab.js")
    _view = (
        *("kind", "params", "probe", "tau", "playing", "seed", "draws", "fault", "view", "zoom"),
        *("show_density", "show_points", "show_grid", "trained"),
    )

    kind = traitlets.Enum(tuple(cards()), "affine").tag(**VIEWED)
    params = traitlets.Dict().tag(**VIEWED)
    probe = traitlets.List(traitlets.Float()).tag(**VIEWED)
    tau = traitlets.Float(1.0, min=0.0, max=1.0).tag(**VIEWED)
    playing = traitlets.Bool(False).tag(**VIEWED)
    seed = traitlets.Int(0, min=0).tag(**VIEWED)
    draws = traitlets.Int(1, min=1, max=64).tag(**VIEWED)
    fault = traitlets.Enum(_FAULTS, "").tag(**VIEWED)
    view = traitlets.Enum(("both", "data", "latent"), "both").tag(**VIEWED)
    zoom = traitlets.Float(3.6, min=1.0, max=12.0).tag(**VIEWED)
    show_density = traitlets.Bool(True).tag(**VIEWED)
    show_points = traitlets.Bool(True).tag(**VIEWED)
    show_grid = traitlets.Bool(True).tag(**VIEWED)
    trained = traitlets.Dict(allow_none=True, default_value=None).tag(**VIEWED)
    start = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)
    points = traitlets.Union([traitlets.Bytes(), traitlets.Unicode()]).tag(sync=True)

    def __init__(
        self,
        layer: str | Layer = "affine",
        *,
        data: object = None,
        points: int = 1000,
        trained: object = None,
        seed: int = 0,
        **traits: Any,
    ) -> None:
        fit = _fit(layer)
        self.fit_error = fit.error
        given = complete(fit.kind, {**fit.params, **traits.pop("params", {})})
        self._data = _points(data, points, seed)
        rival = flow_of(fit.kind, given) if isinstance(trained, str) else trained
        if isinstance(trained, str):
            _train(trained, rival, self._data, seed)
        shown = {"points": for_host(_bytes(self._data)), "trained": _nll(rival, self._data)}
        shown["start"] = {"kind": fit.kind, "params": given}
        if self._data is not None:
            shown["origin"] = points_origin(data, self._data, seed)
        super().__init__(kind=fit.kind, params=given, cards=_cards(), seed=seed, **shown, **traits)

    @staticmethod
    def kinds() -> tuple[str, ...]:
        """The names of all kinds of layer."""
        return tuple(cards())

    @property
    def title(self) -> str:
        return f"LayerLab: {cards()[self.kind]['title']}"

    @property
    def layer(self) -> Layer:
        """The layer as it stands, a new one each time: forward, inverse and terms are torch's."""
        return layer_of(self.kind, self.params)

    @property
    def flow(self) -> Flow:
        """The layer over the base that fits it: the density that the widget draws."""
        return flow_of(self.kind, self.params)

    def take_state(self, state: str) -> None:
        """As `Widget.take_state`; key R leads back to the layer of this state."""
        super().take_state(state)
        self.start = {"kind": self.kind, "params": self.params}

    def ask(self, prompt: str, kind: str = "choice", **of: Any) -> str:
        """As `Widget.ask`. Of whole numbers there is no area, and a tile has no plane to click in:
        ValueError for a "factor" of a dequantization without a truth and a "point" on a tile."""
        shown = {"kind": self.kind, **(of.get("set") or {})}["kind"]
        if (shown, kind) == ("dequantization", "factor") and of.get("truth") is None:
            raise ValueError("truth: expected the factor, whole numbers have no area; got none")
        if (shown, kind) == ("tile", "point"):
            raise ValueError('kind: expected "sign", "number" or "choice" of a tile, got "point"')
        return super().ask(prompt, kind, **of)

    @traitlets.validate("params")
    def _check_params(self, proposal: dict[str, Any]) -> Mapping[str, Any]:
        # In the browser kind and params change together; the kind may be the later one to arrive.
        value = proposal["value"]
        bad = [name for name, one in value.items() if not _numeric(one)]
        if bad:
            wrong = f"{bad[0]}={value[bad[0]]!r}"
            raise traitlets.TraitError(f"params: expected finite numbers, got {wrong}")
        return value

    def _heavy(self) -> dict[str, Any]:
        return {"points": self.points, "cards": self.cards, "start": self.start}

    def _stored(self) -> dict[str, Any]:
        kept = None if self._data is None else self._data[:_STORED]
        reached = {kind: self.cards[kind] for kind in family(self.kind)}
        return {"points": _bytes(kept), "cards": reached, "start": self.start}

    def __repr__(self) -> str:
        return f"LayerLab({self.kind!r})"


@cache
def _cards() -> dict[str, Any]:
    """The cards of all kinds, each with its equation."""
    text = files(__package__).joinpath("kinds", "formulas.json").read_text("utf-8")
    return {kind: {**cards()[kind], "formula": lines} for kind, lines in json.loads(text).items()}


def flow_of(kind: str, params: dict[str, Any]) -> Flow:
    """A kind's layer over the base that fits its latent space."""
    layer = layer_of(kind, params)
    return Flow([layer], _base_of(kind, complete(kind, params), layer.latent_shape))


def _base_of(kind: str, params: Mapping[str, Any], shape: tuple[int, ...]) -> Base:
    if kind == "abs":
        fold = int(params["fold"])
        return HalfNormal(shape, folded=[fold - 1] if fold else None)
    bases = {"normal": StandardNormal, "sorted normal": SortedNormal, "uniform": Uniform}
    return bases[cards()[kind]["base"]](shape)


def _train(how: str, flow: Flow, points: torch.Tensor | None, seed: int) -> None:
    if how != "fit":
        raise ValueError(f'trained: expected a flow, a layer, a number or "fit", got {how!r}')
    if points is None:
        raise ValueError("trained: expected data to train on, got none")
    train(flow, points, steps=400, seed=seed, progress=False)


def _fit(layer: str | Layer) -> Fit:
    if isinstance(layer, Layer):
        return fit_of(layer)
    if layer not in cards():
        raise ValueError(f"layer: expected a Layer or one of {', '.join(cards())}, got {layer!r}")
    return Fit(layer, {}, 0.0)


def _numeric(value: object) -> bool:
    try:
        return bool(np.isfinite(np.asarray(value, dtype=float)).all())
    except (TypeError, ValueError):
        return False


def _points(data: object, count: int, seed: int) -> torch.Tensor | None:
    if data is None:
        return None
    drawn = data if isinstance(data, torch.Tensor) else data.sample(count, seed=seed)
    if drawn.dim() != 2 or drawn.shape[1] != 2:
        raise ValueError(f"data: expected points (N, 2), got shape {tuple(drawn.shape)}")
    return drawn.detach().to("cpu", torch.float32)


def _bytes(points: torch.Tensor | None) -> bytes:
    return b"" if points is None else points.numpy().astype("<f4").tobytes()


def _nll(trained: object, points: torch.Tensor | None) -> dict[str, Any] | None:
    """The mean -log p(x) of the points under a flow, as a card of the widget."""
    if trained is None:
        return None
    if isinstance(trained, int | float):
        return {"nll": float(trained)}
    if points is None:
        raise ValueError("trained: expected data to compare on, got none")
    flow = Flow([trained]) if isinstance(trained, Layer) else trained
    with torch.no_grad():
        return {"nll": -float(flow.log_prob(points).mean())}
