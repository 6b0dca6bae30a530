"""Continuous layers, as exact as their solver."""

from case import Case, lively

from flowviz.layers import Continuous

HIDDEN = (8, 8)
SHORT = {"time": 0.25, "steps": 10}
SOLVED = {"tolerance": 1e-7, "volume_tolerance": 1e-6}
GUESSED = {"exact": False, "estimated": "unbiased", **SOLVED}
BRANCHING = "its steps are chosen by the values of tensors, which a transform hides"

CASES = {
    "continuous": Case(lambda: lively(Continuous(2, HIDDEN, **SHORT), 1.5), (2,), **SOLVED),
    "continuous with context": Case(
        lambda: lively(Continuous(3, HIDDEN, context=2, **SHORT), 1.5), (3,), context=2, **SOLVED
    ),
    "continuous, three hidden layers": Case(
        lambda: lively(Continuous(1, (6, 6, 6), **SHORT), 1.5), (1,), **SOLVED
    ),
    "continuous, adaptive": Case(
        lambda: lively(Continuous(2, HIDDEN, time=0.25, method="dopri5", tolerance=1e-11), 1.5),
        (2,),
        **SOLVED,
        exempt=dict.fromkeys(("vmap_of_jacrev", "vmap_of_grad_of_the_volume"), BRANCHING),
    ),
    "continuous, the trace a guess": Case(
        lambda: lively(Continuous(3, HIDDEN, divergence="hutchinson", **SHORT), 1.5),
        (3,),
        **GUESSED,
    ),
    "continuous, the trace a guess, with context": Case(
        lambda: lively(Continuous(2, HIDDEN, 1, divergence="hutchinson", **SHORT), 1.5),
        (2,),
        context=1,
        **GUESSED,
    ),
}
