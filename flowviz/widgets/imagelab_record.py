"""What an ImageLab shows of a flow, worked out once, as arrays: the only thing its picture knows.

Images are bytes (..., C, H, W); the first axis is the one that a slider runs along. Costs are bits
per dimension, one draw of noise an image; of the shown images the mean of `Room.noise` draws,
wherever they stand: at the ends of a walk, and before the first layer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..flow import Flow, seeded
from ..studies.data import ImageSet
from ..studies.evaluate import batches, quiet
from ..studies.latents import Code, decode, encode, temperatures
from .imagelab_costs import accounts_in_words, accounts_of, costs

MODES = ("all", "mean")  # what layers dropped walks along or stays as it is; or is guessed
_CANDIDATES = 32  # of a large latent space, so many are tried to find those that show most


@dataclass(frozen=True)
class Room:
    """How much is worked out ahead: what a page without a kernel can show."""

    images: int = 5
    draws: int = 12
    temperatures: tuple[float, ...] = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.15)
    steps: int = 9
    latents: int = 4
    shifts: tuple[float, ...] = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
    noise: int = 4


@dataclass(frozen=True, eq=False)
class Record:
    """Arrays by name, and the words around them (JSON). Axes, besides those of an image:

    images (image), draws (temperature, draw), walk (step, mode, pair), moved (shift, mode, image,
    latent), depths (depth, mean or sample, image), codes (image, latent), heat (image, H, W: bits);
    draws/bits, walk/bits, depths/bits as their images. Pairs are those of `itertools.combinations`;
    a walk's ends are images.
    """

    arrays: dict[str, np.ndarray]
    words: dict[str, Any]


def record_of(flow: Flow, images: ImageSet, room: Room, seed: int = 0) -> Record:
    """The record of the first `room.images` images. Raises ValueError as `bits_per_dim`."""
    shown = images[: room.images]
    x, dim = shown.images, shown.dimensions
    code = encode(flow, x)
    modes = MODES if drops(flow) else MODES[:1]
    ledgers, heat = accounts_of(flow, shown, room.noise, seed)
    walk = _walk(flow, code, modes, room.steps, seed)
    latents = _telling(flow, code, room.latents, seed)
    moved = [moved_latent(flow, code, i, room.shifts, modes, seed) for i in latents]
    depths, told = _depths(flow, x, seed)
    drawn = draws_of(flow, room.draws, room.temperatures, seed)
    cost = lambda some: costs(flow, some, dim, seed)  # noqa: E731
    words = accounts_in_words(ledgers)
    walk_bits, depth_bits = cost(walk), cost(depths)
    ends = np.array(pairs_of(len(x))).T
    walk_bits[0, 0], walk_bits[-1, 0] = np.array(words["bits"])[ends]
    depth_bits[0] = words["bits"]
    arrays = {
        "images": _array(x),
        "codes": code.z.flatten(1).double().cpu().numpy(),
        "heat": heat,
        "draws": _array(drawn),
        "draws/bits": cost(drawn),
        "walk": _array(walk),
        "walk/bits": walk_bits,
        "moved": np.stack([_array(one) for one in moved], axis=3),
        "depths": _array(depths),
        "depths/bits": depth_bits,
    }
    return Record(arrays, {
        "shape": list(flow.data_shape),
        "latent": list(flow.chain.latent_shape),
        "dim": dim,
        "likelihood": flow.likelihood,
        "modes": list(modes),
        "temperatures": list(room.temperatures),
        "shifts": list(room.shifts),
        "latents": latents,
        "depths": told,
        "labels": _labels(shown),
        "noise": room.noise,
        **words,
    })  # fmt: skip


def drops(flow: Flow) -> bool:
    """Whether some layer drops something that a decoder guesses."""
    return any("decoder" in layer.columns for layer in flow.layers)


def draws_of(flow: Flow, n: int, at: tuple[float, ...], seed: int) -> Tensor:
    """(temperature, n, C, H, W): the same noise at every temperature."""
    return torch.stack(list(temperatures(flow, n, at, seed).values())).cpu()


def moved_latent(
    flow: Flow, code: Code, index: int, shifts: tuple[float, ...], modes: tuple[str, ...], seed: int
) -> Tensor:
    """(shift, mode, image, C, H, W): the images of a code whose z number `index` is moved."""
    rows = []
    for shift in shifts:
        z = code.z.clone()
        z.flatten(1)[:, index] += shift
        rows.append(torch.stack([decode(flow, Code(z, code.noise), m, seed) for m in modes]))
    return torch.stack(rows).cpu()


def _walk(flow: Flow, code: Code, modes: tuple[str, ...], steps: int, seed: int) -> Tensor:
    """(steps, mode, pair, C, H, W)"""
    pairs = pairs_of(len(code.z))
    first, last = (_rows(code, [pair[end] for pair in pairs]) for end in (0, 1))
    walk = [first.lerp(last, k / (steps - 1)) for k in range(steps)]
    return torch.stack([torch.stack([decode(flow, c, m, seed) for m in modes]) for c in walk]).cpu()


def pairs_of(count: int) -> list[tuple[int, int]]:
    """The pairs of images that are walked between, in the order of the arrays."""
    return list(itertools.combinations(range(count), 2))


def _labels(shown: ImageSet) -> list[str]:
    """The digits of MNIST; elsewhere a label is the number of a class."""
    return [str(k) if shown.name == "MNIST" else "" for k in shown.labels.tolist()]


def _rows(code: Code, rows: list[int]) -> Code:
    return Code(code.z[rows], [None if e is None else e[rows] for e in code.noise])


def _telling(flow: Flow, code: Code, count: int, seed: int) -> list[int]:
    """The latents that change the images most, in order of their place."""
    size = code.z[0].numel()
    tried = np.unique(np.linspace(0, size - 1, min(size, _CANDIDATES)).round().astype(int))
    mode = MODES[-1] if drops(flow) else MODES[0]
    still = decode(flow, code, mode, seed).float()

    def change(index: int) -> float:
        moved = moved_latent(flow, code, index, (2.0,), (mode,), seed)[0, 0]
        return float((moved.to(still) - still).square().mean())

    best = sorted(tried.tolist(), key=change, reverse=True)[:count]
    return sorted(best)


@torch.no_grad()
def _depths(flow: Flow, x: Tensor, seed: int) -> tuple[Tensor, list[dict[str, Any]]]:
    """(depth, mean or sample, image, C, H, W): the images as what arrives after layer k gives them
    back; depth 0 is the image, the others are the layers that drop something, and the last."""
    layers = list(flow.layers)
    ends = [k + 1 for k, layer in enumerate(layers) if "decoder" in layer.columns]
    ends = sorted({*ends, len(layers)})
    rows, told, h = [torch.stack([x, x]).cpu()], [_depth(0, "", x[0].numel())], None
    with quiet(flow):
        ((_, h),) = batches(flow, x, len(x))
        for k, layer in enumerate(layers, 1):
            h = layer._forward(h, None, "mean")[0]
            if k in ends:
                rows.append(
                    torch.stack([_back(layers[:k], h, m, seed) for m in ("mean", "sample")])
                )
                told.append(_depth(k, layer.title, h[0].numel()))
    return torch.stack(rows), told


def _depth(layer: int, title: str, numbers: int) -> dict[str, Any]:
    return {"layer": layer, "title": title, "numbers": numbers}


def _back(layers: list, h: Tensor, mode: str, seed: int) -> Tensor:
    with seeded(seed):
        for layer in reversed(layers):
            h = layer._inverse(h, None, mode, False)[0]
    return h.round().clamp(0, 255).byte().cpu()


def _array(images: Tensor) -> np.ndarray:
    return images.cpu().numpy()
