"""evaluate: from a run's weights to its result, bits/dim of all test images."""

from __future__ import annotations

from typing import Any

import torch

from ..flow import Flow, learned
from .data import ImageSet
from .evaluate import bits_per_dim
from .folder import Folder
from .setup import build_flow, load_images
from .weights import read_weights

FINISHED = {"recipe": "recipe", "flat": "flat", "budget": "budget", "stopped": "budget"}


def evaluate(
    folder: Folder,
    *,
    device: str | torch.device = "cpu",
    draws: int = 5,
    importance: int = 0,
    images: int | None = None,
    batch: int = 250,
) -> dict[str, Any]:
    """Evaluate the weights in `folder` on the test images, and write result.json.

    draws: noise draws an image (an exact model needs one). importance = K > 0 adds IWBO-K.
    images: only the first so many test images (None: all); the result says how many.
    """
    flow, test, story = evaluated(folder, images)
    seed = folder.study().seed
    flow.to(device)
    rows = {"elbo": bits_per_dim(flow, test, draws, batch=batch, seed=seed).row()}
    if importance:
        tight = bits_per_dim(flow, test, 1, importance, batch=batch, seed=seed)
        rows["iwbo"] = tight.row()
    result = {**rows, **_training(folder, flow, story)}
    folder.write("result.json", result)
    return result


def evaluated(folder: Folder, images: int | None = None) -> tuple[Flow, ImageSet, dict[str, str]]:
    """A run's flow with its weights, the (first) test images, where in the run the weights are."""
    study = folder.study()
    test = load_images(study, "test")[:images]
    flow = build_flow(study, test.shape)
    return flow, test, read_weights(flow, folder.weights)


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
        "epochs": float(story["epoch"]),
        "planned_epochs": folder.study().recipe.epochs,
        "finished": FINISHED[story["why"]],
    }
