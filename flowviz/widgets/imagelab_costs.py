"""What the images of an ImageLab cost, in bits per dimension: whole, by layer, by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from ..flow import Flow
from ..layer import COLUMNS
from ..studies.data import ImageSet
from ..studies.evaluate import bits_per_dim
from ..studies.ledgers import AverageLedger, average_ledger
from ..studies.pixels import pixel_bits

HEAT_BITS = 16  # of a pixel's share: what is read to a tenth of a bit, beside one of hundreds


def costs(flow: Flow, images: Tensor, dim: int, seed: int) -> np.ndarray:
    """Bits/dim of images (..., C, H, W), of the leading shape."""
    flat = images.flatten(0, images.dim() - 4)
    bits = bits_per_dim(flow, flat, dim=dim, seed=seed)
    return bits.per_image.numpy().reshape(images.shape[:-3])


def account(flow: Flow, image: Tensor, dim: int, draws: int, seed: int) -> AverageLedger:
    """The ledger of one image (C, H, W); with the draws and seed of `heat_of`, so that it is the
    heat map's sum."""
    return average_ledger(flow, image[None], draws, dim=dim, seed=seed)


def heat_of(flow: Flow, image: Tensor, dim: int, draws: int, seed: int) -> np.ndarray:
    """(H, W): bits of every pixel of one image."""
    return pixel_bits(flow, image[None], draws, dim=dim, seed=seed).maps[0].numpy()


def accounts_of(
    flow: Flow, shown: ImageSet, draws: int, seed: int
) -> tuple[list[AverageLedger], np.ndarray]:
    images, dim = shown.images, shown.dimensions
    ledgers = [account(flow, image, dim, draws, seed) for image in images]
    return ledgers, np.stack([heat_of(flow, image, dim, draws, seed) for image in images])


def rows_of(ledger: AverageLedger) -> list[tuple[int, str, str]]:
    """(layer, 1 at the data side, its title, column) of every term, latent side first."""
    return [
        (k + 1, ledger.titles[k], column)
        for k in reversed(range(len(ledger.terms)))
        for column in COLUMNS
        if column in ledger.terms[k]
    ]


def terms_of(ledger: AverageLedger) -> list[float]:
    """Bits/dim of the base, then of every row of `rows_of`."""
    terms = [ledger.terms[k - 1][column] for k, _, column in rows_of(ledger)]
    return [round(ledger.bits(value), 5) + 0.0 for value in (ledger.base, *terms)]


def accounts_in_words(ledgers: list[AverageLedger]) -> dict[str, Any]:
    """The rows, without those that are 0 for all images (a reshape), and every image's terms."""
    terms = [terms_of(ledger) for ledger in ledgers]
    rows = rows_of(ledgers[0])
    kept = [i for i in range(len(rows)) if any(one[i + 1] for one in terms)]
    return {
        "kept": kept,
        "rows": [list(rows[i]) for i in kept],
        "terms": [[one[0], *(one[i + 1] for i in kept)] for one in terms],
        "bits": [round(ledger.bits_per_dim, 5) for ledger in ledgers],
    }
