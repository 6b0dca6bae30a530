"""The studies' loop: what it computes, that it goes on bit for bit, on one device or many."""

from __future__ import annotations

import dataclasses
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from study_toys import SHAPE, STUDY, toy_flow, toy_images, toy_training
from torch import Tensor, nn

from flowviz import Diverged
from flowviz.flow import Flow
from flowviz.layers import Affine, Flatten, Logit
from flowviz.spaces import CUBE, INTEGERS
from flowviz.studies import Recipe
from flowviz.studies.batches import Batches, mixed
from flowviz.studies.folder import Folder
from flowviz.studies.schedule import Span, is_flat, rate, span

TOYS = Path(__file__).parent / "study_toys.py"
CLOCK = ("seconds", "images_per_second")  # of a metrics line, what no two runs share
STEPS = 360  # of the toy: 100 images, 12 a batch, 40 epochs


def launch(*arguments: str | Path, **environment: str) -> subprocess.Popen:
    command = [sys.executable, str(TOYS), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=os.environ | environment)  # fmt: skip


def launch_on_two_machines(*folders: Path, stop: int) -> list[subprocess.Popen]:
    """As two people would who start a run by hand: the machines meet at an address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        meet = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    return [
        launch(folder, "--nodes", "2", "--stop", str(stop), **meet, NODE_RANK=str(rank))
        for rank, folder in enumerate(folders)
    ]


def finished(process: subprocess.Popen) -> None:
    said = process.communicate(timeout=240)[0]
    assert process.returncode == 0, said


def numbers(folder: Path) -> list[dict]:
    """The metrics without the clock."""
    return [{k: v for k, v in line.items() if k not in CLOCK} for line in Folder(folder).lines()]


def leaves(tree: object) -> list:
    """All tensors and numbers of a checkpoint, in order."""
    if isinstance(tree, dict):
        return [leaf for key in tree if key != "seconds" for leaf in leaves(tree[key])]
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, list) else [tree]


def assert_same_run(one: Path, other: Path) -> None:
    """Metrics and every bit of the checkpoints: weights, averages, Adam's moments, curve."""
    assert numbers(one) == numbers(other)
    pairs = list(zip(*(leaves(Folder(f).load()) for f in (one, other)), strict=True))
    assert len(pairs) > 50
    for a, b in pairs:
        assert torch.equal(a, b) if isinstance(a, Tensor) else a == b


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    assert toy_training(folder).train() == "recipe"
    return folder


def test_the_run_learns_and_says_so(unbroken: Path) -> None:
    lines = numbers(unbroken)
    train = [line["train"] for line in lines if "train" in line]
    valid = [line["valid"] for line in lines if "valid" in line]
    assert len(train) == 60 and len(valid) == 52  # every 6 and every 7 steps, and the last
    assert train[-1] < train[0] - 0.5 and min(valid) < valid[0] - 0.5
    assert max(line["step"] for line in lines) == STEPS and lines[-1]["epoch"] == 40
    assert all(math.isfinite(line["grad_norm"]) for line in lines if "train" in line)


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(unbroken: Path, tmp_path: Path) -> None:
    """Killed twice, at random steps, by a signal that nothing can catch."""
    chance = random.Random()
    for share in sorted(chance.uniform(0.1, 0.9) for _ in range(2)):
        process = launch(tmp_path, "--pause", "0.004")
        while process.poll() is None and len(numbers(tmp_path)) < share * 112:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert 0 < toy_training(tmp_path).step < STEPS
    finished(launch(tmp_path))
    assert_same_run(unbroken, tmp_path)


def test_a_run_without_a_checkpoint_starts_again(unbroken: Path, tmp_path: Path) -> None:
    training = toy_training(tmp_path)
    training.folder.log({"step": 5, "train": 1.0})  # killed before its first checkpoint
    assert toy_training(tmp_path).train() == "recipe"
    assert_same_run(unbroken, tmp_path)


def test_stopping_and_other_generators_change_nothing(unbroken: Path, tmp_path: Path) -> None:
    while (training := toy_training(tmp_path)).step < STEPS:
        torch.manual_seed(training.step + 99)
        asked = iter([False] * 99)
        assert training.train(stopped=lambda asked=asked: next(asked, True)) in (
            "stopped",
            "recipe",
        )
    assert_same_run(unbroken, tmp_path)


