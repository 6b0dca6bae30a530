"""From a study to its images and its untrained model."""

from __future__ import annotations

from ..flow import Flow
from .data import ImageSet, load
from .models import build
from .study import Study


def load_images(study: Study, split: str) -> ImageSet:
    """The images of the study's data, "train" or "test"."""
    return load(study.data.name, split)


def build_flow(study: Study, shape: tuple[int, ...]) -> Flow:
    """The study's model for images (C, H, W), with its seeded start."""
    return build(study.model, shape, seed=study.seed, **study.options)
