"""Layers that lose or add something: identities the right way round, and terms of the pair."""

from __future__ import annotations

import torch
from laws import close
from registry import every


@every(kind="surjection", exact=True)
def test_latent_to_data_and_back_is_the_identity(case):
    """What was drawn on the way to x is dropped on the way back: a right inverse."""
    layer, z = case.build(), case.latents()
    context = case.contexts(z)
    x, _ = layer.inverse(z, context)
    close(layer(x, context)[0], z, case.tolerance)


@every(kind="surjection", exact=True)
def test_the_terms_are_those_of_the_pair(case):
    layer, z = case.build(), case.latents()
    context = case.contexts(z)
    x, back = layer.inverse(z, context)
    _, there = layer(x, context)
    for a, b in zip(there, back, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            close(a, b, 10 * case.tolerance)


@every(kind="stochastic", columns=("encoder",))
def test_data_to_latent_and_back_is_the_identity(case):
    """What was added on the way to z is dropped on the way back."""
    layer, x = case.build(), case.points()
    context = case.contexts(x)
    z, there = layer(x, context)
    again, back = layer.inverse(z, context)
    close(again, x, case.tolerance)
    close(back.encoder, there.encoder, 10 * case.tolerance)


@every(exact=False)
def test_forward_draws_afresh(case):
    layer, x = case.build(), case.points()
    (z, terms), (w, others) = (layer(x, case.contexts(x)) for _ in range(2))
    drawn = (terms.total, others.total) if layer.estimated else (z, w)
    assert not torch.equal(*drawn)


@every(draws=True)
def test_the_same_seed_draws_the_same(case):
    layer, x, z = case.build(), case.points(), case.latents()

    def draw():
        with torch.random.fork_rng():
            torch.manual_seed(5)
            there, back = layer(x, case.contexts(x)), layer.inverse(z, case.contexts(z))
            return there[0], there[1].total, back[0], back[1].total

    for a, b in zip(draw(), draw(), strict=True):
        assert torch.equal(a, b)
