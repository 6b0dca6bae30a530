"""The way from x to z: it begins at x, ends at z, and folds nothing in between."""

from __future__ import annotations

import torch
from torch import Tensor

from ..layers.room import common_room, in_room
from .findings import Broken, Law, Margin, Skip, deviation, number, place
from .subject import Subject
from .volumes import jacobians

_TAUS = [k / 8 for k in range(9)]
_POINTS = 8
_WIDEST = 32  # numbers in a point beyond which determinants all along the path are left out
_SINGULAR = 1e-9  # ratio of the least to the largest stretch


def _end(s: Subject, tau: float, target: Tensor, event: tuple[int, ...], side: str) -> Margin:
    """path(x, tau) against its end, both padded to one shape."""
    layer = s.layer
    room = common_room(layer.data_shape, layer.latent_shape)
    reached = layer.path(s.x.clone(), tau, s.context)
    if reached.shape[0] != len(target):
        raise Broken(f"path(x, {tau:g}): expected {len(target)} points, got {len(reached)}")
    reached, want = in_room(reached, reached.shape[1:], room), in_room(target, event, room)
    off = deviation(reached, want)
    error, at = float(off.max()), int(off.argmax())
    if error > s.tolerance:
        raise Broken(
            f"path(x, {tau:g}) is {place(reached[at])} where {side} = {place(want[at])}", error
        )
    return Margin(error, s.tolerance)


def begins(s: Subject) -> Margin:
    return _end(s, 0.0, s.x, s.layer.data_shape, "x")


def ends(s: Subject) -> Margin:
    return _end(s, 1.0, s.z, s.layer.latent_shape, "z")


def between(s: Subject) -> None:
    layer = s.layer
    if layer.kind != "bijection":
        raise Skip("only a layer that is one to one can be so all the way")
    if s.dim > _WIDEST:
        raise Skip(f"determinants of {s.dim} numbers all along the path are slow")
    x, context = s.x[:_POINTS], None if s.context is None else s.context[:_POINTS]
    for tau in _TAUS:
        _check_regular(jacobians(lambda v, t=tau: layer.path(v, t, context), x), tau, layer.cut)
    if not layer.cut:
        _check_smooth(torch.stack([layer.path(x.clone(), k / 24, context) for k in range(25)]))


def _check_regular(jacobian: Tensor, tau: float, cut: bool) -> None:
    stretch = torch.linalg.svdvals(jacobian)
    if (stretch[:, -1] <= _SINGULAR * stretch[:, 0]).any():
        raise Broken(
            f"at tau = {number(tau)} the determinant is 0, so that space collapses on the way (a "
            "straight line from x to z?): let scales and angles grow, or declare cut = True"
        )
    if not cut and (torch.linalg.slogdet(jacobian).sign < 0).any():
        raise Broken(
            f"at tau = {number(tau)} the determinant is negative, so it was 0 before: no path of "
            "one-to-one maps leads to a reflection; declare cut = True"
        )


def _check_smooth(frames: Tensor) -> None:
    """Twice as many frames, about half the stride."""
    fine = float(frames.diff(dim=0).abs().max())
    coarse = float(frames[::2].diff(dim=0).abs().max())
    if fine > 0.85 * coarse + 1e-9:
        raise Broken(
            f"the points jump by {number(fine)} between two moments: path must move with tau, or "
            "the layer declare cut = True"
        )


LAWS = (
    Law("path begins", "path(x, 0) is x", begins, ("noise",)),
    Law("path ends", "path(x, 1) is z", ends, ("noise",)),
    Law("path between", "at every tau the path is one to one", between, ("path begins",)),
)
