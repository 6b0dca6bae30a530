"""Still pictures of a trace: a PNG storyboard, a GIF."""

from .animation import animation
from .storyboard import storyboard

__all__ = ["animation", "storyboard"]
