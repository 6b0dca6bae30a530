"""What the package ships: every file is worth what its run's result says, and all are small."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from flowviz import studies
from flowviz.flow import learned
from flowviz.studies import ship
from flowviz.studies.data import load
from flowviz.studies.evaluate import bits_per_dim
from flowviz.studies.folder import Folder
from flowviz.studies.study import differences

FILES = Path(ship.__file__).parent / "checkpoints"
RUNS = Path(__file__).parents[1] / "studies" / "runs"
EVERY = 40  # one test image in so many: 250, spread over the official order
ERRORS = 4.0  # standard errors of what so many images tell, and then it is another figure

every = pytest.mark.parametrize("name", studies.shipped())


def result_of(name: str) -> dict:
    if not (RUNS / name).is_dir():
        pytest.skip("no folders of runs: this is not a checkout")
    return Folder(RUNS / name).read("result.json")


def test_all_files_together_are_small() -> None:
    sizes = [file.stat().st_size for file in FILES.iterdir()]
    assert len(sizes) == len(studies.shipped()) > 0
    assert max(sizes) <= ship.LIMIT == 12_000_000 and sum(sizes) <= ship.TOTAL == 30_000_000


@every
def test_a_file_is_of_the_run_in_the_repository(name: str) -> None:
    """The same study, as long trained; the size that the result states."""
    result, path = result_of(name), FILES / f"{name.replace('/', '--')}.safetensors"
    story = ship.read_story(path)
    stored = studies.Study.from_json(story["json"])
    assert differences(stored, Folder(RUNS / name).study()) == []
    assert int(story["step"]) == result["steps"] == result["shipped"].get("step", result["steps"])
    assert float(story["epoch"]) == result["epochs"]
    assert round(float(story["seconds"]) / 3600, 3) == result["hours"]
    assert learned(studies.trained(name)) == result["parameters"]
    assert abs(path.stat().st_size - result["shipped_bytes"]) < 1000  # its header may be rewritten


@every
def test_half_precision_costs_next_to_nothing(name: str) -> None:
    result = result_of(name)
    assert abs(result["shipped"]["bits_per_dim"] - result["elbo"]["bits_per_dim"]) < 1e-3


@every
def test_a_file_is_worth_what_the_table_says(name: str, data_folder: Path) -> None:
    """As far as some of the test images tell, within `ERRORS` standard errors."""
    stated = result_of(name)["shipped"]
    test = load(Folder(RUNS / name).study().data.name, "test", data_folder)
    assert stated["images"] == len(test) and stated["dim"] == math.prod(test.shape)
    some = bits_per_dim(studies.trained(name), test[::EVERY], seed=1).per_image
    some = some.clamp(max=3 * some.median())  # one image that runs away would speak for `EVERY`
    mean, error = mean_of_all(some, traits(test.images))
    assert error < 0.02 * stated["bits_per_dim"]
    assert abs(mean - stated["bits_per_dim"]) < ERRORS * error


def traits(images: Tensor) -> Tensor:
    """(N, 3): 1, and what an image's bits go with: its ink, and how much neighbours differ."""
    x = images.double() / 255
    edges = sum(x.diff(dim=axis).abs().mean((1, 2, 3)) for axis in (-1, -2))
    return torch.stack([torch.ones_like(edges), (x > 0).double().mean((1, 2, 3)), edges], 1)


def mean_of_all(bits: Tensor, known: Tensor) -> tuple[float, float]:
    """The mean over all images, from every `EVERY`th, and its standard error.

    The regression estimator of sampling theory: a linear fit of the bits to what is known of all
    images, read at the mean of all; its error is that of the residuals, a third of the plain one.
    """
    slopes = torch.linalg.lstsq(known[::EVERY], bits[:, None]).solution[:, 0]
    residuals = bits - known[::EVERY] @ slopes
    return float(known.mean(0) @ slopes), float(residuals.std() / math.sqrt(len(bits)))


def test_the_mean_of_all_is_told_from_some() -> None:
    """Where bits follow the traits but for noise, and on plain noise."""
    known = torch.cat([torch.ones(4000, 1), torch.rand(4000, 2)], 1).double()
    noise = 0.1 * torch.randn(4000, dtype=torch.float64)
    for slope in (0.0, 50.0):
        bits = slope * known[:, 1] + noise
        mean, error = mean_of_all(bits[::EVERY], known)
        assert abs(mean - float(bits.mean())) < ERRORS * error
        assert error == pytest.approx(0.01, rel=0.3)
