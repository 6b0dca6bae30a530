"""Processes: Fabric on one device or many, and what all of them are to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightning.fabric import Fabric

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")  # log-determinants stay float32 in all


def start(
    accelerator: str = "auto", devices: int = 1, nodes: int = 1, precision: str = "32-true"
) -> Fabric:
    """Fabric on these devices; on several of them, one process each (or as torchrun set up).

    Raises ValueError for another precision than PRECISIONS.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"expected a precision of {', '.join(PRECISIONS)}, got {precision!r}")
    fabric = Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes, precision=precision)
    fabric.launch()
    return fabric


def decided(fabric: Fabric, decide: Callable[[], Any]) -> Any:
    """What the first process decides, in all of them; where it raises, all raise."""
    answer = None
    if fabric.is_global_zero:
        try:
            answer = decide()
        except (ValueError, OSError) as error:
            answer = error
    answer = fabric.broadcast(answer)
    if isinstance(answer, Exception):
        raise answer
    return answer
