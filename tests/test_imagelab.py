"""ImageLab in Python: what it works out ahead, what it answers, what travels, what it refuses."""

from __future__ import annotations

import base64
import dataclasses
import io
import itertools
import math
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

import flowviz as fv
from flowviz.studies.data import sample
from flowviz.studies.evaluate import bits_per_dim
from flowviz.studies.latents import decode, encode, interpolation
from flowviz.studies.models import build
from flowviz.widgets.imagelab_wire import STORED, part_of, with_images
from flowviz.widgets.imagelab_wire import encode as encode_record

SHOWN = 3


@pytest.fixture(scope="module")
def images():
    return sample("mnist")[1][:SHOWN]


@pytest.fixture(scope="module")
def flow() -> fv.Flow:
    """It drops half of the numbers, and starts from data; training would change no law."""
    flow = build("glow", (1, 28, 28), levels=2, steps=1, width=8)
    flow.initialize(sample("mnist")[0].images[:64].float())
    return flow.eval()


@pytest.fixture(scope="module")
def lab(flow: fv.Flow, images) -> fv.ImageLab:
    return fv.ImageLab(flow, images, shown=SHOWN)


def arrays(lab: fv.ImageLab) -> dict[str, np.ndarray]:
    return lab.record.arrays


# What is worked out ahead


def test_the_heat_and_the_ledger_are_the_same_bits(lab: fv.ImageLab, flow, images) -> None:
    """And an independent evaluation, with as many draws, agrees up to its own noise."""
    words, heat = lab.record.words, arrays(lab)["heat"]
    np.testing.assert_allclose(heat.sum((1, 2)) / 784, words["bits"], atol=1e-4)
    np.testing.assert_allclose([sum(one) for one in words["terms"]], words["bits"], atol=2e-4)
    apart = bits_per_dim(flow, images, draws=4, seed=9).per_image.numpy()
    np.testing.assert_allclose(words["bits"], apart, rtol=0.02)


def test_walks_start_and_end_at_the_images(lab: fv.ImageLab, flow, images) -> None:
    walk = arrays(lab)["walk"]
    for place, (i, j) in enumerate(itertools.combinations(range(SHOWN), 2)):
        assert (walk[0, 0, place] == images.images[i].numpy()).all()
        assert (walk[-1, 0, place] == images.images[j].numpy()).all()
    steps = interpolation(flow, images.images[0], images.images[2], steps=len(walk))
    for mode, name in enumerate(("all", "mean")):
        assert (walk[:, mode, 1] == steps[name].numpy()).all(), name


def test_one_image_has_one_cost(lab: fv.ImageLab) -> None:
    """Wherever it stands: at the ends of a walk, before the first layer, in its ledger."""
    bits, pairs = np.array(lab.record.words["bits"]), [*itertools.combinations(range(SHOWN), 2)]
    walk, depths = arrays(lab)["walk/bits"], arrays(lab)["depths/bits"]
    np.testing.assert_array_equal(walk[[0, -1], 0], bits[np.array(pairs).T].astype(walk.dtype))
    np.testing.assert_array_equal(depths[0], [bits.astype(depths.dtype)] * 2)


def test_a_latent_that_is_not_moved_changes_nothing(lab: fv.ImageLab, images) -> None:
    moved, shifts = arrays(lab)["moved"], lab.record.words["shifts"]
    still = moved[shifts.index(0)]
    assert (still[0] == images.images[:, None].numpy()).all()
    assert (moved[-1] != still).any()


def test_the_shipped_latents_show_more_than_the_others(lab: fv.ImageLab, flow, images) -> None:
    code, size = encode(flow, images.images), 392
    tried = np.unique(np.linspace(0, size - 1, 32).round().astype(int))

    def change(latent: int) -> float:
        z = code.z.clone()
        z.flatten(1)[:, latent] += 2
        before = decode(flow, code, "mean").double()
        return float((decode(flow, type(code)(z, code.noise), "mean") - before).square().mean())

    shipped = lab.record.words["latents"]
    worst = min(change(latent) for latent in shipped)
    assert worst >= max(change(int(i)) for i in tried if i not in shipped)


def test_after_a_layer_mean_and_sample_differ_only_in_what_was_dropped(lab, images) -> None:
    depths, told = arrays(lab)["depths"], lab.record.words["depths"]
    assert [one["numbers"] for one in told] == [784, 392, 392]
    assert (depths[0] == images.images.numpy()).all()
    assert (depths[1, 0] != depths[1, 1]).any()


def test_a_flow_that_drops_nothing_gives_the_image_back_after_every_layer(images) -> None:
    nice = build("nice", (1, 28, 28), hidden=[8, 8]).eval()
    lab = fv.ImageLab(nice, images, shown=SHOWN)
    assert lab.record.words["modes"] == ["all"]
    depths = arrays(lab)["depths"]
    assert (depths == images.images.numpy()).all()


def test_cold_draws_come_from_the_same_noise(lab: fv.ImageLab, flow) -> None:
    words = lab.record.words
    assert words["temperatures"][-2] == 1
    again = fv.ImageLab(flow, sample("mnist")[1][:SHOWN], shown=SHOWN).record.arrays
    assert all((again[name] == arrays(lab)[name]).all() for name in again), "not reproducible"


