"""Residual attention: tokens move by what they see of each other."""

from __future__ import annotations

from ..nets import CoordinatesAsTokens, DotProductAttention, L2Attention
from .residual import Residual

KINDS = {"l2": L2Attention, "dot": DotProductAttention}


class ResidualAttention(Residual):
    """z = x + g(x), g a self-attention over tokens whose contraction is guaranteed.

    Shapes: x, z (..., tokens, channels); or (..., dim) for shape=dim, where every coordinate is
    a token of one channel. `kind` is "l2" (`L2Attention`) or "dot"
    (`DotProductAttention`); ledger, inverse, path and errors as in `Residual`.
    Mukherjee et al. 2023, "Attentive Contractive Flow", without the skip inside g and with the
    bound recomputed whenever the weights are used.
    """

    def __init__(
        self,
        shape: int | tuple[int, int],
        kind: str = "l2",
        heads: int = 2,
        width: int = 4,
        coefficient: float = 0.9,
        volume: str = "exact",
        terms: int = 4,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"ResidualAttention: expected kind {sorted(KINDS)}, got {kind!r}")
        tokens = (shape, 1) if isinstance(shape, int) else shape
        attention = KINDS[kind](tokens, heads, width, coefficient)
        branch = CoordinatesAsTokens(attention) if isinstance(shape, int) else attention
        super().__init__(branch, volume, terms)

    @property
    def action(self) -> str:
        return (
            "every token moves by a mix of what it sees, near points so much alike that none meet"
        )
