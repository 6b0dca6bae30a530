"""The image models: parameters as published, and the laws of flows over all of them at once."""

from __future__ import annotations

import math
import re

import pytest
import torch
from laws import jacobians

from flowviz import Flow
from flowviz.flow import learned, seeded
from flowviz.layer import Terms
from flowviz.layers import FlowifiedConv2d, PadImage, Tile
from flowviz.studies.models import NAMES, SMALL, build
from flowviz.studies.models.dequantizer import PixelNoise
from flowviz.studies.models.flowified import Dense, Kernel, Splines
from flowviz.studies.models.pixels import FromCube

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
PUBLISHED = {
    ("mlp", GREY): 5_496_529,
    ("conv1", GREY): 1_936_354,
    ("conv1-nsf", GREY): 3_065_270,
    ("conv2", GREY): 1_676_713,
    ("conv2-nsf", GREY): 2_714_197,
    ("conv1", COLOUR): 12_084_712,
    ("conv1-nsf", COLOUR): 12_428_462,
    ("conv2", COLOUR): 9_420_455,
    ("conv2-nsf", COLOUR): 10_163_315,
}
TINY = (1, 4, 4)
FEW = {
    "flowified-mlp": {"network": [Dense(9), Dense(3, spline=False)]},
    "flowified-conv1": {"network": [Kernel(4, 3, 2), Kernel(5, 2, 1), Dense(3)]},
    "flowified-conv2": {"network": [Kernel(4, 2, 2), Kernel(3, 2, 2), Dense(3), Dense(2)]},
    "flowified-conv1-nsf": {"network": [Kernel(11, 3, 2), Splines(1), Dense(4), Splines(2)]},
    "flowified-conv2-nsf": {"network": [Kernel(4, 2, 2), Splines(2), Kernel(4, 2, 2), Splines(1)]},
    "nice": {"hidden": (8,)},
    "realnvp": {"width": 4, "blocks": 1},
    "realnvp-contribution": {"width": 4, "blocks": 1, "pretrain": 2},
    "glow": {"levels": 2, "steps": 1, "width": 4},
    "rq-nsf": {"levels": 2, "steps": 1, "width": 4, "blocks": 1, "multi_scale": True},
    "maf": {"layers": 2, "hidden": (20,), "alpha": 0.05},
    "funnel-mlp": {"hidden": (8,), "latent": 3, "decoder": (8,)},
    "funnel-conv": {"levels": 2, "steps": 1, "width": 4, "blocks": 1},
}

every = pytest.mark.parametrize("name", NAMES)


def pixels(count: int, shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, *shape), generator=generator).float()


def small(name: str, dtype: torch.dtype = torch.float64, **options) -> Flow:
    """The model in small, at random numbers that are neither the identity nor degenerate."""
    flow = build(name, TINY, **FEW[name], **options)
    with seeded(1), torch.no_grad():
        for p in flow.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return flow.to(dtype)


def idle(flow: Flow) -> int:
    """Pad and tile scales of the released code that have nothing to pad, or no copies to make."""
    found = 0
    for layer in flow.modules():
        if isinstance(layer, FlowifiedConv2d):
            kinds = [type(step) for step in layer.steps.layers]
            copies = any(isinstance(s, Tile) and s.copies for s in layer.steps.layers)
            found += 2 - (PadImage in kinds) - copies
    return found


@pytest.mark.parametrize(("network", "shape"), PUBLISHED)
def test_flowified_networks_have_the_numbers_of_the_released_code(network, shape):
    flow = build(f"flowified-{network}", shape, rotation="matrix_exponential")
    assert learned(flow) + idle(flow) == PUBLISHED[network, shape]
    assert flow.chain.latent_shape == ((8,) if shape == GREY else (128,))


