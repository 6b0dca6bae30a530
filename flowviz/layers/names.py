"""Names of coordinates in words: x₁, x₂ and x₃, x₁ to x₆₄."""

from __future__ import annotations

from collections.abc import Sequence

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def coordinate(index: int) -> str:
    """0 -> "x₁"."""
    return "x" + str(index + 1).translate(_SUBSCRIPTS)


def coordinates(indices: Sequence[int]) -> str:
    """Indices from 0, in words; long runs are cut short."""
    names = [coordinate(i) for i in indices]
    if len(names) > 3:
        contiguous = list(indices) == list(range(indices[0], indices[-1] + 1))
        return f"{names[0]} to {names[-1]}" if contiguous else f"{len(names)} coordinates"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
