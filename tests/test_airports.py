"""Airports: points of a table, without a density."""

from __future__ import annotations

import pytest
import torch

from flowviz import data


def test_airports_are_where_they_are() -> None:
    points = data.Airports().points
    assert points.shape == (7884, 2)
    for place in ([-0.46, 51.47], [8.55, 47.46], [151.18, -33.95], [-43.25, -22.81]):
        assert float((points - torch.tensor(place)).abs().amax(-1).min()) < 0.02
    assert (points.abs() <= torch.tensor([180.0, 90.0])).all()


def test_airports_are_drawn_from_the_table_unless_jittered() -> None:
    table = set(map(tuple, data.Airports().points.tolist()))
    assert set(map(tuple, data.Airports().sample(300, seed=0).tolist())) <= table
    assert not table & set(map(tuple, data.Airports(jitter=0.5).sample(300, seed=0).tolist()))


def test_airports_have_no_density() -> None:
    assert data.Airports().entropy is None
    with pytest.raises(NotImplementedError, match="density is not known"):
        data.Airports().log_prob(torch.zeros(2))
