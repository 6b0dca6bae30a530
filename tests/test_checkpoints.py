"""save and load: whole or not at all, into the same architecture or not at all."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import torch
from case import lively

import flowviz as fv
from flowviz.layers import ActNorm, AffineCoupling, Permutation, SplineCoupling

X = torch.linspace(-2, 2, 20).reshape(10, 2)


def small_flow(seed: int = 0, keep: str = "first", bound: float = 3.5) -> fv.Flow:
    layers = [ActNorm(2), SplineCoupling(2, keep, hidden=(8,), bound=bound)]
    flow = fv.Flow(layers)
    lively(flow, seed=seed)
    return flow


def test_a_checkpoint_brings_the_density_back(tmp_path):
    flow, other = small_flow(0), small_flow(1)
    flow.save(tmp_path / "flow.pt")
    assert not torch.allclose(other.log_prob(X), flow.log_prob(X))
    assert other.load(str(tmp_path / "flow.pt")) is other
    assert torch.equal(other.log_prob(X), flow.log_prob(X))


def test_the_state_dict_goes_round():
    flow, other = small_flow(0), small_flow(1)
    other.load_state_dict(flow.state_dict())
    assert torch.equal(other.log_prob(X), flow.log_prob(X))


def test_a_loaded_actnorm_counts_as_initialized(tmp_path):
    flow, other = small_flow(), small_flow(1)
    flow.initialize(5 * X)
    flow.save(tmp_path / "flow.pt")
    other.load(tmp_path / "flow.pt").initialize(X - 100)
    assert torch.equal(other[0].mean, flow[0].mean)


def test_a_loaded_permutation_runs_both_ways(tmp_path):
    """The order is state; what is derived from it must follow it."""
    flow, other = fv.Flow([Permutation([1, 2, 0])]), fv.Flow([Permutation([0, 2, 1])])
    flow.save(tmp_path / "flow.pt")
    other.load(tmp_path / "flow.pt")
    x = torch.randn(4, 3)
    assert torch.equal(other(x)[0], flow(x)[0]) and torch.equal(other.inverse(other(x)[0])[0], x)
    assert not other[0].cut and not other.chain.cut
    torch.testing.assert_close(other[0].path(x, 0.4), flow[0].path(x, 0.4))


@pytest.mark.parametrize(
    ("other", "expected", "given"),
    [
        (lambda: small_flow(keep="second"), "keep=[1]", "keep=[0]"),
        (lambda: small_flow(bound=2.0), "bound=2.0", "bound=3.5"),
        (lambda: fv.Flow([ActNorm(2)]), "chain.layers.0.mean", "SplineCoupling"),
        (lambda: fv.Flow([ActNorm(2), AffineCoupling(2)]), "AffineCoupling", "SplineCoupling"),
        (lambda: fv.Flow([ActNorm(3)]), "3 -> 3", "2 -> 2"),
    ],
)
def test_another_architecture_is_refused_by_its_first_difference(tmp_path, other, expected, given):
    small_flow().save(tmp_path / "flow.pt")
    flow = other()
    before = {k: v.clone() for k, v in flow.state_dict().items()}
    words = f"expected .*{re.escape(expected)}.*, got .*{re.escape(given)}.*another architecture"
    with pytest.raises(ValueError, match=words):
        flow.load(tmp_path / "flow.pt")
    assert all(torch.equal(v, before[k]) for k, v in flow.state_dict().items())


def test_what_is_no_checkpoint_is_refused(tmp_path):
    flow = small_flow()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    torch.save({"weights": X}, tmp_path / "else.pt")
    flow.save(tmp_path / "cut.pt")
    whole = (tmp_path / "cut.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    for name in ("text", "empty", "else.pt", "cut.pt"):
        with pytest.raises(ValueError, match=f"{name}: expected a checkpoint of Flow.save, got"):
            flow.load(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="expected a checkpoint at .*none.pt, got no such"):
        flow.load(tmp_path / "none.pt")


def test_an_unwritable_path_is_named(tmp_path):
    flow = small_flow()
    with pytest.raises(FileNotFoundError, match="expected an existing folder, got .*missing"):
        flow.save(tmp_path / "missing" / "flow.pt")
    with pytest.raises(IsADirectoryError, match="expected a file, got a folder"):
        flow.save(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot write .*flow.pt"):
        small_flow().save(tmp_path / "flow.pt")


def test_a_failed_write_loses_nothing_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "flow.pt"
    small_flow(0).save(path)
    kept = path.read_bytes()

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        small_flow(1).save(path)
    assert path.read_bytes() == kept and list(tmp_path.iterdir()) == [path]


def test_a_killed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "flow.pt"
    small_flow(0).save(path)
    kept = path.read_bytes()
    program = (
        "import os, signal, sys; import flowviz.files as files\n"
        "os.chmod = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.atomic_write(sys.argv[1], b'half')"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)])
    assert done.returncode == -9 and path.read_bytes() == kept
