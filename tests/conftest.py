"""What every test shares: one thread, and where the full data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

BESIDE_THE_CHECKOUT = Path(__file__).parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """One thread a process: xdist fills the cores, and sums come out the same everywhere."""
    torch.set_num_threads(1)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """What a test file builds while it is imported is the same in every run."""
    if isinstance(collector, pytest.Module):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """A test's draws depend on no other test, so a failure comes back when it is run alone."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of full data sets: FLOWVIZ_DATA, else shared/data beside the checkout."""
    chosen = os.environ.get("FLOWVIZ_DATA")
    if chosen and not Path(chosen).is_dir():
        raise NotADirectoryError(f"FLOWVIZ_DATA: expected a folder of data sets, got {chosen!r}")
    folder = Path(chosen) if chosen else BESIDE_THE_CHECKOUT
    if not folder.is_dir():
        pytest.skip("no full data sets: FLOWVIZ_DATA names no folder")
    return folder
