"""Test-only layers with known answers: they show that the laws see surjections and bounds."""

from case import Case
from toys import Fold, Pad

CASES = {
    "toy: fold": Case(
        lambda: Fold(2), (2,), kind="surjection", columns=("decoder",), awkward=(0.0,)
    ),
    "toy: pad": Case(lambda: Pad(), (1,), kind="stochastic", exact=False, columns=("encoder",)),
}