def test_the_time_is_kept_and_ends_with_a_checkpoint(tmp_path: Path) -> None:
    started = time.perf_counter()
    assert toy_training(tmp_path).train(minutes=0.3 / 60) == "budget"
    assert time.perf_counter() - started < 5
    state = Folder(tmp_path).load()
    assert 0 < state["step"] < STEPS and 0.3 <= state["seconds"] < 3
    again = toy_training(tmp_path)
    assert again.step == state["step"] and again.seconds == state["seconds"]


@pytest.mark.slow
def test_two_processes_compute_what_one_does(unbroken: Path, tmp_path: Path) -> None:
    """Half of every batch each, gradients exchanged by gloo; to the rounding of sums."""
    finished(launch(tmp_path, "--devices", "2"))
    assert_same_losses(tmp_path, unbroken)


@pytest.mark.slow
def test_two_machines_compute_what_one_does(unbroken: Path, tmp_path: Path) -> None:
    """With a disk each: the second goes on from the checkpoint that only the first one has."""
    ours, empty = tmp_path / "first", tmp_path / "second"
    for stop in (STEPS // 2, STEPS):
        machines = launch_on_two_machines(ours, empty, stop=stop)
        try:
            for machine in machines:
                finished(machine)
        finally:
            for machine in machines:
                machine.kill()  # one that waits for another that failed
    assert Folder(ours).load()["step"] == STEPS and not empty.exists()
    assert_same_losses(ours, unbroken)


def assert_same_losses(one: Path, other: Path) -> None:
    """To the rounding of sums, which training carries on."""
    ours, theirs = numbers(one), numbers(other)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=2e-3, abs=2e-3)
    first = [(a["train"], b["train"]) for a, b in zip(ours, theirs, strict=True) if "train" in a]
    assert all(a == pytest.approx(b, rel=1e-6) for a, b in first[:10])


def test_the_first_process_decides_for_all_whether_the_curve_is_flat(
    monkeypatch, tmp_path: Path
) -> None:
    """Figures of unlike machines differ in their last digits: one would stop, the other wait."""
    settings = ["recipe.patience=3", "recipe.epochs=400"]
    training = toy_training(tmp_path, STUDY.override(settings))
    monkeypatch.setattr(training.fabric, "broadcast", lambda seen: 1.5)
    assert training.train() == "flat" and training.curve == [1.5] * 4


@pytest.mark.slow
def test_pieces_must_be_shared_out_evenly(tmp_path: Path) -> None:
    process = launch(tmp_path, "--devices", "2", "--set", "recipe.pieces=1")
    said = process.communicate(timeout=240)[0]
    assert process.returncode != 0
    assert "expected recipe.pieces to be a multiple of the 2 devices, got 1" in said


class Middle(Flatten):
    """Whole numbers to the middle of their cells: a dequantization without noise."""

    data_space, latent_space = INTEGERS, CUBE

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        z, volume = super()._map((x + 0.5) / 256, context)
        return z, volume - 16 * math.log(256)


def quiet_flow() -> Flow:
    return Flow([Middle(SHAPE), Logit(16, 0.05), *toy_flow().layers[3:]])


def plain_loop(recipe: Recipe, images: Tensor, steps: int) -> tuple[Flow, list[Tensor]]:
    """The same run as torch's own parts do it: unfused Adam, their schedule, whole batches."""
    flow = quiet_flow()
    params, mean = list(flow.parameters()), [p.detach().clone() for p in flow.parameters()]
    adam = torch.optim.Adam(params, lr=recipe.lr, fused=False, foreach=False)
    every = recipe.epochs * 9
    falling = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(adam, T_0=every)
    batches = Batches(images, recipe.batch, STUDY.seed)
    for step in range(steps):
        adam.zero_grad()
        loss = -flow.log_prob(batches.piece(step, 0, 1).float()).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(params, recipe.clip)
        adam.step()
        falling.step()
        decay = min(recipe.average, (1 + step) / (10 + step))
        mean = [decay * m + (1 - decay) * p.detach() for m, p in zip(mean, params, strict=True)]
    return flow, mean


