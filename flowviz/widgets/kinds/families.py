"""Kinds that stand beside each other in the header of a LayerLab (frontend/src/lab/families.ts)."""

from __future__ import annotations

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("affine", "actnorm", "shear", "lu"),
    ("rotation", "cayley", "householder"),
    ("planar", "radial", "sylvester"),
    ("coupling", "additive", "autoregressive"),
    ("spline", "leakyrelu"),
    ("residual", "ode"),
    ("flowified22", "flowified21", "flowified12"),
    ("abs", "sort", "permutation"),
    ("max", "slice", "funnel"),
)


def family(kind: str) -> tuple[str, ...]:
    """The kinds that one click leads to from `kind`, itself among them."""
    return next((one for one in FAMILIES if kind in one), (kind,))