# What the kernel answers


def wished(lab: fv.ImageLab, **wish) -> dict:
    """What the browser writes, and what it reads."""
    lab.set_state({"wish": {"id": 1, **wish}})
    return lab.reply


def text_of(image: torch.Tensor) -> str:
    return base64.b64encode(image.numpy().tobytes()).decode()


def test_a_drawing_costs_what_the_flow_says(lab: fv.ImageLab, images) -> None:
    """A drawing that is an image of the record has its account."""
    reply = wished(lab, kind="score", drawing=text_of(images.images[1]), heat=True)
    assert reply["bits"] == pytest.approx(lab.record.words["bits"][1], abs=1e-4)
    assert reply["terms"] == pytest.approx(lab.record.words["terms"][1], abs=1e-4)
    assert {"arrays", "payload"} <= reply.keys()
    quick = wished(lab, kind="score", drawing=text_of(images.images[1]))
    assert "payload" not in quick and quick["bits"] == reply["bits"]


def test_any_latent_can_be_moved(lab: fv.ImageLab) -> None:
    words = lab.record.words
    latent = words["latents"][1]
    reply = wished(lab, kind="moved", image=2, latent=latent)
    came = np.frombuffer(base64.b64decode(reply["pixels"]), np.uint8)
    shipped = arrays(lab)["moved"][:, :, 2, 1]
    assert (came.reshape(shipped.shape) == shipped).all()


def test_new_draws_have_costs(lab: fv.ImageLab) -> None:
    reply = wished(lab, kind="draws", seed=5, count=2)
    assert np.array(reply["bits"]).shape == (7, 2)
    assert len(base64.b64decode(reply["pixels"])) == 7 * 2 * 784


