"""The studies by name: the papers' recipes, and ones that a CPU finishes in about an hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .study import Data, Recipe, Study, nearest

# Mate et al. 2022, experiments/image_generation.py: Adam 5e-4, one cosine, 300 epochs, batch 128.
_FLOWIFICATION = Recipe(epochs=300, batch=128, lr=5e-4)
_COUPLING = Recipe(
    epochs=200, batch=128, lr=1e-3, warm_up=500, clip=1000.0, average=0.999, initialize=512
)


def find(name: str) -> Study:
    """The study `name`. Raises ValueError naming the nearest one if there is none."""
    if name not in STUDIES:
        raise ValueError(
            f"expected a study, got {name!r}{nearest(name, STUDIES)}; `flowviz study list`"
        )
    return STUDIES[name]


def _flowified(data: str) -> Iterator[Study]:
    for kind in ("mlp", "conv1", "conv2", "conv1-nsf", "conv2-nsf"):
        yield _study(f"{data}/flowified-{kind}", f"flowified-{kind}", _FLOWIFICATION)


def _couplings(data: str) -> Iterator[Study]:
    yield _study(f"{data}/nice", "nice", _COUPLING)
    yield _study(f"{data}/realnvp", "realnvp", _COUPLING)
    variational = {"dequantization": "variational"}
    yield _study(f"{data}/realnvp-variational", "realnvp", _COUPLING, variational)
    yield _study(f"{data}/glow", "glow", _COUPLING, {"steps": 16, "width": 256})


def _for_cpus(data: str) -> Iterator[Study]:
    """Schedules that two cores get through in about an hour."""
    short = Recipe(epochs=20, batch=128, lr=1e-3, warm_up=200, clip=1000.0, average=0.995,
                   initialize=512)  # fmt: skip
    flowified = Recipe(epochs=20, batch=128, lr=1e-3, warm_up=200, clip=1000.0, average=0.995)
    yield _study(f"{data}/nice-small", "nice", short, {"hidden": [512, 512]})
    yield _study(f"{data}/realnvp-small", "realnvp", short, {"width": 32, "blocks": 2})
    yield _study(f"{data}/glow-small", "glow", short, {"steps": 4, "width": 48})
    yield _study(f"{data}/flowified-mlp-cpu", "flowified-mlp", flowified)
    yield _study(f"{data}/flowified-conv2-cpu", "flowified-conv2", flowified)


def _study(name: str, model: str, recipe: Recipe, options: dict[str, Any] | None = None) -> Study:
    return Study(name, model, Data(name.partition("/")[0]), recipe, options or {})


def _all() -> Iterator[Study]:
    yield from _flowified("mnist")
    yield from _couplings("mnist")
    yield from _for_cpus("mnist")


STUDIES: dict[str, Study] = {study.name: study for study in _all()}
