"""evaluate: from a run's weights to its result, bits/dim of all test images."""

from __future__ import annotations

from typing import Any

import torch

from ..flow import Flow, learned
from .data import ImageSet
from .evaluate import bits_per_dim
from .folder import Folder
from .setup import build_flow, load_images
from .study import Study
from .weights import put_state, read_story, read_weights, story_of, write_weights

FINISHED = {
    "recipe": "recipe", "flat": "flat", "budget": "budget", "stopped": "budget",
    "diverged": "diverged",
}  # fmt: skip


def evaluate(
    folder: Folder,
    *,
    device: str | torch.device = "cpu",
    draws: int = 5,
    importance: int = 0,
    images: int | None = None,
    batch: int = 250,
) -> dict[str, Any]:
    """Evaluate the newest weights in `folder` on the test images, and write result.json.

    draws: noise draws an image (an exact model needs one). importance = K > 0 adds IWBO-K.
    images: only the first so many test images (None: all); the result says how many.
    Every figure holds the step that its weights are of. The figure of shipped weights is kept.
    """
    _check_device(device)
    flow, test, story = evaluated(folder, images)
    seed = folder.study().seed
    flow.to(device)
    rows = {"elbo": bits_per_dim(flow, test, draws, batch=batch, seed=seed).row()}
    if importance:
        tight = bits_per_dim(flow, test, 1, importance, batch=batch, seed=seed)
        rows["iwbo"] = tight.row()
    of = {"step": int(story["step"])}
    rows = {name: row | of for name, row in rows.items()}
    result = {**rows, **_training(folder, flow, story), **_shipped(folder)}
    folder.write("result.json", result)
    return result


def evaluated(folder: Folder, images: int | None = None) -> tuple[Flow, ImageSet, dict[str, str]]:
    """A run's flow with its newest weights, the (first) test images, where in the run they are."""
    if images is not None and images < 1:
        raise ValueError(f"expected images >= 1, got {images}")
    study = folder.study()
    test = load_images(study, "test")[:images]
    flow = build_flow(study, test.shape)
    _write_unwritten(folder, study, flow)
    return flow, test, read_weights(flow, folder.weights)


def is_current(shipped: dict[str, Any], result: dict[str, Any]) -> bool:
    """Whether the shipped figure is of the weights that the result is of."""
    return shipped.get("step", result["steps"]) == result["steps"]


def _check_device(device: str | torch.device) -> None:
    try:
        torch.empty(1, device=device)
    except (AssertionError, RuntimeError) as error:  # torch was built without it; no such name
        why = str(error).partition("\n")[0]
        raise ValueError(f"expected a device of this machine, got {device}: {why}") from error


def _write_unwritten(folder: Folder, study: Study, flow: Flow) -> None:
    """Write the averaged weights of a checkpoint that is newer than the weights: a leg that was
    killed left one."""
    written = int(read_story(folder.weights)["step"]) if folder.weights.is_file() else 0
    state = folder.load()
    if state is None or state["step"] <= written:
        return
    put_state(flow, state["learner"]["flow"], folder.path)
    params = [p for p in flow.parameters() if p.requires_grad]
    with torch.no_grad():
        for p, mean in zip(params, state["learner"]["mean"] or params, strict=True):
            p.copy_(mean)
    step, recipe = state["step"], study.recipe
    images = len(load_images(study, "train")) - study.data.held_out
    epoch = round(step / -(-images // recipe.batch), 3)
    story = story_of(study.name, "stopped", step, epoch, state["seconds"], recipe.batch)
    write_weights(flow, folder.weights, story)


def _shipped(folder: Folder) -> dict[str, Any]:
    """What the result says of shipped weights, with the step that they are of."""
    old = folder.read("result.json") or {}
    kept = {name: old[name] for name in ("shipped", "shipped_bytes") if name in old}
    if "shipped" in kept:
        kept["shipped"] = {"step": old["steps"], **kept["shipped"]}
    return kept


def _device(leg: dict[str, Any]) -> str:
    """Such as "2 × NVIDIA H100, bf16-mixed"; float32 goes without saying."""
    precision = leg.get("precision", "32-true")
    name = f"{leg['devices']} × {leg['device']}"
    return name if precision == "32-true" else f"{name}, {precision}"


def _training(folder: Folder, flow: Flow, story: dict[str, str]) -> dict[str, Any]:
    """What the run cost, and how it ended."""
    seconds = float(story["seconds"])
    legs = folder.read("environment.json") or [{"device": "unknown", "devices": 1}]
    devices = list(dict.fromkeys(map(_device, legs)))
    return {
        "parameters": learned(flow),
        "device": "; ".join(d.removeprefix("1 × ") for d in devices),
        "threads": legs[-1].get("threads"),
        "hours": round(seconds / 3600, 3),
        "images_per_second": round(int(story["images"]) / seconds, 1) if seconds else None,
        "steps": int(story["step"]),
        "logged": max((line["step"] for line in folder.lines()), default=0),
        "epochs": float(story["epoch"]),
        "planned_epochs": folder.study().recipe.epochs,
        "finished": FINISHED[story["why"]],
    }
