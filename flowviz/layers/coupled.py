"""What couplings of vectors and of images share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from ..layer import Bijection
from .univariate import Univariate

Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class Coupled(Bijection):
    """z_kept = x_kept;  z_moved = g(x_moved; theta(x_kept, context)), g increasing.

    Concrete layers set `univariate`, g, and write `_apply_to(v, context, step) -> (out, volume)`,
    `step` being g's `map` or its `unmap`: what stays is the same on both sides, and so is theta.
    Path: the straight line, increasing in every moved number at every tau.
    """

    univariate: Univariate

    @abstractmethod
    def _apply_to(self, v: Tensor, context: Tensor | None, step: Step) -> tuple[Tensor, Tensor]: ...

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._apply_to(x, context, self.univariate.map)

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._apply_to(z, context, self.univariate.unmap)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return torch.lerp(x, self._map(x, context)[0], tau)

    @property
    def title(self) -> str:
        return f"{self.univariate.title} coupling"

    def _verb(self, many: bool) -> str:
        """What the univariate map does to one number, or to many."""
        verb = self.univariate.action
        return verb.replace("is ", "are ").replace("moves", "move") if many else verb
