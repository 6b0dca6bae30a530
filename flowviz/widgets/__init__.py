"""The widgets: Python halves that hand a trace to a picture drawn in the browser."""

from .lab import LayerLab
from .player import TransportPlayer
from .variables import ChangeOfVariables

__all__ = ["ChangeOfVariables", "LayerLab", "TransportPlayer"]
