"""The studies by name: the papers' recipes, and ones that a CPU finishes in some hours."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from .study import Data, Recipe, Study, nearest

# Máté et al. 2022, their experiments/image_generation.py: Adam 5e-4, one cosine, 300 epochs, batch
# 128, no warm-up, no clipping, nothing averaged, no image held out. There rotations are matrix
# exponentials and the start is random; ours start from 4096 images, turn by the Cayley form, which
# costs a tenth, and hold out 1000 images.
_RELEASED = Recipe(epochs=300, batch=128, lr=5e-4)
_FLOWIFICATION = dataclasses.replace(_RELEASED, initialize=4096)
AS_RELEASED = {"init": "paper", "rotation": "matrix_exponential"}
# Ours for couplings; the papers trained longer and with larger batches.
_COUPLING = Recipe(
    epochs=200, batch=128, lr=1e-3, warm_up=500, clip=1000.0, average=0.999, initialize=512
)
_LARGE = dataclasses.replace(_COUPLING, lr=5e-4, clip=10_000.0)
_NICE = dataclasses.replace(_COUPLING, warm_up=0, initialize=4096)
_RANK = 2048  # images from which contributions are ranked
# Kingma & Dhariwal 2018 on CIFAR-10: batches of 512 in 8 pieces, 1e-3 behind a warm-up of 10 epochs
# (of 98 steps), a start from 256 images. Theirs is Adam or Adamax, for how long is not stated here;
# 250 epochs of Adamax, smaller batches, gave 3.39 elsewhere.
_GLOW = Recipe(
    epochs=250, batch=512, pieces=8, lr=1e-3, schedule="constant", warm_up=980, initialize=256
)
# Durkan et al. 2019, their cifar-10-8bit: 200,000 steps of batch 512, 5e-4, one cosine, a hundredth
# of the images held out; and a dropout of 0.2, which the network here has not.
_RQ_NSF = Recipe(epochs=2062, batch=512, pieces=8, lr=5e-4, initialize=512)
# Schedules that one core gets through in one to three hours (couplings of images in bf16-mixed, on
# a core that has it): one cosine, or a rate that is held while the held-out images still gain.
_HELD = dataclasses.replace(_COUPLING, warm_up=200, schedule="held", patience=6)
_HOURS = {
    "realnvp": dataclasses.replace(_HELD, epochs=120, evaluations=109),
    "realnvp-contribution": dataclasses.replace(_HELD, epochs=120, evaluations=109),
    "glow": dataclasses.replace(_HELD, epochs=98, evaluations=89),
    "nice": dataclasses.replace(_HELD, epochs=228, evaluations=76),
    # at 1e-3, the others' rate, single images come to cost dearly
    "flowified-mlp": dataclasses.replace(_COUPLING, epochs=60, lr=5e-4, warm_up=200, average=0.995),
    "flowified-conv2": dataclasses.replace(_HELD, epochs=98, evaluations=109),
}
_START = {"realnvp": 512, "realnvp-contribution": _RANK, "glow": 512}  # images, or 4096

FLOWIFIED = ("mlp", "conv1", "conv2", "conv1-nsf", "conv2-nsf")
VARIATIONAL = {"dequantization": "variational"}
_SMALL: dict[str, dict[str, Any]] = {
    "nice": {"hidden": [500, 500, 500]},
    "realnvp": {"width": 32, "blocks": 2, "fold": True, "prior": 14},
    "realnvp-contribution": {"width": 32, "blocks": 2, "fold": True, "prior": 14},
    "glow": {"levels": 2, "steps": 8, "width": 64, "limit": 1.0, "prior": 14},
}
_PAPERS = {"nice": "NICE", "realnvp": "RealNVP", "realnvp-contribution": "LCMA", "glow": "Glow"}
_EARLY = "as realnvp; what contributes least leaves early"


def find(name: str) -> Study:
    """The study `name`. Raises ValueError naming the nearest one if there is none."""
    if name not in STUDIES:
        raise ValueError(
            f"expected a study, got {name!r}{nearest(name, STUDIES)}; "
            "`flowviz study list` names them"
        )
    return STUDIES[name]


def _flowified(data: str) -> Iterator[Study]:
    note = "the paper's network and schedule; our start, Cayley rotations"
    for kind in FLOWIFIED:
        yield _study(f"{data}/flowified-{kind}", f"flowified-{kind}", _FLOWIFICATION,
                     paper="Flowification", note=note)  # fmt: skip


def _flowified_as_released(data: str) -> Iterator[Study]:
    note = "as released: random start, matrix exponentials, all images; slow"
    for kind in FLOWIFIED:
        yield _study(f"{data}/flowified-{kind}-paper", f"flowified-{kind}", _RELEASED, AS_RELEASED,
                     "Flowification", note, held_out=0)  # fmt: skip


def _grey_couplings(data: str) -> Iterator[Study]:
    yield _study(f"{data}/nice", "nice", _NICE, paper="NICE", note="the paper's network")
    small = {"width": 64, "blocks": 4}
    yield _study(f"{data}/realnvp", "realnvp", _COUPLING, small, "RealNVP", "two scales")
    yield _study(f"{data}/realnvp-variational", "realnvp", _COUPLING, small | VARIATIONAL,
                 "RealNVP, variational", "with variational dequantization")  # fmt: skip
    yield _study(f"{data}/realnvp-contribution", "realnvp-contribution",
                 dataclasses.replace(_COUPLING, initialize=_RANK), small, "LCMA",
                 _EARLY)  # fmt: skip
    yield _study(f"{data}/glow", "glow", _COUPLING, {"levels": 2, "steps": 16, "width": 128},
                 "Glow", "two levels of 16 steps")  # fmt: skip
    yield _study(f"{data}/maf", "maf", _NICE, paper="MAF", note="five layers of 1024 units")
    for kind in ("mlp", "conv"):
        yield _study(f"{data}/funnel-{kind}", f"funnel-{kind}", _LARGE, paper="Funnels",
                     note="layers that drop numbers, exactly")  # fmt: skip


def _colour_couplings(data: str) -> Iterator[Study]:
    yield _study(f"{data}/realnvp", "realnvp", _LARGE, paper="RealNVP", note="the paper's network")
    yield _study(f"{data}/realnvp-variational", "realnvp", _LARGE, VARIATIONAL, "RealNVP",
                 "with variational dequantization")  # fmt: skip
    yield _study(f"{data}/realnvp-contribution", "realnvp-contribution",
                 dataclasses.replace(_LARGE, initialize=_RANK), paper="LCMA",
                 note=_EARLY)  # fmt: skip
    yield _study(f"{data}/glow", "glow", _LARGE, {"levels": 3, "steps": 16, "width": 256}, "Glow",
                 "three levels of 16 steps")  # fmt: skip
    yield _study(f"{data}/rq-nsf", "rq-nsf", _LARGE, paper="RQ-NSF (C)", note="the paper's network")


def _colour_as_published(data: str) -> Iterator[Study]:
    yield _study(f"{data}/glow-paper", "glow", _GLOW, paper="Glow", held_out=0,
                 note="the paper's network, batch, rate and warm-up; Adam")  # fmt: skip
    yield _study(f"{data}/rq-nsf-paper", "rq-nsf", _RQ_NSF, paper="RQ-NSF (C)", held_out=500,
                 note="the paper's network and schedule, without dropout")  # fmt: skip


def _for_cpus(data: str) -> Iterator[Study]:
    mlp = dataclasses.replace(_HELD, epochs=144, evaluations=80, lr=5e-4, initialize=4096)
    yield _study(f"{data}/flowified-mlp-tails-cpu", "flowified-mlp", mlp, {"decoder": "student_t"},
                 "Flowification", "heavy-tailed decoders, some hours of one core")  # fmt: skip
    for model, schedule in _HOURS.items():
        flowified = model not in _PAPERS
        recipe = dataclasses.replace(schedule, initialize=_START.get(model, 4096))
        name = f"{data}/{model}-{'cpu' if flowified else 'small'}"
        note = "the paper's network" if flowified else "a small network"
        yield _study(name, model, recipe, _SMALL.get(model), _PAPERS.get(model, "Flowification"),
                     f"{note}, some hours of one core")  # fmt: skip


def _study(
    name: str, model: str, recipe: Recipe, options: Mapping[str, Any] | None = None,
    paper: str = "", note: str = "", held_out: int = 1000,
) -> Study:  # fmt: skip
    data = Data(name.partition("/")[0], held_out)
    return Study(name, model, data, recipe, dict(options or {}), paper=paper, note=note)


def _all() -> Iterator[Study]:
    for data in ("mnist", "fashion_mnist", "kmnist"):
        yield from _flowified(data)
        yield from _grey_couplings(data)
        yield from _for_cpus(data)
    yield from _flowified("cifar10")
    yield from _colour_couplings("cifar10")
    yield from _colour_as_published("cifar10")
    for data in ("mnist", "cifar10"):
        yield from _flowified_as_released(data)


STUDIES: dict[str, Study] = {study.name: study for study in _all()}
