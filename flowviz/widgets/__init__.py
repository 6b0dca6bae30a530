"""The widgets: Python halves that hand a trace to a picture drawn in the browser."""

from .player import TransportPlayer
from .variables import ChangeOfVariables

__all__ = ["ChangeOfVariables", "TransportPlayer"]
