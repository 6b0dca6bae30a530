"""LayerLab keeps its answers to itself: what is locked and hidden while a question is open, in
every kind of layer; and what the choice handles and key R do to what stands beside the picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, expect

import flowviz as fv

from .conftest import shoot
from .test_layerlab import Lab

pytestmark = pytest.mark.browser

Make = Callable[..., Lab]
_IMAGE = "canvas => canvas.toDataURL()"
_ALL = "all => all.map(canvas => canvas.toDataURL())"
_PROBE = {"dequantization": [1.0, 2.0]}
_HIDDEN = "el => getComputedStyle(el).visibility === 'hidden'"


@pytest.fixture
def show(open_page, tmp_path: Path) -> Make:
    def one(widget: fv.LayerLab, **room) -> Lab:
        return Lab(open_page(widget.save(tmp_path / "asked.html"), **room).page)

    return one


def asks(kind: str, question: str, **options) -> fv.LayerLab:
    widget = fv.LayerLab(kind, **options)
    widget.ask("What is log p(x)?", question)
    return widget


def picture(board: Locator) -> str:
    return board.evaluate(_IMAGE)


def inert(part: Locator) -> list[bool]:
    return part.evaluate_all("all => all.map(one => one.closest('[inert]') !== null)")


def test_a_fault_waits_for_the_answer_that_it_would_give(show: Make) -> None:
    """The question of notebook 11: what is left of the mass over a Gaussian base."""
    widget = fv.LayerLab("abs")
    widget.ask("What is left?", options=["1.0", "0.25"], truth="0.25")
    lab = show(widget)
    assert all(inert(lab.root.locator(".flowviz-audit")))
    lab.root.locator(".flowviz-audit").evaluate("one => one.open = true")
    box = lab.root.locator("[data-control=fault-base]").bounding_box()
    lab.page.mouse.click(box["x"] + 8, box["y"] + 8)
    assert lab.read("fault") == "" and lab.read("asking") == "choice"
    lab.root.get_by_role("button", name="0.25").click()
    lab.root.locator("[data-control=fault-base]").click()
    lab.until(lambda: abs(lab.mass - 0.25) < 0.002, "the quarter that is left")


def test_a_beat_that_brings_another_layer_and_asks_locks_its_handles(show: Make) -> None:
    widget = fv.LayerLab("affine")
    widget.ask("Which?", options=["this", "that"], truth="that", id="a", now=False)
    widget.beats = [{"say": "look"}, {"state": {"kind": "coupling", "params": {}}, "question": "a"}]
    lab = show(widget)
    lab.data.focus()
    lab.press("f")
    lab.until(lambda: "flowviz-present" in lab.root.get_attribute("class"), "presenter mode")
    lab.press("PageDown")
    lab.until(lambda: lab.read("kind") == "coupling" and lab.read("asking") == "choice", "a beat")
    for parts in (".flowviz-handles .flowviz-row", ".flowviz-plots figure", ".flowviz-audit"):
        found = inert(lab.root.locator(parts))
        assert found and all(found), parts


def test_key_r_leaves_the_layer_alone_while_it_is_asked_about(show: Make) -> None:
    widget = asks("affine", "sign")
    widget.params = {**widget.params, "s1": -1.5}
    lab = show(widget)
    lab.data.focus()
    lab.press("r")
    assert lab.json("params")["s1"] == -1.5


@pytest.mark.parametrize("question", ["number", "sign"])
@pytest.mark.parametrize("kind", ["augment", "flowified12", "tile"])
def test_no_figure_of_a_bound_is_in_sight_while_it_is_asked_for(
    show: Make, kind: str, question: str
) -> None:
    lab = show(asks(kind, question))
    shoot(lab.page, f"lab-asked-{kind}-{question}")
    bounds = lab.root.locator(".flowviz-bounds")
    assert bounds.evaluate(_HIDDEN)
    board = lab.root.locator(".flowviz-board-bill" if kind == "tile" else ".flowviz-board-data")
    secret = picture(board)
    if kind == "tile":
        assert not board.get_attribute("aria-description")
    lab.data.focus()
    lab.press("Shift+ArrowUp")
    assert lab.root.locator(".flowviz-live").inner_text() == ""
    card = lab.root.locator(".flowviz-card")
    if question == "sign":
        card.get_by_role("button", name="zero").first.click()
    else:
        card.get_by_role("textbox").fill("1")
        card.get_by_role("button", name="answer").click()
    lab.until(lambda: lab.read("asking") == "", "an answer")
    assert not bounds.evaluate(_HIDDEN)
    assert picture(board) != secret


@pytest.mark.parametrize("kind", ["flowified21", "slice", "augment", "flowified12", "affine"])
def test_the_probe_is_not_where_it_is_asked_for(show: Make, kind: str) -> None:
    """Two probes that land in different places: the latent side looks the same."""
    probe = [0.9, -0.5][: fv.LayerLab(kind).layer.data_shape[-1]]
    pictures = []
    for at in (probe, [v + 0.8 for v in probe]):
        lab = show(asks(kind, "point", probe=at))
        shoot(lab.page, f"lab-asked-{kind}-point")
        pictures.append(picture(lab.latent))
    assert pictures[0] == pictures[1]


def test_a_place_on_the_line_is_judged_by_its_place_along_it(show: Make) -> None:
    lab = show(asks("flowified21", "point", probe=[0.9, -0.5]))
    box = lab.latent.bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    lab.until(lambda: lab.read("asking") == "", "an answer")
    told = lab.root.locator(".flowviz-card").inner_text()
    z = abs(lab.json("latent")[0])
    assert "not a number" not in told and f"{z:.2f}" in told


def test_the_equation_the_code_and_the_sentence_follow_what_stays(show: Make) -> None:
    lab = show(fv.LayerLab("coupling"))
    formula, code = lab.root.locator(".flowviz-formula"), lab.root.locator(".flowviz-code")
    expect(formula).to_contain_text("z1 = x1, z2")
    code.locator("summary").click()
    lab.root.locator("[data-control=keep]").get_by_role("button", name="x₂").click()
    expect(formula).to_contain_text("z2 = x2, z1 = es(x₂) x1")
    expect(code).to_contain_text("s, t = net(x2)")
    expect(lab.root.locator(".flowviz-sentence")).to_contain_text("x₂ stays")
    assert code.evaluate("one => one.open")
    shoot(lab.page, "lab-coupling-swapped")
    lab.root.locator("[data-control=notation]").click()
    expect(formula).to_contain_text("x1 = e−s(z₂)")
    lab.root.locator("[data-control=keep]").get_by_role("button", name="x₁").click()
    expect(formula).to_contain_text("x2 = e−s(z₁)")


def test_key_r_leads_back_to_the_layer_that_was_given(show: Make) -> None:
    layer = fv.layers.Affine(2)
    with torch.no_grad():
        for one in layer.parameters():
            one.copy_(torch.tensor([0.3, -0.7]))
    widget = fv.LayerLab(layer)
    lab = show(widget)
    made = lab.json("params")
    lab.root.locator(".flowviz-handles input[type=range]").first.focus()
    lab.press("ArrowRight")
    lab.until(lambda: lab.json("params") != made, "another layer")
    lab.press("r")
    lab.until(lambda: lab.json("params") == made, "the layer that was given")
    assert made["s1"] == pytest.approx(widget.params["s1"]) != fv.LayerLab("affine").params["s1"]
    kinds = lab.root.locator("[data-control=kinds]")
    kinds.get_by_role("button", name="shear").click()
    lab.until(lambda: lab.read("kind") == "shear", "another kind")
    lab.press("r")
    kinds.get_by_role("button", name="affine").click()
    lab.until(lambda: lab.read("kind") == "affine" and lab.json("params") == made, "it again")


@pytest.mark.parametrize(
    ("kind", "parts", "choices"),
    [
        ("augment", ".flowviz-plots figure", {"uniform": 0, "normal": 0, "drawn": 2}),
        ("abs", ".flowviz-plots figure", {"both": 2, "x₁": 1, "x₂": 1}),
        ("dequantization", ".flowviz-handles label.flowviz-row", {"uniform": 1, "variational": 3}),
    ],
)
def test_only_what_is_read_is_shown(show: Make, kind: str, parts: str, choices: dict) -> None:
    lab = show(fv.LayerLab(kind))
    for name, count in choices.items():
        lab.root.locator(".flowviz-choice").get_by_role("button", name=name).click()
        expect(lab.root.locator(f"{parts}:visible")).to_have_count(count)
    shoot(lab.page, f"lab-read-{kind}")


@pytest.mark.parametrize("kind", fv.LayerLab.kinds())
def test_a_term_that_is_lit_is_lit_in_the_picture(show: Make, kind: str) -> None:
    lab = show(fv.LayerLab(kind, probe=_PROBE.get(kind, [])))
    terms = lab.root.locator(".flowviz-equation .flowviz-term")
    plain = pictures_of(lab)
    for i in range(terms.count()):
        terms.nth(i).hover()
        assert pictures_of(lab) != plain, terms.nth(i).get_attribute("data-key")
    lab.page.mouse.move(2, 2)
    assert pictures_of(lab) == plain


def pictures_of(lab: Lab) -> list[str]:
    """All that is drawn, once a costly picture is drawn in full."""
    if lab.read("kind") == "ode":
        lab.page.wait_for_timeout(600)
    return lab.root.locator(".flowviz-canvas:visible").evaluate_all(_ALL)
