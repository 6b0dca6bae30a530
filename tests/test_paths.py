"""On its way from x to z every layer stays a bijection: no frame shows an impossible state."""

from __future__ import annotations

import torch
from case import Case
from laws import close, jacobians
from registry import every
from torch import Tensor

from flowviz.layers import Inverse, Sequential
from flowviz.layers.room import common_room, in_room

TAUS = [i / 12 for i in range(13)]


def close_but_for_padding(case: Case, a: Tensor, b: Tensor) -> None:
    """Paths between spaces of different size stand in the larger one, padded with zeros."""
    room = common_room(a.shape[1:], b.shape[1:])
    close(in_room(a, a.shape[1:], room), in_room(b, b.shape[1:], room), case.tolerance)


@every()
def test_the_path_starts_at_x(case):
    layer, x = case.build(), case.points()
    close_but_for_padding(case, layer.path(x, 0.0, case.contexts(x)), x)


@every()
def test_the_path_ends_at_z(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    close_but_for_padding(case, layer.path(x, 1.0, context), layer(x, context, "mean")[0])


@every(kind="bijection")
def test_every_map_on_the_path_is_a_bijection(case):
    """The determinant is never zero; unless the layer is cut it keeps one sign throughout."""
    layer, x = case.build(), case.points(64)
    context = case.contexts(x)
    for tau in TAUS:
        sign, log_volume = torch.linalg.slogdet(
            jacobians(lambda x, tau=tau: layer.path(x, tau, context), x)
        )
        assert torch.isfinite(log_volume).all(), f"singular at tau = {tau}"
        assert layer.cut or (sign == 1).all(), f"reflected at tau = {tau}"


@every(kind="bijection")
def test_the_path_does_not_jump(case):
    """Small steps of tau, small steps of the points: halving the step about halves the stride."""
    layer, x = case.build(), case.points(8)
    context = case.contexts(x)
    if layer.cut:
        return

    def stride(steps: int):
        frames = torch.stack([layer.path(x, k / steps, context) for k in range(steps + 1)])
        return frames.diff(dim=0).abs().max()

    assert stride(24) <= 0.75 * stride(12) + 1e-9


@every(kind="bijection")
def test_a_cut_layer_waits_and_then_is_there(case):
    layer, x = case.build(), case.points()
    while isinstance(layer, Inverse):
        layer = layer.layer
    if layer.cut and not isinstance(layer, Sequential):
        layer, context = case.build(), case.contexts(x)
        for tau in TAUS[:-1]:
            assert torch.equal(layer.path(x, tau, context), x)