@pytest.mark.parametrize("form", ["cayley", "exponential", "householder"])
def test_other_rotations_have_fewer_numbers_by_what_a_full_matrix_says_twice(form):
    """D (D - 1) / 2 instead of D^2; Householder: an even number of vectors, D or D - 1."""
    sizes = [784, *[512, 256, 128, 64, 32] * 2, 8]
    spared = {
        "householder": sum(n * n - 2 * (n // 2) * n for n in sizes),
        "cayley": sum(n * n - n * (n - 1) // 2 for n in sizes),
    }
    spared["exponential"] = spared["cayley"]
    flow = build("flowified-mlp", GREY, rotation=form)
    assert learned(flow) == PUBLISHED["mlp", GREY] - spared[form]


def test_the_colour_mlp_is_the_intended_one():
    sizes = [layer.latent_shape for layer in build("flowified-mlp", COLOUR).layers]
    widths = [s[0] for s in sizes if len(s) == 1]
    assert list(dict.fromkeys(widths)) == [3072, 1024, 512, 256, 128] and widths.count(512) == 4


def test_neural_spline_flows_have_the_published_size():
    """11.8 million for CIFAR-10 in 8 bits (Durkan et al. 2019)."""
    assert round(learned(build("rq-nsf", COLOUR)) / 1e6, 1) == 11.8


def test_glow_has_the_published_size():
    """44.0 million for CIFAR-10; ours has wider priors behind `Split`."""
    assert learned(build("glow", COLOUR)) == pytest.approx(44.0e6, rel=0.02)


# Bits per dimension of four uniform random images before training, from papers.md: one draw.
AT_THE_START = {"mlp": 9.7, "conv1": 18.1, "conv1-nsf": 18.3, "conv2": 10.3, "conv2-nsf": 17.6}


def cost_at_the_start(network: str, seed: int, log_spread: float | None = None) -> float:
    """Bits/dim of the untrained network; log_spread: of the padding, drawn otherwise."""
    flow = build(f"flowified-{network}", GREY, init="paper", seed=seed)
    for layer in flow.modules():
        if isinstance(layer, PadImage) and log_spread is not None:
            layer.log_spread.data.fill_(log_spread)
    with seeded(seed), torch.no_grad():
        return -float(flow.log_prob(pixels(4, GREY)).mean()) / (784 * math.log(2))


@pytest.mark.parametrize("network", ["mlp", "conv1", "conv1-nsf", "conv2"])
def test_the_papers_start_costs_what_the_released_code_costs(network):
    costs = [cost_at_the_start(network, seed) for seed in range(3)]
    assert min(costs) - 1.5 < AT_THE_START[network] < max(costs) + 1.5, costs


@pytest.mark.parametrize("network", ["conv2", "conv2-nsf"])
def test_the_draw_of_the_paddings_spread_decides_the_rest(network):
    """log A ~ N(0, 1): the two networks, 10.3 and 17.6 in the table, differ by that draw."""
    costs = [cost_at_the_start(network, 0, log_spread) for log_spread in (0.0, 2.5)]
    assert costs[0] < AT_THE_START[network] < costs[1], costs


def test_principal_axes_start_as_a_gaussian_of_the_data():
    """Correlated images: below the start that knows scales only, far below the paper's."""
    with seeded(0):
        coarse = torch.randn(300, 1, 7, 7)
        smooth = torch.nn.functional.interpolate(coarse, scale_factor=4, mode="bilinear")
        x = (128 + 40 * smooth + torch.randn(300, 1, 28, 28)).clamp(0, 255).round()
    costs = {}
    for init in ("paper", "near_identity", "principal"):
        flow = build("flowified-conv2", GREY, init=init)
        flow.initialize(x[:200])
        with seeded(0), torch.no_grad():
            costs[init] = -float(flow.log_prob(x[200:]).mean()) / (784 * math.log(2))
    assert costs["principal"] < costs["near_identity"] - 0.3, costs
    assert costs["near_identity"] < costs["paper"] - 0.3, costs


@every
def test_the_ledger_sums_to_log_prob_and_the_flow_says_what_it_is(name):
    flow, x = small(name), pixels(5, TINY).double()
    assert flow.data_shape == TINY and not flow.exact  # all begin with a dequantization
    with seeded(3):
        ledger = flow.ledger(x)
    with seeded(3):
        total = flow.log_prob(x)
    torch.testing.assert_close(ledger.total, total)
    assert total.shape == (5,) and torch.isfinite(total).all() and len(ledger.rows) == len(flow)


@every
def test_what_comes_back_has_the_terms_of_the_way_there(name):
    """latent -> data -> latent, layer by layer behind the dequantization (which cuts off)."""
    flow = small(name)
    with seeded(4):
        z = 0.3 * torch.randn(3, *flow.chain.latent_shape).double()
        for layer in list(flow.layers)[:0:-1]:
            x, back = layer.inverse(z)
            if layer.exact:
                again, onwards = layer(x)
                torch.testing.assert_close(again, z, rtol=1e-7, atol=1e-7)
                torch.testing.assert_close(onwards.total, back.total, rtol=1e-7, atol=1e-7)
            z = x
        out = flow.sample(2, seed=0)
    assert out.shape == (2, *TINY) and ((out >= 0) & (out <= 255) & (out == out.floor())).all()


@every
def test_every_volume_is_the_jacobians(name):
    """Of bijections log |det|; of reducing layers that of the part that is mapped one to one."""
    flow, x = small(name), pixels(3, TINY, seed=2).double()
    with seeded(5):
        for layer in flow.layers:
            z, terms = layer(x)
            if layer.kind == "bijection" and not isinstance(layer, FromCube):
                jacobian = jacobians(lambda v, on=layer: on(v)[0], x)
                volume = torch.linalg.slogdet(jacobian).logabsdet
                torch.testing.assert_close(terms.volume, volume, rtol=1e-6, atol=1e-6)
            x = z.detach()


@every
def test_gradients_are_finite_and_reach_every_parameter_that_counts(name):
    flow, x = small(name, torch.float32), pixels(6, TINY)
    (-flow.log_prob(x).mean()).backward()
    grads = {k: p.grad for k, p in flow.named_parameters() if p.requires_grad}
    assert all(g is not None and torch.isfinite(g).all() for g in grads.values())
    assert sum(float(g.abs().sum()) > 0 for g in grads.values()) > 0.8 * len(grads)


@every
def test_a_batch_of_one_is_a_row_of_a_batch(name):
    flow, x = small(name), pixels(4, TINY).double()
    behind = flow[1:]
    v = (x + 0.5) / 256
    exact = all(layer.exact for layer in behind.layers)
    if exact:
        torch.testing.assert_close(behind.log_prob(v[:1])[0], behind.log_prob(v)[0])
    assert flow.log_prob(x[:1]).shape == (1,) and flow.log_prob(x[0]).shape == ()


@every
def test_variational_dequantization_is_a_bound_that_learns(name):
    flow, x = build(name, TINY, dequantization="variational", **FEW[name]), pixels(8, TINY)
    first = flow.layers[0]
    (-flow.log_prob(x).mean()).backward()
    assert any(p.grad.abs().sum() > 0 for p in first.parameters())
    assert torch.isfinite(flow.log_prob(x, draws=3)).all()


def test_the_noise_of_pixels_has_the_density_of_its_map():
    """log q(u) of u = map(e), e ~ N(0, I): the Jacobian by autograd."""
    with seeded(0):
        noise = PixelNoise((1, 2, 3), 4, 1).double()
        for p in noise.parameters():
            p.data.add_(0.3 * torch.randn_like(p))
        given, e = torch.rand(6).double(), torch.randn(1, 2, 3).double()
    jacobian = torch.autograd.functional.jacobian(lambda v: noise._pushed(v, given), e)
    volume = torch.linalg.slogdet(jacobian.reshape(6, 6)).logabsdet
    expected = -0.5 * e.square().sum() - 3 * math.log(2 * math.pi) - volume
    torch.testing.assert_close(noise.log_prob(noise._pushed(e, given), given), expected)


@pytest.mark.parametrize("name", SMALL)
def test_small_sizes_are_models_of_mnist(name):
    flow = build(name, GREY, **SMALL[name])
    assert learned(flow) < 5e6 and torch.isfinite(flow.log_prob(pixels(2, GREY))).all()


def test_names_and_options_that_do_not_fit_raise():
    with pytest.raises(ValueError, match="expected a model, one of .*got 'glo'"):
        build("glo", GREY)
    with pytest.raises(ValueError, match=r"image shape \(C, H, W\), got \(784,\)"):
        build("nice", (784,))
    with pytest.raises(ValueError, match="expected dequantization 'uniform' or .*got 'none'"):
        build("nice", TINY, dequantization="none")
    with pytest.raises(ValueError, match="expected init .*got 'xavier'"):
        build("flowified-mlp", TINY, init="xavier")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("nice", {"hiden": [8]}, "expected options one of .*got 'hiden' (did you mean hidden?)"),
        ("realnvp-contribution", {"widt": 8}, "got 'widt' (did you mean width?)"),
        ("flowified-mlp", {"decodr": "student_t"}, "(did you mean decoder?)"),
        ("nice", {"hidden": 8}, "nice: hidden: expected a list, each a whole number, got 8"),
        ("nice", {"hidden": "abc"}, "hidden: expected a list, each a whole number, got 'abc'"),
        ("nice", {"hidden": [8, "9"]}, "hidden: expected a list, each a whole number"),
        ("glow", {"width": "32"}, "glow: width: expected a whole number, got '32'"),
        ("glow", {"levels": True}, "levels: expected a whole number or null, got True"),
        ("glow", {"limit": "big"}, "limit: expected a number, got 'big'"),
        ("realnvp", {"fold": 1}, "fold: expected true or false, got 1"),
        ("flowified-mlp", {"rotation": 3}, "rotation: expected a word, got 3"),
    ],
)
def test_options_that_are_not_the_models_are_refused(name, options, words):
    with pytest.raises(ValueError, match=re.escape(words).replace(r"\.\*", ".*")):
        build(name, TINY, **{**FEW[name], **options})


def test_options_of_the_right_kind_are_taken():
    """Numbers without a point where a float is meant, null, lists from JSON, both functions'."""
    build("glow", TINY, **{**FEW["glow"], "limit": 1, "levels": None})
    build("nice", TINY, hidden=[8, 8])
    build("realnvp-contribution", TINY, width=4, blocks=1, pretrain=0, fold=True)


def test_the_same_seed_builds_the_same_model():
    a, b, c = (build("glow", TINY, **FEW["glow"], seed=seed) for seed in (1, 1, 2))
    pairs = list(zip(a.parameters(), b.parameters(), c.parameters(), strict=True))
    assert all(torch.equal(p, q) for p, q, _ in pairs)
    assert not all(torch.equal(p, r) for p, _, r in pairs)


def test_folded_checkerboards_are_checkerboards():
    """The first coupling moves pixels of one colour only, and reads those of the other."""
    for fold in (False, True):
        flow = build("realnvp", TINY, width=4, blocks=1, fold=fold).double()
        with seeded(0), torch.no_grad():
            for p in flow.parameters():
                p.add_(0.3 * torch.randn_like(p))
        first = next(i for i, k in enumerate(flow.layers) if k.title == "affine coupling")
        chain = Flow(flow.layers[2 : first + 1]).chain
        at = chain.layers
        jacobian = jacobians(lambda v, c=chain: c(v)[0], torch.rand(1, *TINY).double())[0]
        moved = (jacobian.abs() > 1e-12).sum(1) > 1
        if fold:  # back to the places of the pixels
            image = moved.double().reshape(chain.latent_shape)
            for layer in list(at)[::-1]:
                if layer.title in ("order of channels", "squeeze"):
                    image = layer.inverse(image)[0]
            moved = image.flatten() > 0
        colour = (torch.arange(4)[:, None] + torch.arange(4)) % 2 == 1
        assert torch.equal(moved.reshape(4, 4), colour), fold


def test_the_cube_in_real_space():
    layer = FromCube(TINY, 0.5, 2.0).double()
    x = torch.rand(3, *TINY).double()
    z, terms = layer(x)
    torch.testing.assert_close(z, 2 * x - 1)
    assert isinstance(terms, Terms) and terms.volume[0].item() == pytest.approx(16 * math.log(2))
