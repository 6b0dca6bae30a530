"""The studies by name: the papers' recipes, and ones that a CPU finishes in about an hour."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from .study import Data, Recipe, Study, nearest

# Máté et al. 2022, their experiments/image_generation.py: Adam 5e-4, one cosine, 300 epochs, batch
# 128, no warm-up, no clipping, nothing averaged. Layers start from 4096 images (`options.init`;
# theirs: "paper"), and 1000 images are held out (theirs: none).
_FLOWIFICATION = Recipe(epochs=300, batch=128, lr=5e-4, initialize=4096)
# Ours for couplings; the papers trained longer and with larger batches.
_COUPLING = Recipe(
    epochs=200, batch=128, lr=1e-3, warm_up=500, clip=1000.0, average=0.999, initialize=512
)
_NICE = dataclasses.replace(_COUPLING, warm_up=0, initialize=4096)
# Schedules that one quiet core gets through in about an hour: epochs by model.
_SHORT = dataclasses.replace(_COUPLING, warm_up=200, average=0.995)
_HOUR = {"realnvp": 20, "glow": 20, "nice": 100, "flowified-mlp": 80, "flowified-conv2": 40}

FLOWIFIED = ("mlp", "conv1", "conv2", "conv1-nsf", "conv2-nsf")
VARIATIONAL = {"dequantization": "variational"}
_SMALL: dict[str, dict[str, Any]] = {
    "nice": {"hidden": [500, 500, 500]},
    "realnvp": {"width": 32, "blocks": 2, "fold": True},
    "glow": {"levels": 2, "steps": 8, "width": 64},
}


def find(name: str) -> Study:
    """The study `name`. Raises ValueError naming the nearest one if there is none."""
    if name not in STUDIES:
        raise ValueError(
            f"expected a study, got {name!r}{nearest(name, STUDIES)}; "
            "`flowviz study list` names them"
        )
    return STUDIES[name]


def _flowified(data: str) -> Iterator[Study]:
    for kind in FLOWIFIED:
        yield _study(f"{data}/flowified-{kind}", f"flowified-{kind}", _FLOWIFICATION,
                     paper="Flowification", note="the paper's network and recipe")  # fmt: skip


def _grey_couplings(data: str) -> Iterator[Study]:
    yield _study(f"{data}/nice", "nice", _NICE, paper="NICE", note="the paper's network")
    small = {"width": 64, "blocks": 4}
    yield _study(f"{data}/realnvp", "realnvp", _COUPLING, small, "RealNVP", "two scales")
    yield _study(f"{data}/realnvp-variational", "realnvp", _COUPLING, small | VARIATIONAL,
                 "RealNVP, variational", "with variational dequantization")  # fmt: skip
    yield _study(f"{data}/glow", "glow", _COUPLING, {"levels": 2, "steps": 16, "width": 128},
                 "Glow", "two levels of 16 steps")  # fmt: skip


def _colour_couplings(data: str) -> Iterator[Study]:
    large = dataclasses.replace(_COUPLING, lr=5e-4, clip=10_000.0)
    yield _study(f"{data}/realnvp", "realnvp", large, paper="RealNVP", note="the paper's network")
    yield _study(f"{data}/realnvp-variational", "realnvp", large, VARIATIONAL, "RealNVP",
                 "with variational dequantization")  # fmt: skip
    yield _study(f"{data}/glow", "glow", large, {"levels": 3, "steps": 16, "width": 256}, "Glow",
                 "three levels of 16 steps")  # fmt: skip
    yield _study(f"{data}/rq-nsf", "rq-nsf", large, paper="RQ-NSF", note="the paper's network")


def _for_cpus(data: str) -> Iterator[Study]:
    papers = {"nice": "NICE", "realnvp": "RealNVP", "glow": "Glow"}
    for model, epochs in _HOUR.items():
        flowified = model not in papers
        many = flowified or model == "nice"
        recipe = dataclasses.replace(_SHORT, epochs=epochs, initialize=4096 if many else 512)
        name = f"{data}/{model}-{'cpu' if flowified else 'small'}"
        note = "the paper's network" if flowified else "a small network"
        yield _study(name, model, recipe, _SMALL.get(model), papers.get(model, "Flowification"),
                     f"{note}, an hour of one core")  # fmt: skip


def _study(
    name: str, model: str, recipe: Recipe, options: Mapping[str, Any] | None = None,
    paper: str = "", note: str = "",
) -> Study:  # fmt: skip
    data = Data(name.partition("/")[0])
    return Study(name, model, data, recipe, dict(options or {}), paper=paper, note=note)


def _all() -> Iterator[Study]:
    for data in ("mnist", "fashion_mnist", "kmnist"):
        yield from _flowified(data)
        yield from _grey_couplings(data)
        yield from _for_cpus(data)
    yield from _flowified("cifar10")
    yield from _colour_couplings("cifar10")


STUDIES: dict[str, Study] = {study.name: study for study in _all()}
