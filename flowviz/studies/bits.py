"""Bits: bits per dimension, with all that a reader must know to compare it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Bits:
    """Bits/dim of a flow on a set of images, and everything that decides what the number means.

    per_image   (N,) float64: bits/dim of every image, the mean over the draws
    per_draw    (draws,) float64: the mean over the images, of every draw
    dim         D; importance: K; likelihood: "exact", "lower bound" or "estimate" of log P(x)
    """

    per_image: Tensor
    per_draw: Tensor
    dim: int
    importance: int
    likelihood: str
    dequantization: str
    data: str
    batch: int
    seed: int | None

    @property
    def mean(self) -> float:
        """Bits/dim, over all images and draws."""
        return float(self.per_draw.mean())

    @property
    def median(self) -> float:
        """Bits/dim of the image in the middle: far below the mean where a few cost dearly."""
        return float(self.per_image.median())

    @property
    def over_images(self) -> float | None:
        """Standard error of the mean over images: how far another test set might be. None: N = 1"""
        return _standard_error(self.per_image)

    @property
    def over_draws(self) -> float | None:
        """Standard error of the mean over draws, what the model's noise does. None: one draw."""
        return _standard_error(self.per_draw)

    @property
    def draws(self) -> int:
        return len(self.per_draw)

    @property
    def kind(self) -> str:
        """ "exact", "estimate", or which upper bound: "ELBO", "IWBO-64"."""
        if self.likelihood != "lower bound":
            return self.likelihood
        return "ELBO" if self.importance == 1 else f"IWBO-{self.importance}"

    def row(self) -> dict[str, float | int | str | None]:
        """What a table or a JSON file holds."""
        return {
            "bits_per_dim": self.mean,
            "median": self.median,
            "over_images": self.over_images,
            "over_draws": self.over_draws,
            "kind": self.kind,
            "draws": self.draws,
            "images": len(self.per_image),
            "dim": self.dim,
            "dequantization": self.dequantization,
            "data": self.data,
            "batch": self.batch,
            "seed": self.seed,
        }

    def __repr__(self) -> str:
        many = f"{self.draws} draw{'s' * (self.draws > 1)} an image"
        kind = {"exact": "exact", "estimate": f"estimate, {many}"}.get(
            self.kind, f"upper bound: {self.kind}, {many}"
        )
        errors = [
            f"± {error:.4f} over {what}"
            for error, what in ((self.over_images, f"{len(self.per_image):,} images"),
                                (self.over_draws, "draws"))
            if error is not None
        ]  # fmt: skip
        words = [kind, *errors, f"D = {self.dim:,}", self.dequantization, self.data]
        return f"{self.mean:.4f} bits/dim ({', '.join(words)})"


def _standard_error(values: Tensor) -> float | None:
    return float(values.std() / math.sqrt(len(values))) if len(values) > 1 else None
