"""Glow as a whole: its shapes, its likelihood in full, its start, its samples."""

from __future__ import annotations

import pytest
import torch
from case import lively
from laws import close, jacobians

import flowviz as fv
from flowviz.layers import ConvCoupling, Sequential, Split


def images(n: int, *shape: int, seed: int = 0) -> torch.Tensor:
    """Smooth random images: a sum of few waves, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    phase, weight = torch.rand(2, n, shape[0], 1, 1, 4, generator=generator)
    rows, columns = torch.arange(shape[1])[:, None, None], torch.arange(shape[2])[None, :, None]
    waves = torch.sin(rows * torch.tensor([0.3, 0.0, 0.5, 0.2]) + columns * 0.4 + 6 * phase)
    noise = torch.randn(n, *shape, generator=generator)
    return (waves * weight).sum(-1) + 0.1 * noise


def test_two_levels_of_mnist():
    flow = fv.zoo.glow((1, 28, 28), levels=2, steps=2, width=8)
    assert flow.data_shape == (1, 28, 28) and flow.chain.latent_shape == (8, 7, 7) and flow.exact
    assert flow.log_prob(images(3, 1, 28, 28)).shape == (3,)
    assert flow.sample(2, seed=0).shape == (2, 1, 28, 28)


def test_the_likelihood_is_that_of_one_bijection_of_the_whole_image():
    """With the rest standardized by its prior, x -> (z, rest) is one to one: slogdet decides."""
    flow = lively(fv.zoo.glow((1, 4, 4), levels=2, steps=1, width=6), 0.5).double()
    split = next(i for i, layer in enumerate(flow) if isinstance(layer, Split))
    before, after = Sequential(flow.layers[:split]), Sequential(flow.layers[split + 1 :])

    def whole(x: torch.Tensor) -> torch.Tensor:
        h = before(x)[0]
        z, rest = h.tensor_split((flow[split].kept,), 1)
        mean, log_sigma = flow[split].prior.moments(z)
        rest = (rest - mean) * (-log_sigma).exp()
        return torch.cat([after(z)[0].flatten(1), rest.flatten(1)], 1)

    x = images(5, 1, 4, 4).double()
    normal = torch.distributions.Normal(0.0, 1.0)
    expected = normal.log_prob(whole(x)).sum(1) + torch.linalg.slogdet(jacobians(whole, x))[1]
    close(flow.log_prob(x), expected, 1e-9)


def test_what_is_drawn_comes_back_to_the_same_latent():
    flow = lively(fv.zoo.glow((2, 4, 4), levels=2, steps=2, width=6), 0.2).double()
    z = images(4, *flow.chain.latent_shape).double()
    x, drawn = flow.inverse(z)
    again, terms = flow(x)
    close(again, z, 1e-9)
    close(terms.total, drawn.total, 1e-8)


def test_initialize_reaches_the_norms_of_every_level():
    flow = fv.zoo.glow((1, 8, 8), levels=2, steps=1, width=6)
    flow.initialize(images(64, 1, 8, 8))
    for layer in flow:
        norms = layer.net.norms if isinstance(layer, ConvCoupling) else [layer]
        assert all(getattr(norm, "initialized", True) for norm in norms)
    close(flow(images(64, 1, 8, 8))[0].std((0, 2, 3)), torch.ones(8), 1e-3)


def test_it_learns():
    """From the start that ActNorm gives, a few steps gain nats on images it has not seen."""
    flow = fv.zoo.glow((1, 8, 8), levels=2, steps=2, width=16)
    flow.initialize(images(256, 1, 8, 8))
    unseen = images(256, 1, 8, 8, seed=1)
    start = flow.log_prob(unseen).mean().item()
    optimizer = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad], 2e-3)
    for step in range(30):
        loss = -flow.log_prob(images(48, 1, 8, 8, seed=2 + step)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert flow.log_prob(unseen).mean().item() > start + 5


def test_context_reaches_couplings_and_splits():
    flow = lively(fv.zoo.glow((1, 4, 4), steps=1, width=6, context=3), 0.5)
    x = images(4, 1, 4, 4)
    one, other = torch.randn(2, 4, 3)
    assert not torch.allclose(flow.log_prob(x, one), flow.log_prob(x, other))


def test_the_seed_decides_weights_and_rotations():
    def state(**seed: int | None) -> torch.Tensor:
        flow = fv.zoo.glow((1, 4, 4), steps=1, width=4, **seed)
        return torch.nn.utils.parameters_to_vector(flow.parameters())

    assert torch.equal(state(), state(seed=0)) and not torch.equal(state(), state(seed=1))
    assert not torch.equal(state(seed=None), state(seed=None))


def test_sizes_that_cannot_be_halved_raise():
    with pytest.raises(ValueError, match="divides 7 and 7, got 2"):
        fv.zoo.glow((1, 28, 28), levels=3)
    with pytest.raises(ValueError, match="levels >= 1 and steps >= 1, got 0 and 4"):
        fv.zoo.glow(levels=0)
