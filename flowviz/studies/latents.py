"""Images there and back: reconstructions, generations, temperatures, walks between two images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..flow import Flow, seeded
from ..layer import Layer
from .dropped import dropped, joined, moments
from .evaluate import batches, check_images, quiet
from .pixels import leaves

MODES = ("mean", "sample", "all")


@dataclass(frozen=True, eq=False)
class Code:
    """All that an image is on the way back: z, and the noise e of what every layer dropped.

    noise[k], data side first, is e with dropped = mu(z) + sigma(z) e; None: layer k dropped
    nothing, or no Gaussian says what.
    """

    z: Tensor
    noise: list[Tensor | None]

    def lerp(self, other: Code, t: float) -> Code:
        """(1 - t) of this code and t of the other."""
        pairs = zip(self.noise, other.noise, strict=True)
        noise = [None if a is None else torch.lerp(a, b, t) for a, b in pairs]
        return Code(torch.lerp(self.z, other.z, t), noise)


def encode(flow: Flow, images: Tensor) -> Code:
    """The code of images (N, *data_shape), without adding noise on the way (mode "mean")."""
    check_images(flow, images)
    noise = []
    with quiet(flow):
        ((_, x),) = batches(flow, images, len(images))
        for layer in leaves(flow.layers):
            z = layer._forward(x, None, "mean")[0]
            noise.append(_noise(layer, x, z))
            x = z
    return Code(x, noise)


def decode(flow: Flow, code: Code, mode: str = "all", seed: int | None = 0) -> Tensor:
    """Images (N, *data_shape), bytes, of a code.

    What was dropped is put back as the code says (mode "all": the images themselves, if nothing
    is dropped without a Gaussian), as its mean ("mean"), or drawn anew ("sample").
    """
    if mode not in MODES:
        raise ValueError(f"expected mode {', '.join(MODES)}, got {mode!r}")
    x = code.z
    with quiet(flow), seeded(seed):
        pairs = list(zip(leaves(flow.layers), code.noise, strict=True))
        for layer, noise in reversed(pairs):
            if mode == "all" and noise is not None:
                mean, log_sigma = moments(layer, x)
                x = joined(layer, x, mean + log_sigma.exp() * noise)
            else:
                x = layer._inverse(x, None, "mean" if mode == "all" else mode, False)[0]
    return x.round().clamp(0, 255).byte()


def reconstructions(flow: Flow, images: Tensor, seed: int | None = 0) -> dict[str, Tensor]:
    """Rows "original", "mean", "sample" of images: to z without noise, and back in both modes.

    As in the released code of Mate et al. 2022, "Flowification".
    """
    code = encode(flow, images)
    back = {mode: decode(flow, code, mode, seed) for mode in ("mean", "sample")}
    return {"original": images, **back}


def generations(
    flow: Flow, n: int = 10, temperature: float = 1.0, seed: int | None = 0
) -> dict[str, Tensor]:
    """Rows "mean" and "sample" of n images from the same draws of z."""
    with seeded(seed):
        code = _drawn(flow, n, temperature)
    return {mode: decode(flow, code, mode, seed) for mode in ("mean", "sample")}


def temperatures(
    flow: Flow, n: int = 10, at: Sequence[float] = (0.5, 0.7, 0.85, 1.0), seed: int | None = 0
) -> dict[str, Tensor]:
    """A row of n images for every temperature, from the same noise: z scaled, and what is drawn
    for dropped parts as well."""
    rows = {}
    for temperature in at:
        with seeded(seed):
            code = _drawn(flow, n, temperature, all_of_it=True)
        rows[f"T = {temperature:g}"] = decode(flow, code, "all", seed)
    return rows


def interpolation(
    flow: Flow, first: Tensor, last: Tensor, steps: int = 10, seed: int | None = 0
) -> dict[str, Tensor]:
    """A walk from image `first` to image `last`, each (*data_shape), straight between their codes.

    One row if the flow drops nothing; else "all": z and what was dropped walk, so that both ends
    are the images; "mean" and "sample": z alone walks, and the rest is its mean, or the same noise
    at every step.
    """
    if steps < 2:
        raise ValueError(f"expected steps >= 2, got {steps}")
    ends = encode(flow, torch.stack([first, last]))
    a, b = (_row(ends, k) for k in (0, 1))
    walk = [a.lerp(b, k / (steps - 1)) for k in range(steps)]
    drops = any("decoder" in layer.columns for layer in flow.layers)
    modes = ("all", "mean", "sample") if drops else ("all",)
    return {m: torch.cat([decode(flow, code, m, seed) for code in walk]) for m in modes}


def _row(code: Code, k: int) -> Code:
    return Code(code.z[k : k + 1], [None if e is None else e[k : k + 1] for e in code.noise])


def _drawn(flow: Flow, n: int, temperature: float, all_of_it: bool = False) -> Code:
    """z at a temperature, and noise of the same temperature for every layer that wants some."""
    z = flow.base.sample(n, temperature)
    noise: list[Tensor | None] = []
    with quiet(flow):
        x = z
        for layer in reversed(list(leaves(flow.layers))):
            gaussian = moments(layer, x) if all_of_it else None
            if gaussian is None:
                noise.append(None)
                x = layer._inverse(x, None, "mean", False)[0]
                continue
            e = temperature * torch.randn_like(gaussian[0])
            noise.append(e)
            x = joined(layer, x, gaussian[0] + gaussian[1].exp() * e)
    return Code(z, noise[::-1])


def _noise(layer: Layer, x: Tensor, z: Tensor) -> Tensor | None:
    gaussian = moments(layer, z)
    if gaussian is None:
        return None
    mean, log_sigma = gaussian
    return (dropped(layer, x) - mean) * (-log_sigma).exp()
