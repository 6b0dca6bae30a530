"""There and back, and the terms of the pair, against independent computations."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..layer import COLUMNS, Terms
from .diagnosis import agree
from .findings import Broken, Law, Margin, Skip, deviation, place
from .subject import Subject

WIDEST = 64  # numbers in a point beyond which a determinant by autograd is left out


def _trip(s: Subject) -> tuple[Tensor, Tensor, Terms, Terms]:
    """A way there and back: start, where it comes back, terms of the way there and of the way back.

    It starts on the side that nothing is lost from: data, or for a layer that drops, latent.
    """
    layer = s.layer
    if "decoder" not in layer.columns and layer.kind != "manifold":
        z, there = s.normalize(s.x, s.context, "sample" if layer.kind == "stochastic" else "mean")
        again, back = s.generate(z, s.context)
        return s.x, again, there, back
    if not layer.exact:
        raise Skip("it draws in both directions, so nothing has to come back")
    z = s.normalize(s.off_ties(), s.context)[0]
    x, there = s.generate(z, s.context, "mean" if layer.kind == "manifold" else "sample")
    again, back = s.normalize(x, s.context)
    return z, again, there, back


def round_trip(s: Subject) -> Margin:
    start, again, *_ = _trip(s)
    off = deviation(again, start)
    at, error = int(off.argmax()), float(off.max())
    if error > s.tolerance:
        raise Broken(
            f"there and back leads from {place(start[at])} to {place(again[at])}: inverse does "
            "not undo forward",
            error,
        )
    return Margin(error, s.tolerance)


def both_ways(s: Subject) -> Margin:
    start, _, there, back = _trip(s)
    margins = [Margin(0.0, s.tolerance)]
    dropping = "decoder" in s.layer.columns or s.layer.kind == "manifold"
    forward, inverse = (back, there) if dropping else (there, back)
    for name, a, b in zip(COLUMNS, inverse, forward, strict=True):
        if a is not None and b is not None:
            margins.append(agree(a, b, start, s.tolerance, f"{name} of inverse", "forward gives"))
    return max(margins)


def volume(s: Subject) -> Margin:
    if s.layer.kind != "bijection":
        raise Skip("only a layer that is one to one has a determinant to compare with")
    if s.dim > WIDEST:
        raise Skip(f"a determinant of {s.dim} numbers is slow: check the layer at a smaller shape")
    jacobian = jacobians(lambda x: s.layer(x, s.context, "mean")[0], s.x)
    if not jacobian.any():
        raise Broken(
            "autograd finds that z does not depend on x: is it cut off by .detach(), .data, "
            ".item(), numpy or no_grad?"
        )
    if not torch.isfinite(jacobian).all():
        raise Skip("a derivative of z is NaN or infinite: see the gradients")
    want = torch.linalg.slogdet(jacobian).logabsdet
    if torch.isinf(want).any():
        at = place(s.x[int(torch.isinf(want).nonzero()[0])])
        raise Broken(f"dz/dx has determinant 0 at x = {at}: the map is not one to one there")
    got = s.normalize(s.x, s.context)[1].volume
    return agree(got, want, s.x, s.tolerance, "the volume", "autograd finds")


def jacobians(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """d function(x)_i / d x_j at every point of the batch x (N, *shape): (N, outputs, inputs).

    Summed over the batch first: right since no point depends on its batch mates.
    """
    with torch.enable_grad():
        rows = torch.autograd.functional.jacobian(lambda v: function(v * 1).flatten(1).sum(0), x)
    return rows.flatten(2).movedim(1, 0)


LAWS = (
    Law("round trip", "inverse undoes forward", round_trip, ("shapes", "noise")),
    Law(
        "volume",
        "volume is log |det dz/dx| as autograd finds it",
        volume,
        ("batch mates", "columns"),
    ),
    Law(
        "both ways",
        "inverse gives the terms that forward gives",
        both_ways,
        ("round trip", "columns"),
    ),
)
