"""The catalogue: what its studies claim, they are."""

from __future__ import annotations

import pytest

from flowviz.studies.catalogue import STUDIES
from flowviz.studies.published import PUBLISHED

FLOWIFIED = [study for name, study in STUDIES.items() if "/flowified-" in name]
RELEASED = [study for study in FLOWIFIED if study.name.endswith("-paper")]
by_name = pytest.mark.parametrize("name", STUDIES)


def test_what_is_called_as_released_is_so():
    """experiments/image_generation.py of the released code, and its rotations and start."""
    assert {study.data.name for study in RELEASED} == {"mnist", "cifar10"} and len(RELEASED) == 10
    for study in RELEASED:
        recipe = study.recipe
        assert study.options == {"init": "paper", "rotation": "matrix_exponential"}
        assert (recipe.epochs, recipe.batch, recipe.lr, recipe.schedule) == (
            300,
            128,
            5e-4,
            "cosine",
        )
        assert not (recipe.warm_up or recipe.clip or recipe.average or recipe.initialize)
        assert study.data.held_out == 0


def test_published_schedules_have_the_published_number_of_steps():
    glow, spline = (STUDIES[f"cifar10/{name}-paper"] for name in ("glow", "rq-nsf"))
    assert glow.options == spline.options == {}  # the models' defaults are the papers' networks
    assert glow.recipe.warm_up == 10 * -(-50_000 // 512)
    assert spline.recipe.epochs * -(-49_500 // 512) == pytest.approx(200_000, rel=1e-3)


@by_name
def test_layers_that_start_from_data_are_given_enough_of_it(name):
    study = STUDIES[name]
    enough = {"flowified": 512, "realnvp-contribution": 2048, "glow": 256}
    kind = next((k for k in enough if study.model.startswith(k)), None)
    if study.options.get("init") != "paper":
        assert study.recipe.initialize >= enough.get(kind, 512)


def test_every_published_figure_has_a_study_or_is_not_comparable():
    claimed = {(study.data.name, study.paper) for study in STUDIES.values()}
    missing = {key for key, figure in PUBLISHED.items() if key not in claimed}
    assert missing <= {("cifar10", "NICE"), ("cifar10", "MAF")}
