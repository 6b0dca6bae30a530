"""The widgets: Python halves that hand a trace to a picture drawn in the browser."""

from .imagelab import ImageLab
from .lab import LayerLab
from .link import link
from .player import TransportPlayer
from .restore import restore
from .variables import ChangeOfVariables

__all__ = ["ChangeOfVariables", "ImageLab", "LayerLab", "TransportPlayer", "link", "restore"]
