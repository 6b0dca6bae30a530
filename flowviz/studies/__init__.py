"""Image scale: the papers' models on the papers' data, runs that leave a folder, and a report.

flowviz study list
flowviz study run mnist/realnvp-small --minutes 10 --resume
flowviz study eval mnist/realnvp-small
flowviz study report

Training needs `pip install "flowviz[studies]"`; building models and loading weights does not.
"""

from __future__ import annotations

from .ship import shipped, trained
from .study import Data, Recipe, Study

__all__ = ["Data", "Recipe", "Study", "shipped", "trained"]
