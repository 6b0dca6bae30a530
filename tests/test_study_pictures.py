"""Codes give images back, and pictures show the numbers that they were given."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from flowviz import Flow, StandardNormal, Uniform, zoo
from flowviz.figures.theme import LIGHT, rgb
from flowviz.layers import (
    Affine,
    ConvFunnel,
    CouplingFunnel,
    Flatten,
    FlowifiedConv2d,
    FlowifiedLinear,
    LinearFunnel,
    Logit,
    MaxPool,
    RationalQuadraticSpline,
    Slice,
    UniformDequantization,
)
from flowviz.layers.univariate import Affine as AffineMap
from flowviz.studies import data, latents, pictures
from flowviz.studies.ledgers import average_ledger
from flowviz.studies.pixels import PixelBits, pixel_bits

SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def digits() -> Tensor:
    return data.sample("mnist")[1].images[:5, :, 10:18, 10:18]


def flows() -> dict[str, Flow]:
    pixels = [UniformDequantization(SHAPE), Logit(SHAPE, 0.05)]
    chains = {
        "glow": zoo.glow(SHAPE, steps=2, width=8).layers,
        "mlp": [Flatten(SHAPE), FlowifiedLinear(64, 20, hidden=(16,)),
                RationalQuadraticSpline(20), FlowifiedLinear(20, 4)],
        "conv": [FlowifiedConv2d(SHAPE, 6, 3, 2), FlowifiedConv2d((6, 4, 4), 8, 2, 2),
                 FlowifiedConv2d((8, 2, 2), 8, 2, 2, decoder="standard_normal")],
        "slice": [Flatten(SHAPE), Slice(64, [3, 40, 41])],
        "funnel": [ConvFunnel(SHAPE), Flatten((1, 4, 4)), LinearFunnel(16, 7),
                   CouplingFunnel(7, 2, AffineMap(2.0))],
    }  # fmt: skip
    made = {name: Flow([*pixels, *chain]) for name, chain in chains.items()}
    for flow in made.values():
        for p in flow.parameters():
            p.data += 0.1 * torch.randn_like(p)
    return made


@pytest.fixture(scope="module")
def models() -> dict[str, Flow]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return flows()


KINDS = ["glow", "mlp", "conv", "slice", "funnel"]


@pytest.mark.parametrize("name", KINDS)
def test_a_code_gives_its_image_back(models, digits, name):
    flow = models[name]
    code = latents.encode(flow, digits)
    assert torch.equal(latents.decode(flow, code), digits)
    assert any(noise is not None for noise in code.noise)
    assert code.z.shape == (5, *flow.base.shape)


@pytest.mark.parametrize("name", KINDS)
def test_modes_are_those_of_the_flow(models, digits, name):
    """Against the flow's own way there and back."""
    flow = models[name]
    rows = latents.reconstructions(flow, digits, seed=5)
    z = flow(digits.float(), mode="mean")[0]
    with torch.random.fork_rng():
        torch.manual_seed(5)
        sample = flow.inverse(z, mode="sample")[0]
    mean = flow.inverse(z, mode="mean")[0]
    assert torch.equal(rows["original"], digits)
    assert torch.equal(rows["mean"].float(), mean)
    assert torch.equal(rows["sample"].float(), sample)
    assert not torch.equal(rows["mean"], rows["sample"])


def test_noise_that_was_dropped_is_standard():
    """Images drawn from a model have codes that are normal."""
    pixels = [UniformDequantization(SHAPE), Logit(SHAPE, 0.05), Affine(SHAPE)]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = Flow([*pixels, *zoo.glow(SHAPE, steps=2, width=8).layers])
        for p in flow.parameters():
            p.data += 0.1 * torch.randn_like(p)
    code = latents.encode(flow, flow.sample(400, seed=2).byte())
    noise = torch.cat([e.flatten() for e in code.noise if e is not None])
    assert abs(float(noise.mean())) < 0.02 and float(noise.std()) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("name", KINDS)
def test_a_walk_ends_at_its_images(models, digits, name):
    rows = latents.interpolation(models[name], digits[0], digits[1], steps=4)
    assert list(rows) == ["all", "mean", "sample"]
    for images in rows.values():
        assert images.shape == (4, *SHAPE) and images.dtype == torch.uint8
    assert torch.equal(rows["all"][0], digits[0]) and torch.equal(rows["all"][-1], digits[1])
    middle = rows["all"][1]
    assert not torch.equal(middle, digits[0]) and not torch.equal(middle, digits[1])


def test_a_walk_through_a_bijection_has_one_row(digits):
    flow = Flow([UniformDequantization(SHAPE), Logit(SHAPE, 0.05)])
    rows = latents.interpolation(flow, digits[0], digits[1], steps=3)
    assert list(rows) == ["all"]
    half = 0.5 * sum(torch.logit(0.05 + 0.9 * (d + 0.5) / 256) for d in digits[:2].float())
    expected = 256 * (half.sigmoid() - 0.05) / 0.9
    assert torch.equal(rows["all"][1], expected.floor().byte())


