"""Image models of the papers, as flows over whole numbers 0 .. 255.

    flow = build("glow", (1, 28, 28), steps=4, width=64)
    flow.log_prob(x)  # nats; x (N, 1, 28, 28) holds 0.0 .. 255.0, so
    -flow.log_prob(x) / (784 * math.log(2))  # bits per dimension

Every model begins with a dequantization, so that its log_prob is (a lower bound of) the
logarithm of a probability of pixel values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from ...flow import Flow, seeded
from ...layers.images import image_shape
from .autoregressive import maf
from .contribution import realnvp_contribution
from .flowified import GREY, flowified
from .funnels import funnel_conv, funnel_mlp
from .glow import glow
from .nice import nice
from .nsf import rq_nsf
from .options import check_options
from .realnvp import realnvp

_MAKERS: dict[str, Callable[..., Flow]] = {
    **{f"flowified-{name}": functools.partial(flowified, network=name) for name in GREY},
    "nice": nice,
    "realnvp": realnvp,
    "realnvp-contribution": realnvp_contribution,
    "glow": glow,
    "rq-nsf": rq_nsf,
    "maf": maf,
    "funnel-mlp": funnel_mlp,
    "funnel-conv": funnel_conv,
}
NAMES = tuple(_MAKERS)

# Sizes that a CPU trains in minutes, beside the published ones, which are the defaults.
SMALL: dict[str, dict] = {
    "nice": {"hidden": (500,) * 3},
    "realnvp": {"width": 32, "blocks": 2, "fold": True},
    "realnvp-contribution": {"width": 32, "blocks": 2, "fold": True},
    "glow": {"levels": 2, "steps": 8, "width": 64},
    "rq-nsf": {"levels": 2, "steps": 4, "width": 32, "blocks": 1},
    "maf": {"layers": 2, "hidden": (512,)},
    "funnel-mlp": {},
    "funnel-conv": {"levels": 2, "steps": 4, "width": 32, "blocks": 1},
}


def build(name: str, shape: Sequence[int], *, seed: int | None = 0, **options) -> Flow:
    """The model `name` (one of NAMES) for images (C, H, W), untrained.

    seed: of the initial weights (None: torch's global generator). options: see the model's
    function. Raises ValueError for a name or an option that is not there (naming the nearest),
    an option's value of another type, or a shape that does not fit.
    """
    if name not in _MAKERS:
        raise ValueError(f"expected a model, one of {', '.join(NAMES)}; got {name!r}")
    maker = _MAKERS[name]
    check_options(name, [maker, realnvp] if maker is realnvp_contribution else [maker], options)
    with seeded(seed):
        return maker(image_shape(shape, name), **options)