@pytest.mark.parametrize("pieces", [1, 3])
def test_the_loop_is_that_of_the_textbook(pieces: int, tmp_path: Path) -> None:
    """Loss, gradient, clipping, Adam, cosine, averaging and pieces, against torch's own parts."""
    study = STUDY.override(
        [f"recipe.pieces={pieces}", "recipe.warm_up=0", "recipe.clip=20", "recipe.initialize=0"]
    )
    training = toy_training(tmp_path, study, flow=quiet_flow())
    asked = iter([False] * 29)
    assert training.train(stopped=lambda: next(asked, True)) == "stopped"
    flow, mean = plain_loop(study.recipe, toy_images()[:100], 30)
    for ours, theirs in zip(training.learner.params, flow.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-5)
    with training.learner.averaged() as averaged:
        for ours, theirs in zip(averaged.parameters(), mean, strict=True):
            torch.testing.assert_close(ours.detach(), theirs, rtol=2e-4, atol=2e-5)


def test_validation_is_bits_per_dimension_of_the_averaged_weights(tmp_path: Path) -> None:
    study = STUDY.override(["recipe.epochs=2"])
    training = toy_training(tmp_path, study, flow=quiet_flow())
    training.train()
    with training.learner.averaged() as flow:
        nats = flow.log_prob(toy_images()[-24:].float()).mean()
    expected = -nats.item() / (16 * math.log(2))
    assert numbers(tmp_path)[-1]["valid"] == pytest.approx(expected, rel=1e-5)


class Fragile(Affine):
    """A layer whose volume is not finite at the step at which it is told to break."""

    broken = False

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        z, volume = super()._map(x, context)
        return z, volume + math.nan if self.broken else volume


def broken_at(step: int, training, layer: Fragile) -> None:
    """Break the layer from `step` on."""
    learn = training.learner.learn

    def learn_until(now: int) -> None:
        layer.broken = now >= step
        learn(now)

    training.learner.learn = learn_until


@pytest.mark.parametrize("every", [1, 4])
def test_a_broken_step_names_its_layer_and_spoils_no_weight(every: int, tmp_path: Path) -> None:
    """Also where the loop looks at its losses only now and then, as it does on a GPU."""
    fragile = Fragile(16)
    flow = Flow([*toy_flow().layers[:4], fragile, *toy_flow().layers[4:]])
    training = toy_training(tmp_path, STUDY.override(["recipe.evaluations=1"]), flow=flow)
    training.check_every, training.log_every = every, 4
    broken_at(9, training, fragile)
    with pytest.raises(Diverged, match=r"at step 9: the loss is nan in layer 5 \(") as caught:
        training.train()
    assert caught.value.step == 9 and training.step == (10 if every == 1 else 12)
    spoilt = {k: v.clone() for k, v in flow.state_dict().items()}
    assert all(torch.isfinite(v).all() for v in spoilt.values())
    good = Flow([*toy_flow().layers[:4], Fragile(16), *toy_flow().layers[4:]])
    asked = iter([False] * 8)
    other = toy_training(tmp_path / "good", STUDY.override(["recipe.evaluations=1"]), flow=good)
    other.train(stopped=lambda: next(asked, True))
    assert other.step == 9
    for key, value in good.state_dict().items():
        assert torch.equal(value, spoilt[key])
    assert Folder(tmp_path).load() is None  # nothing was saved over


def test_a_broken_gradient_names_its_layer(tmp_path: Path) -> None:
    training = toy_training(tmp_path)
    weight = next(training.learner.flow.layers[5].parameters())
    weight.register_hook(lambda grad: grad * math.nan)
    with pytest.raises(Diverged, match=r"gradient is not finite in layer 6 \("):
        training.train()


def test_every_epoch_sees_every_image_and_its_last_batch_is_filled() -> None:
    images = torch.arange(10, dtype=torch.uint8).reshape(10, 1, 1, 1)
    batches = Batches(images, 4, seed=5)
    assert batches.steps == 3
    epochs = [
        torch.cat([batches.piece(step, 0, 1).flatten() for step in range(3 * e, 3 * e + 3)])
        for e in range(3)
    ]
    for order in epochs:
        assert sorted(order[:10].tolist()) == list(range(10))
        assert order[10:].tolist() == order[:2].tolist()
    assert len({tuple(order.tolist()) for order in epochs}) == 3
    halves = [batches.piece(4, half, 2) for half in (0, 1)]
    assert torch.equal(torch.cat(halves), batches.piece(4, 0, 1))
    with pytest.raises(ValueError, match="expected uint8 images .* got torch.float32"):
        Batches(images.float(), 4, seed=5)


