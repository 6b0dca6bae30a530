"""Bijections go there and back, and their volume is the log-determinant that autograd finds."""

from __future__ import annotations

import torch
from laws import close, jacobians, log_volumes
from registry import every

BIJECTION = {"kind": "bijection"}


@every(**BIJECTION)
def test_data_to_latent_and_back(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    z, _ = layer(x, context)
    close(layer.inverse(z, context)[0], x, case.tolerance)


@every(**BIJECTION)
def test_latent_to_data_and_back(case):
    layer, z = case.build(), case.latents()
    context = case.contexts(z)
    x, _ = layer.inverse(z, context)
    close(layer(x, context)[0], z, case.tolerance)


@every(**BIJECTION)
def test_volume_is_the_log_determinant(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    expected = log_volumes(lambda x: layer(x, context)[0], x)
    close(layer(x, context, case.quiet)[1].volume, expected, case.volume_tolerance)


@every(**BIJECTION)
def test_volume_of_the_inverse_is_minus_its_log_determinant(case):
    layer, z = case.build(), case.latents()
    context = case.contexts(z)
    expected = -log_volumes(lambda z: layer.inverse(z, context)[0], z)
    close(layer.inverse(z, context, case.quiet)[1].volume, expected, case.volume_tolerance)


@every(**BIJECTION)
def test_both_directions_agree_on_the_volume_of_a_pair(case):
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    z, there = layer(x, context, case.quiet)
    close(layer.inverse(z, context, case.quiet)[1].volume, there.volume, 10 * case.tolerance)


@every(**BIJECTION)
def test_volume_in_single_precision(case):
    layer, x = case.build(torch.float32), case.points(dtype=torch.float32)
    context = case.contexts(x)
    precise = case.build(torch.float32).double()
    wide = None if context is None else context.double()
    expected = precise(x.double(), wide, case.quiet)[1].volume
    close(layer(x, context, case.quiet)[1].volume, expected.float(), 1e-4)


@every(**BIJECTION)
def test_round_trip_in_single_precision(case):
    """As good as the map allows: an error of one rounding in z is J^-1 times that in x."""
    layer, x = case.build(torch.float32), case.points(dtype=torch.float32)
    context = case.contexts(x)
    z, _ = layer(x, context)
    error = (layer.inverse(z, context)[0] - x).abs().flatten(1).amax(1)
    wide = None if context is None else context.double()
    jacobian = jacobians(lambda x: case.build(torch.float32).double()(x, wide)[0], x.double())
    stretch = torch.linalg.inv(jacobian).abs().sum(-1).amax(-1)
    rounding = torch.finfo(torch.float32).eps * (1 + x.abs().flatten(1).amax(1))
    assert (error <= 50 * rounding * (1 + stretch)).all(), (error / rounding / (1 + stretch)).max()
