"""The widgets: Python halves that hand a trace to a picture drawn in the browser."""

from .player import TransportPlayer

__all__ = ["TransportPlayer"]