@pytest.mark.parametrize("name", KINDS)
def test_cold_draws_are_alike(models, name):
    flow = models[name]
    rows = latents.temperatures(flow, 6, at=(1e-6, 1.0))
    cold, warm = rows["T = 1e-06"].float(), rows["T = 1"].float()
    middle = flow.inverse(torch.zeros(1, *flow.base.shape), mode="mean")[0]
    assert (cold - middle).abs().max() <= 1  # a byte, where rounding decides
    assert (warm - middle).abs().max() > 30


def test_temperature_one_is_the_model():
    """Means and spreads of pixels against Flow.sample."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = flows()["glow"]
    ours = latents.temperatures(flow, 2000, at=(1.0,))["T = 1"].float()
    theirs = flow.sample(2000, seed=1)
    error = theirs.std(0) * (2 / 2000) ** 0.5
    assert ((ours.mean(0) - theirs.mean(0)) / error).abs().max() < 4.5
    assert (ours.std(0) / theirs.std(0) - 1).abs().max() < 0.15


def test_latents_refuse(models, digits):
    with pytest.raises(ValueError, match="expected mode mean, sample, all, got 'median'"):
        latents.decode(models["mlp"], latents.encode(models["mlp"], digits), "median")
    with pytest.raises(ValueError, match="steps >= 2"):
        latents.interpolation(models["mlp"], digits[0], digits[1], steps=1)
    with pytest.raises(ValueError, match="expected images"):
        latents.encode(models["mlp"], digits[..., :7])
    pooled = Flow([UniformDequantization(SHAPE), Logit(SHAPE), MaxPool(SHAPE)])
    assert latents.reconstructions(pooled, digits)["mean"].shape == digits.shape


# ---------------------------------------------------------------- pictures


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def area(pixels: np.ndarray, colour: str) -> int:
    return int((pixels == rgb(colour)).all(-1).sum())


def contains(pixels: np.ndarray, image: Tensor, zoom: int) -> bool:
    """True if the zoomed image stands somewhere in the picture, byte for byte."""
    block = image[0].numpy().astype(int).repeat(zoom, 0).repeat(zoom, 1)
    grey = pixels[..., 0]
    views = np.lib.stride_tricks.sliding_window_view(grey, block.shape)
    starts = np.argwhere(views[..., 0, 0] == block[0, 0])
    return any((views[y, x] == block).all() for y, x in starts)


def test_rows_show_the_very_images(digits):
    rows = {"original": digits[:2], "other": 255 - digits[:2]}
    pixels = opened(pictures.image_rows(rows, "Rows", zoom=3))
    for images in rows.values():
        assert all(contains(pixels, image, 3) for image in images)
    dark = opened(pictures.image_rows(rows, dark=True))
    assert tuple(dark[0, 0]) != tuple(pixels[0, 0])
    colour = {"colour": torch.randint(0, 256, (2, 3, 8, 8)).byte()}
    assert opened(pictures.image_rows(colour)).shape[2] == 3
    with pytest.raises(ValueError, match=r"equally many images, got \[1, 2\]"):
        pictures.image_rows({"a": digits[:2], "b": digits[:1]})


def test_heat_is_one_colour_where_all_pixels_cost_alike(digits):
    flow = Flow([UniformDequantization(SHAPE)], Uniform(SHAPE))
    bits = pixel_bits(flow, digits[:2])
    assert torch.allclose(bits.values, torch.tensor(8.0).double())
    pixels = opened(pictures.heat_maps(bits, digits[:2], zoom=4))
    most = LIGHT.density[-1]
    # less the left and upper lines of the frames, and the end of the scale
    assert area(pixels, most) == pytest.approx(2 * (32 * 32 - 63) + 12, abs=3)
    assert area(pixels, LIGHT.volume) == 0


def test_heat_tells_costs_from_gains(digits):
    values = torch.zeros(1, *SHAPE).double()
    values[..., 2, 3], values[..., 5, 5] = 4.0, -4.0
    bits = PixelBits(values, 64, "exact")
    pixels = opened(pictures.heat_maps(bits, digits[:1], zoom=6))
    assert area(pixels, LIGHT.density[-1]) >= 36 and area(pixels, LIGHT.volume) >= 36
    with pytest.raises(ValueError, match="expected images"):
        pictures.heat_maps(bits, digits)


def test_bars_are_as_long_as_their_bits(digits):
    """The area of a colour is its sum of bits; the legend's squares aside."""
    flow = Flow([UniformDequantization(SHAPE), Logit(SHAPE, 0.05), Affine(SHAPE)],
                StandardNormal(SHAPE))  # fmt: skip
    flow[2].params.data[0] = -0.5
    account = average_ledger(flow, digits)
    pixels = opened(pictures.ledger_bars(account))
    bits = {"encoder": 8.0, "base": account.bits(account.base),
            "volume": sum(abs(account.bits(t["volume"])) for t in account.terms[1:])}  # fmt: skip
    areas = {column: area(pixels, getattr(LIGHT, column)) - 144 for column in bits}
    unit = areas["encoder"] / bits["encoder"]
    for column in ("base", "volume"):
        assert areas[column] / unit == pytest.approx(bits[column], rel=0.04)
    assert len(pictures.ledger_bars(account, dark=True)) > 1000
