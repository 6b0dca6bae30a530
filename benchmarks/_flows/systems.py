"""The architectures that are compared, alike in every library, and the cells of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HIDDEN = (64, 64)
BINS, BOUND = 8, 3.5
DEPTH = {"realnvp": 8, "nsf": 4, "maf": 5, "planar": 16, "cnf": 1, "cnf rk4": 1, "glow": 2}
RK4_STEPS = 20
TOLERANCE = 1e-5  # of the adaptive solver, absolute and relative
GLOW_SHAPE, GLOW_WIDTH = (12, 16, 16), 64
LIBRARIES = ("flowviz", "zuko", "nflows", "normflows", "FrEIA", "torchdiffeq")
OPERATIONS = ("log_prob", "sample", "train")


class Absent(Exception):
    """The library does not have this system, or not this operation of it. The text says why."""


@dataclass(frozen=True)
class Cell:
    """One measurement: a system in so many dimensions, an operation, a batch size, a clock.

    clock: "cpu", CPU seconds on one thread; "wall", seconds on two.
    """

    system: str
    dim: int
    operation: str
    batch: int
    clock: str

    @property
    def name(self) -> str:
        return f"{self.system} {self.dim} {self.operation} {self.batch} {self.clock}"


@dataclass(frozen=True)
class Model:
    """What an adapter hands over: a torch module and three ways to use it.

    encode: x (N, *shape) -> z of a standard normal. log_prob: x -> (N,) nats. sample: n -> x, or
    None where the library has no inverse.
    """

    module: Any
    encode: Any
    log_prob: Any
    sample: Any = None


def event(system: str, dim: int) -> tuple[int, ...]:
    """The shape of one point."""
    return GLOW_SHAPE if system == "glow" else (dim,)


def cells(quick: bool) -> list[Cell]:
    """All cells in a fixed order; those that take more than seconds a call are left out.

    Left out: batch 65,536 at dim 64 for splines (their parameters alone are 4 GB there), for MAF
    sampling (peers take minutes) and on the wall clock; the exact trace of a CNF at dim 64 beyond
    batch 256; Glow beyond batch 32.
    """
    chosen = []
    for clock in ("cpu",) if quick else ("cpu", "wall"):
        for system in DEPTH:
            for dim in (2, 64):
                for batch in _batches(system, dim, quick, clock):
                    every = [Cell(system, dim, op, batch, clock) for op in OPERATIONS]
                    chosen += [cell for cell in every if not _endless(cell)]
    return chosen


def _endless(cell: Cell) -> bool:
    return (cell.system, cell.dim, cell.operation, cell.batch) == ("maf", 64, "sample", 65536)


def _batches(system: str, dim: int, quick: bool, clock: str) -> tuple[int, ...]:
    if system == "glow":
        return (32,) if dim == 2 else ()
    if quick:
        return (256,)
    if system.startswith("cnf"):
        return (256, 4096) if dim == 2 else (256,)
    large = dim == 2 or (system != "nsf" and clock == "cpu")
    return (256, 4096, 65536) if large else (256, 4096)
