"""Conditioners: the networks that hand parameters to a layer."""

from .mlp import MLP

__all__ = ["MLP"]
