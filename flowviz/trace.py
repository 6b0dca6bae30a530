"""Trace: what a flow in the plane did to some points, as arrays; the only thing a picture knows.

Frames run from the data side (frame 0) to the latent side (the last one), each layer along its
own path with as many frames as a straight tween between them needs to stay true to a pixel.
Every array has the frames on its leading axis.

The density is drawn from a mesh that carries mass. A grid over the latent, with cells of
comparable mass, is pulled back to the data side; each cell keeps the mass that the base gives it;
its density at any moment is that mass over its area at that moment. Mass is conserved by
construction, so every frame is a true pushforward.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .audit import Audit


@dataclass(frozen=True)
class Step:
    """One layer of a trace: its words, its ledger columns, its first and last frame."""

    title: str
    action: str
    kind: str
    columns: tuple[str, ...]
    exact: bool
    cut: bool
    first: int
    last: int


@dataclass(frozen=True)
class Particles:
    """Points (F, N, 2) with their account: base (N,) and terms (T, N), nats.

    The rows of terms are all (layer, column) pairs that exist, layers in order, columns in order.
    """

    points: np.ndarray
    base: np.ndarray
    terms: np.ndarray

    @property
    def log_prob(self) -> np.ndarray:
        """log p(x) (N,), nats."""
        return self.base + self.terms.sum(0)


@dataclass(frozen=True)
class Mesh:
    """Corners (F, (M+1)^2, 2) of M x M cells, row by row, and the cells' masses (M, M)."""

    corners: np.ndarray
    mass: np.ndarray

    def area(self, corners: np.ndarray) -> np.ndarray:
        """Area (M, M) of the cells with these corners ((M+1)^2, 2), as two triangles each."""
        c = corners.reshape(len(self.mass) + 1, -1, 2)
        a, b, d, e = c[:-1, :-1], c[:-1, 1:], c[1:, :-1], c[1:, 1:]
        return _triangle(a, b, e) + _triangle(a, e, d)

    def density(self, corners: np.ndarray) -> np.ndarray:
        """Density (M, M): mass over area."""
        return self.mass / self.area(corners)


@dataclass(frozen=True)
class Trace:
    """What a picture needs to know of a flow and some points; see the module's docstring.

    sets: "data" (points normalized) and "model" (draws from the base, generated), each
    `Particles`. grids: "data" and "latent", polylines (F, K, P, 2) that are a regular grid on
    that side. center (F, 2), radius (F,): the square window of every frame, the same for all of
    them unless the sides differ much in size. nll, entropy in nats. audit: the claimed density,
    summed over a plain grid.
    """

    title: str
    base: str
    steps: list[Step]
    sets: dict[str, Particles]
    mesh: Mesh
    grids: dict[str, np.ndarray]
    center: np.ndarray
    radius: np.ndarray
    nll: float
    entropy: float | None = None
    exact: bool = field(default=True)
    audit: Audit | None = None

    @property
    def frames(self) -> int:
        """Number of frames, data side and latent side included."""
        return self.steps[-1].last + 1

    def tween(self, array: np.ndarray, position: float) -> np.ndarray:
        """A frame of `array` (F, ...) at a position in [0, number of layers].

        position = l + tau: layer l (from 0) is a share tau done. A cut stays until tau = 1.
        """
        if not 0 <= position <= len(self.steps):
            raise ValueError(f"expected a position in [0, {len(self.steps)}], got {position}")
        number = min(int(position), len(self.steps) - 1)
        step, tau = self.steps[number], position - number
        if step.cut:
            return array[step.last if tau >= 1 else step.first]
        at = step.first + tau * (step.last - step.first)
        low = min(int(at), step.last - 1)
        return array[low] + (at - low) * (array[low + 1] - array[low])

    def corners(self, position: float) -> np.ndarray:
        """The mesh's corners at a position."""
        return self.tween(self.mesh.corners, position)

    def top(self, share: float = 0.99) -> float:
        """The top of the colour scale: as density in a window of radius 1, the value below which
        `share` of the mass lies, all layer boundaries together."""
        borders = [0, *(step.last for step in self.steps)]
        density = np.concatenate(
            [self.mesh.density(self.mesh.corners[k]).ravel() * self.radius[k] ** 2 for k in borders]
        )
        mass = np.tile(self.mesh.mass.ravel(), len(borders))
        order = np.argsort(density)
        below = np.cumsum(mass[order])
        return float(density[order][np.searchsorted(below, share * below[-1])])


def _triangle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    u, v = b - a, c - a
    return 0.5 * np.abs(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])
