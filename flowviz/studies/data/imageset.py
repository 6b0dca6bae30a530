"""ImageSet: images as bytes, with the words that say what they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from ...layer import size_name


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images (N, C, H, W), uint8, and labels (N,), int64; `source` says where they come from.

    dim: how many numbers of an image bits are divided by, where that is not C H W (padding does
    not count; see `padded`). Raises TypeError or ValueError for other dtypes and shapes.
    """

    images: Tensor
    labels: Tensor
    name: str
    split: str
    source: str
    dim: int | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.labels.dtype != torch.int64:
            raise TypeError(
                f"{self.name}: expected images of uint8 and labels of int64, "
                f"got {self.images.dtype} and {self.labels.dtype}"
            )
        if self.images.dim() != 4 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"{self.name}: expected images (N, C, H, W) and labels (N,), "
                f"got {tuple(self.images.shape)} and {tuple(self.labels.shape)}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        return tuple(self.images.shape[1:])

    @property
    def dimensions(self) -> int:
        """D of bits per dimension."""
        return math.prod(self.shape) if self.dim is None else self.dim

    def to(self, device: str | torch.device) -> ImageSet:
        """The set on a device, still as bytes."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def hold_out(self, count: int = 5000) -> tuple[ImageSet, ImageSet]:
        """(all but the last `count` images, the last `count`), the customary validation set."""
        if not 0 < count < len(self):
            raise ValueError(f"expected to hold out 1 to {len(self) - 1} images, got {count}")
        rest, held = self[:-count], self[-count:]
        return rest, replace(held, split=f"{self.split}, last {count:,}")

    def padded(self, margin: int) -> ImageSet:
        """Images with `margin` black pixels on all sides; bits are still divided by the old D.

        That is fair: P(image and black frame) is at most P(image).
        """
        if margin < 0:
            raise ValueError(f"expected a margin >= 0, got {margin}")
        source = f"{self.source}, with a black frame of {margin} pixels"
        return replace(
            self, images=pad(self.images, [margin] * 4), source=source, dim=self.dimensions
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor | list[int]) -> ImageSet:
        """Some of the images, as a set."""
        if isinstance(index, int):
            raise TypeError("expected a slice, a tensor or a list of indices; one image is [k:k+1]")
        return replace(self, images=self.images[index], labels=self.labels[index])

    def __repr__(self) -> str:
        many = f"{len(self):,} image{'s' * (len(self) != 1)}"
        return f"{self.name} {self.split}: {many} of {size_name(self.shape)} bytes, {self.source}"
