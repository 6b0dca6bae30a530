"""The average likelihood account of some particles, as pictures print it."""

from __future__ import annotations

from ..layer import COLUMNS
from ..trace import Particles, Trace


def average_terms(trace: Trace, cloud: Particles) -> list[dict[str, float]]:
    """Per layer, data side first: ledger column -> mean over the particles, nats."""
    means = iter(cloud.terms.mean(axis=1).tolist())
    return [{column: next(means) for column in step.columns} for step in trace.steps]


def add_up(terms: list[dict[str, float]]) -> dict[str, float]:
    """Column-wise sum; only columns that some layer has, in the ledger's order."""
    return {
        name: sum(t[name] for t in terms if name in t)
        for name in COLUMNS
        if any(name in t for t in terms)
    }


def signed(value: float) -> str:
    """Two decimals, always with a sign: "+0.42", "−2.84", "+0.00"."""
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")


def plain(value: float) -> str:
    """Two decimals, a sign only if negative."""
    return signed(value).removeprefix("+")