def test_seeds_of_near_numbers_have_nothing_in_common() -> None:
    seeds = [mixed(s, 0, step, piece) for s in (0, 1) for step in range(50) for piece in (0, 1)]
    assert len(set(seeds)) == len(seeds) and all(0 <= s < 2**63 for s in seeds)
    starts = [float(torch.rand((), generator=torch.Generator().manual_seed(s))) for s in seeds]
    assert 0.4 < sum(starts) / len(starts) < 0.6


def test_the_cosine_is_torchs_own_after_a_linear_start() -> None:
    adam = torch.optim.Adam([nn.Parameter(torch.zeros(()))], lr=3e-3)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=50)
    recipe, warm = Recipe(epochs=1, lr=3e-3), Recipe(epochs=1, lr=3e-3, warm_up=10)
    for step in range(50):
        assert rate(recipe, step, 50) == pytest.approx(theirs.get_last_lr()[0], abs=1e-9)
        ramp = min(1, (step + 1) / 10)
        assert rate(warm, step, 50) == pytest.approx(ramp * rate(recipe, step, 50))
        adam.step()
        theirs.step()
    assert rate(Recipe(epochs=1, lr=3e-3, schedule="constant"), 49, 50) == 3e-3


def test_flat_is_what_the_recipe_says() -> None:
    falling = [3.0, 2.0, 1.5, 1.2, 1.1]
    assert not is_flat(falling, patience=3, tolerance=0.01)
    assert not is_flat([*falling, 1.1, 1.1], patience=3, tolerance=0.01)
    assert is_flat([*falling, 1.1, 1.1, 1.095], patience=3, tolerance=0.01)
    assert not is_flat([*falling, 1.1, 1.1, 1.08], patience=3, tolerance=0.01)
    assert not is_flat(falling * 9, patience=0, tolerance=0.01)


def test_a_held_rate_falls_when_the_curve_is_flat_or_the_epochs_are_over() -> None:
    held = Recipe(epochs=1, schedule="held", cool_down=0.25, patience=2, lr=2.0, tolerance=0.01)
    flat, falling = [3.0, 2.0, 2.0, 2.0], [3.0, 2.0, 1.9, 1.8]
    assert span(held, 1000, [], 50) == span(held, 1000, falling, 50) == Span(800, 1000, False)
    assert span(held, 1000, flat, 50) == Span(200, 250, True)
    assert span(held, 1000, [*flat, 1.0, 0.5], 50) == Span(200, 250, True)  # by falling rates
    assert span(held, 1000, [3.0 - 0.1 * k for k in range(15)] + [1.6, 1.6, 1.6], 50).flat is False
    assert [rate(held, step, 250, 200) for step in (0, 199, 200, 225, 250)] == [2, 2, 2, 1, 0]
    never = dataclasses.replace(held, patience=0)
    assert span(never, 1000, flat, 50) == Span(800, 1000, False)
    at_once = dataclasses.replace(held, cool_down=0.0)
    assert span(at_once, 1000, flat, 50) == Span(200, 200, True)
    assert span(dataclasses.replace(held, schedule="cosine"), 1000, flat, 50).last == 200


def test_a_flat_run_cools_down_and_stops_and_a_killed_one_does_the_same(tmp_path: Path) -> None:
    settings = ["recipe.patience=3", "recipe.tolerance=100", "recipe.epochs=400",
                "recipe.schedule=held", "recipe.cool_down=0.5"]  # fmt: skip
    study = STUDY.override(settings)
    whole = toy_training(tmp_path / "whole", study)
    assert whole.train() == "flat"
    falls = 4 * whole.look_every
    assert whole.step == falls + round(0.5 * falls) and whole.learner.lr < 0.1 * study.recipe.lr
    for stop in (falls - 1, falls + 1):  # before it is flat, and while it cools down
        parts = toy_training(tmp_path / str(stop), study)
        assert parts.train(stopped=lambda p=parts, s=stop: p.step >= s) == "stopped"
        parts = toy_training(tmp_path / str(stop), study)
        assert parts.step == stop and parts.train() == "flat" and parts.step == whole.step
        same = zip(whole.learner.params, parts.learner.params, strict=True)
        assert all(torch.equal(a, b) for a, b in same)


def test_a_flat_run_stops(tmp_path: Path) -> None:
    settings = ["recipe.patience=3", "recipe.tolerance=100", "recipe.epochs=400"]
    study = STUDY.override(settings)
    training = toy_training(tmp_path, study)
    assert training.train() == "flat"
    assert len(training.curve) == 4 and training.step == 4 * training.look_every
    assert toy_training(tmp_path, study).train() == "flat"  # and stays so
