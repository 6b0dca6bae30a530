"""Still pictures of a trace: a PNG storyboard, a GIF."""

from .storyboard import storyboard

__all__ = ["storyboard"]