def test_beside_a_cell_nothing_is_answered(lab, images, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread leaves a wish to the thread of the cells, which gets to the newest."""

    class Loop:
        def __init__(self) -> None:
            self.later = []

        def add_callback(self, work) -> None:
            self.later.append(work)

    loop, before, replies = Loop(), lab.reply, []
    monkeypatch.setattr("flowviz.widgets.main_thread._kernel_loop", lambda: loop)
    texts = [text_of(image) for image in images.images]
    for text in texts:
        wish = {"kind": "score", "drawing": text}
        thread = threading.Thread(target=wished, args=(lab,), kwargs=wish)
        thread.start()
        thread.join()
    assert lab.reply == before and len(loop.later) == len(texts)
    hear = lambda change: replies.append(change["new"]["drawing"])  # noqa: E731
    lab.observe(hear, "reply")
    for work in loop.later:
        work()
    lab.unobserve(hear, "reply")
    assert replies == texts[-1:]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"kind": "score", "drawing": "####"}, "expected an image in base64"),
        ({"kind": "score", "drawing": "AAAA"}, "expected 784 bytes of an image, got 3"),
        ({"kind": "moved", "image": 0, "latent": 392}, "expected one of 392 latents, got 392"),
        ({"kind": "nothing"}, "nothing"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_answered(lab, wish: dict, words: str) -> None:
    assert words in wished(lab, **wish)["error"]


# What travels


def test_the_stored_part_is_the_same_picture_smaller(lab: fv.ImageLab) -> None:
    part = part_of(lab.record, STORED)
    words, whole = part.words, lab.record
    assert words["temperatures"] == [0.5, 0.7, 1.0] and words["shifts"] == [-3, 0, 3]
    draws = whole.arrays["draws"][[1, 2, 5], : STORED.draws]
    assert (part.arrays["draws"] == draws).all()
    assert (part.arrays["walk"][1, 0] == whole.arrays["walk"][2, 0]).all()
    assert (part.arrays["moved"][1] == whole.arrays["moved"][4, :, :, :2]).all()
    stored, full = (len(encode_record(one, "")[1]) for one in (part, whole))
    assert stored < 0.4 * full


def test_every_image_that_is_spoken_of_is_stored() -> None:
    """A question about image 7 would otherwise be asked, and answered, about another."""
    assert with_images(STORED, {"chosen": 1, "other": 0}) == STORED
    assert with_images(STORED, {}, {"chosen": 0, "other": 4}, {"chosen": 6}).images == 7


def test_a_question_stores_its_images(flow) -> None:
    lab = fv.ImageLab(flow, sample("mnist")[1][:5])
    assert len(lab._stored()["meta"]["bits"]) == STORED.images
    lab.ask("Which?", options=["a", "b"], of="costlier", set={"chosen": 2, "other": 4}, now=False)
    assert lab._stored()["meta"]["bits"] == lab.record.words["bits"]


def test_pages_know_that_they_have_no_kernel(lab: fv.ImageLab) -> None:
    assert lab.kernel and '"kernel":false' in lab.to_html()
    assert not lab._stored()["kernel"]


def test_restore_wants_the_flow_and_the_images(lab: fv.ImageLab, flow, images) -> None:
    lab.view, lab.along = "walk", 0.25
    again = fv.restore(lab.state, flow, images)
    assert (again.view, again.along, again.state) == ("walk", 0.25, lab.state)
    with pytest.raises(ValueError, match="expected the flow and the images of the ImageLab"):
        fv.restore(lab.state)
    with pytest.raises(ValueError, match="bits/dim of each"):
        fv.restore(lab.state, flow, sample("mnist")[1][5:8])


def test_repr_is_short(lab: fv.ImageLab) -> None:
    assert repr(lab) == "ImageLab('ImageLab', 3 images 1x28x28, lower bound)"


# Its still

BITS, SAMPLE = (36, 450), (36, 114)  # upper left corners of the first image, and of the first draw


def pixels(png: bytes, corner: tuple[int, int], zoom: int) -> np.ndarray:
    """The middles of the pixels of a digit that is drawn at a corner, (28, 28), of 112 greys."""
    x, y = corner
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[..., 0]
    return grey[y + zoom // 2 :: zoom, x + zoom // 2 :: zoom][:28, :28]


def same(seen: np.ndarray, image: np.ndarray) -> bool:
    """But for the frame, in which the outermost pixels may lie, and to the nearest grey."""
    return bool((np.abs(seen.astype(int) - image)[1:-1, 1:-1] <= 2).all())


def test_the_still_shows_the_record(lab: fv.ImageLab, images) -> None:
    png = lab._makers()[".png"]()
    assert same(pixels(png, BITS, 4), images.images[0, 0].numpy())
    draws = arrays(lab)["draws"]
    assert same(pixels(png, SAMPLE, 3), draws[5, 0, 0]), "temperature 1"
    assert lab._makers()[".png"]() == png
    lab.temperature = 0.3
    cold = lab._makers()[".png"]()
    lab.temperature = 1.0
    assert same(pixels(cold, SAMPLE, 3), draws[0, 0, 0])
    assert not same(pixels(png, SAMPLE, 3), draws[0, 0, 0])


def test_the_still_is_stored_and_saved(lab: fv.ImageLab, tmp_path) -> None:
    png = lab.save(tmp_path / "digits.png").read_bytes()
    bundle = lab._repr_mimebundle_()[0]
    assert base64.b64decode(bundle["image/png"]) == png
    assert len(png) < 60_000
    with pytest.raises(ValueError, match=r"expected \.html or \.png, got '.gif'"):
        lab.save(tmp_path / "digits.gif")


def test_the_still_does_not_answer_an_open_question(flow, images) -> None:
    """With other costs the very same picture, until the answer is given."""
    lab = fv.ImageLab(flow, images, shown=SHOWN)
    lab.ask("Which costs more?", options=["one", "two"], of="costlier")
    still = lab._makers()[".png"]
    asked, true = still(), lab.record
    rise = {"bits": [9.0] * SHOWN, "terms": (1 + np.array(true.words["terms"])).tolist()}
    dearer = {name: a + 1 if name.endswith("/bits") else a for name, a in true.arrays.items()}
    lab.record = dataclasses.replace(true, arrays=dearer, words={**true.words, **rise})
    assert still() == asked
    lab.revealed = True
    told = still()
    lab.record = true
    assert told != still() != asked


# What is refused


def test_refusals(lab: fv.ImageLab, flow, images) -> None:
    with pytest.raises(ValueError, match="expected a flow of"):
        fv.ImageLab(fv.zoo.nsf(dim=2), images)
    with pytest.raises(ValueError, match="expected 2 to 12 images"):
        fv.ImageLab(flow, images[:1])
    with pytest.raises(TraitError, match="expected one of 3 images, got 3"):
        lab.chosen = 3
    with pytest.raises(TraitError):
        lab.view = "upside down"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("latent", 392, "latent: expected 0 to 391, got 392"),
        ("depth", 99, "depth: expected 0 to [0-9], got 99"),
        ("pixel", [28, 0], r"pixel: expected \[\] or \[row, column\] of 28x28, got \[28, 0\]"),
        ("pixel", [0, -1], "pixel: expected"),
        ("pixel", [3], "pixel: expected"),
        ("temperature", math.nan, "temperature: expected a finite number, got nan"),
        ("along", math.nan, "along: expected a finite number, got nan"),
        ("shift", math.inf, "shift: expected a finite number, got inf"),
        ("drawing", "####", "drawing: expected an image in base64"),
        ("drawing", "AAAA", "drawing: expected 784 bytes of an image, got 3"),
    ],
)
def test_a_view_that_is_not_there_is_refused(lab: fv.ImageLab, name, value, words) -> None:
    before = getattr(lab, name)
    with pytest.raises(TraitError, match=words):
        setattr(lab, name, value)
    assert getattr(lab, name) == before


def test_the_ends_of_every_view_are_there(flow, images) -> None:
    lab = fv.ImageLab(flow, images, shown=SHOWN, latent=391, pixel=[27, 27], temperature=0,
                      drawing=text_of(images.images[1]))  # fmt: skip
    lab.depth, lab.pixel, lab.drawing = len(lab.record.words["depths"]) - 1, [], ""
    assert (lab.latent, lab.temperature, lab.pixel, lab.drawing) == (391, 0, [], "")
