"""LayerLab as a person meets it: every kind drawn and operated, by keys, by mouse, by touch."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

import flowviz as fv

from .conftest import shoot
from .player import number
from .shown import Shown, serious

pytestmark = pytest.mark.browser

KINDS = fv.LayerLab.kinds()
_WORDS = (
    ".flowviz-title, .flowviz-toggle, .flowviz-terms :is(th, td, caption), .flowviz-equation, "
    ".flowviz-sentence, .flowviz-row > *, .flowviz-bound > *, .flowviz-meter, output, summary"
)


class Lab(Shown):
    """One LayerLab, ready."""

    kind = "lab"

    def __init__(self, page: Page):
        super().__init__(page)
        self.ready()

    @property
    def data(self) -> Locator:
        return self.root.locator(".flowviz-board-data")

    @property
    def latent(self) -> Locator:
        return self.root.locator(".flowviz-board-latent")

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    @property
    def mass(self) -> float:
        return float(self.root.locator(".flowviz-meter").get_attribute("data-value"))

    def rows(self) -> dict[str, float]:
        """The ledger as it reads: base, the columns that the layer has, log p(x)."""
        script = "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))"
        read = self.root.locator(".flowviz-terms tbody tr").evaluate_all(script)
        names = ["base", "volume", "decoder", "encoder"]
        terms = {n: number(row[1]) for n, row in zip(names, read, strict=False) if row[1] != "–"}
        return terms | {"total": number(read[-1][-1].removeprefix("≥ "))}


Open = Callable[..., Lab]


@pytest.fixture
def open_lab(open_page, tmp_path: Path) -> Open:
    def open_one(kind: str = "affine", *, room: dict | None = None, **options) -> Lab:
        path = fv.LayerLab(kind, **options).save(tmp_path / "lab.html")
        return Lab(open_page(path, **(room or {})).page)

    return open_one


@torch.no_grad()
def ledger_of(kind: str, x: list[float], z: list[float], params: dict) -> dict[str, float]:
    """The account of the pair by PyTorch, in float64; what the layer adds to a pair (x, z)."""
    layer = fv.LayerLab(kind, params=params).layer.double()
    shaped = torch.tensor(x, dtype=torch.float64).reshape(layer.data_shape)
    found, terms = layer(shaped)
    assert torch.allclose(found.flatten(), torch.tensor(z, dtype=torch.float64), atol=1e-5)
    found = {n: getattr(terms, n) for n in ("volume", "decoder", "encoder")}
    return {name: 0.0 if value is None else float(value) for name, value in found.items()}


EXACT = [kind for kind in KINDS if fv.LayerLab(kind).layer.exact]


@pytest.mark.parametrize("kind", EXACT)
def test_the_ledger_that_is_shown_is_that_of_the_torch_layer(open_lab: Open, kind: str) -> None:
    lab = open_lab(kind, probe=[0.73, -0.41])
    x, z = lab.json("probe"), lab.json("latent")
    wanted = ledger_of(kind, x, z, lab.json("params"))
    shown = lab.rows()
    for name in ("volume", "decoder", "encoder"):
        assert shown.get(name, 0.0) == pytest.approx(wanted[name], abs=0.006), name
    flow = fv.LayerLab(kind).flow.double()
    total = float(flow.log_prob(torch.tensor([x], dtype=torch.float64)).detach())
    assert float(lab.read("logp")) == pytest.approx(total, abs=1e-4)
    assert shown["total"] == pytest.approx(total, abs=0.0051)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_from_start_to_end_by_keys(open_lab: Open, kind: str) -> None:
    lab = open_lab(kind, draws=4)
    # Uniform padding covers a strip of the base that is one wide, and no more.
    mass = math.erf(0.5 / math.sqrt(2)) if kind == "flowified12" else 1
    lab.until(lambda: abs(lab.mass - mass) < 0.003, f"a mass of {mass:.3f}")
    before = lab.json("probe")
    lab.data.focus()
    lab.page.keyboard.press("ArrowUp")
    lab.until(lambda: lab.json("probe") != before, "another probe")
    params = lab.read("params")
    sliders = lab.root.locator(".flowviz-handles input[type=range]")
    if sliders.count():
        sliders.first.focus()
        lab.page.keyboard.press("ArrowRight")
        lab.until(lambda: lab.read("params") != params, "other parameters")
    drawable = ":is([class*=flowviz-board-curve], [class*=flowviz-board-knots]):visible"
    boards = lab.root.locator(drawable)
    if boards.count():
        drawn = lab.read("params")
        boards.first.focus()
        lab.page.keyboard.press("ArrowUp")
        lab.until(lambda: lab.read("params") != drawn, "a drawn curve")
    lab.data.focus()
    lab.page.keyboard.press("n")
    lab.page.keyboard.press("r")
    lab.until(lambda: lab.read("fault") == "", "the start")
    assert lab.data.get_attribute("aria-label") or lab.root.get_attribute("aria-label")


def test_the_cell_walks_and_its_ratio_is_exp_volume(open_lab: Open) -> None:
    lab = open_lab("affine", probe=[0.0, 0.0])
    lab.data.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.until(lambda: lab.json("probe") == pytest.approx([0.4, 0.0]), "one cell to the right")
    lab.page.keyboard.press("Shift+ArrowUp")
    lab.until(lambda: lab.json("probe") == pytest.approx([0.4, 0.05]), "a small step")


def test_the_latent_point_leads_back_to_x(open_lab: Open) -> None:
    lab = open_lab("affine", probe=[0.0, 0.0])
    box = lab.latent.bounding_box()
    lab.page.mouse.move(box["x"] + 60, box["y"] + 90)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 80, box["y"] + 110, steps=4)
    lab.page.mouse.up()
    lab.until(lambda: lab.json("probe") != [0, 0], "another x")
    layer = fv.LayerLab("affine").layer
    back = layer.inverse(torch.tensor(lab.json("latent")))[0]
    assert back.tolist() == pytest.approx(lab.json("probe"), abs=1e-4)


def test_a_handle_on_the_plane_moves_the_layer(open_lab: Open) -> None:
    lab = open_lab("affine", data=None, probe=[-2.0, -2.0])
    start = lab.json("params")
    box = lab.latent.bounding_box()
    scale = box["width"] / 7.2
    x = box["x"] + box["width"] / 2 + start["t1"] * scale
    y = box["y"] + box["height"] / 2 - start["t2"] * scale
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + scale, y - 0.5 * scale, steps=6)
    lab.page.mouse.up()
    lab.until(lambda: abs(lab.json("params")["t1"] - start["t1"] - 1) < 0.05, "shifted by one")
    assert lab.json("params")["t2"] == pytest.approx(start["t2"] + 0.5, abs=0.05)
    assert lab.json("params")["s1"] == start["s1"]


def test_a_finger_moves_the_probe(open_lab: Open) -> None:
    lab = open_lab("coupling", room={"has_touch": True, "viewport": {"width": 500, "height": 900}})
    before = lab.json("probe")
    box = lab.data.bounding_box()
    lab.page.touchscreen.tap(box["x"] + 70, box["y"] + 80)
    lab.until(lambda: lab.json("probe") != before, "the probe under the finger")
    small = lab.root.locator("button:visible").evaluate_all(
        "all => all.filter(b => b.getBoundingClientRect().height < 24).length"
    )
    assert small == 0


@pytest.mark.parametrize(
    ("kind", "fault", "mass"),
    [("affine", "volume", 0.8187), ("affine", "sign", 0.6703), ("abs", "base", 0.25)],
)
def test_broken_it_leaves_one(open_lab: Open, kind: str, fault: str, mass: float) -> None:
    lab = open_lab(kind)
    lab.root.locator(".flowviz-audit summary").click()
    lab.root.locator(f"[data-control=fault-{fault}]").click()
    lab.until(lambda: lab.read("fault") == fault, "the fault")
    lab.until(lambda: abs(lab.mass - mass) < 0.002, f"a mass of {mass}")
    expect(lab.root.locator(".flowviz-meter")).to_have_attribute("data-good", "false")
    lab.root.locator(f"[data-control=fault-{fault}]").click()
    lab.until(lambda: abs(lab.mass - 1) < 0.003, "a mass of 1 again")


def test_be_the_network(open_lab: Open) -> None:
    lab = open_lab("coupling", data=fv.data.TwoMoons(), points=300, trained=1.5)
    nll = lab.root.locator(".flowviz-nll")
    before = float(nll.get_attribute("data-nll"))
    board = lab.root.locator(".flowviz-board-curve-t")
    box = board.bounding_box()
    lab.page.mouse.move(box["x"] + 20, box["y"] + 30)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 220, box["y"] + 60, steps=12)
    lab.page.mouse.up()
    lab.until(lambda: float(nll.get_attribute("data-nll")) != before, "another fit")
    assert len(set(lab.json("params")["t"])) > 5
    flow = fv.LayerLab("coupling", params=lab.json("params")).flow
    wanted = -float(flow.log_prob(fv.data.TwoMoons().sample(300, seed=0)).detach().mean())
    lab.until(
        lambda: float(nll.get_attribute("data-nll")) == pytest.approx(wanted, abs=1e-3),
        f"a fit of {wanted:.3f}, as PyTorch has it",
    )
    expect(nll).to_contain_text("1.500")


def test_predict_then_reveal(open_page, tmp_path: Path) -> None:
    widget = fv.LayerLab("affine", probe=[0.0, 0.0])
    widget.ask("How do areas change?", "factor", id="area")
    widget.ask("Where does the probe land?", "point", id="where", now=False)
    lab = Lab(open_page(widget.save(tmp_path / "asked.html")).page)
    card = lab.root.locator(".flowviz-card")
    secret = lab.latent.evaluate("canvas => canvas.toDataURL()")
    assert lab.root.locator(".flowviz-handles .flowviz-row").first.evaluate("e => e.inert")
    card.locator("input[type=range]").focus()
    for _ in range(6):
        lab.page.keyboard.press("ArrowRight")
    card.get_by_role("button", name="answer").click()
    for factor in ("×1.23", "×1.22"):
        expect(card).to_contain_text(factor)
    told = lab.latent.evaluate("canvas => canvas.toDataURL()")
    assert told != secret, "the carried cell was there before the answer"
    card.get_by_role("button", name="go on").click()
    assert lab.latent.evaluate("canvas => canvas.toDataURL()") != told, "the probe was still there"
    lab.latent.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    expect(card).to_contain_text("lie")
    card.get_by_role("button", name="go on").click()
    assert not lab.root.locator(".flowviz-handles .flowviz-row").first.evaluate("e => e.inert")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["coupling", "spline", "flowified21", "flowified12", "tile"])
def test_axe_finds_nothing_serious(open_lab: Open, kind: str, theme: str) -> None:
    lab = open_lab(kind, room={"color_scheme": theme})
    assert lab.read("flowviz-theme") == theme
    shoot(lab.page, f"lab-{kind}-{theme}")
    assert serious(lab) == []


def test_german_throughout(open_lab: Open) -> None:
    lab = open_lab("flowified21", language="de")
    text = lab.root.inner_text()
    assert "Rechnung der Sonde" in text and "Masse auf der Datenseite" in text
    assert not {"nats", "probe", "density", "mass"} & set(text.replace(":", "").split())


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_word_is_cut_off(open_lab: Open, kind: str, language: str) -> None:
    """On the narrowest of phones, and on a lecture hall's small screen."""
    room = {"viewport": {"width": 320, "height": 640}}
    lab = open_lab(kind, language=language, room=room)
    assert lab.cut_off(_WORDS) == []
    lab.page.set_viewport_size({"width": 1024, "height": 768})
    lab.root.locator('[data-control="present"]').click()
    lab.until(lambda: "flowviz-present" in lab.root.get_attribute("class"), "presenter mode")
    assert lab.cut_off(_WORDS) == []


def test_in_front_of_a_class(open_lab: Open) -> None:
    lab = open_lab("radial")
    lab.data.focus()
    lab.page.keyboard.press("f")
    lab.until(lambda: "flowviz-present" in lab.root.get_attribute("class"), "presenter mode")
    shoot(lab.page, "lab-presenter")
    lab.page.keyboard.press("f")
    lab.until(lambda: "flowviz-present" not in lab.root.get_attribute("class"), "the page again")


_WORK = """() => new Promise(done => {
  const input = document.querySelector(".flowviz-handles input");
  const wait = window.requestAnimationFrame.bind(window);
  const costs = [];
  window.requestAnimationFrame = run => wait(now => {
    const start = performance.now();
    run(now);
    costs.push(performance.now() - start);
  });
  let step = 0;
  const drag = () => {
    if (step++ > 60) return done(costs.sort((a, b) => a - b)[10]);
    input.value = String(Number(input.min) + (input.max - input.min) * (0.3 + 0.4 * step / 60));
    input.dispatchEvent(new Event("input", {bubbles: true}));
    setTimeout(drag, 12);
  };
  drag();
})"""


@pytest.mark.parametrize(
    "kind", ["affine", "planar", "sylvester", "residual", "flowified21", "ode"]
)
def test_a_picture_while_dragging_costs_less_than_a_fortieth_of_a_second(
    open_lab: Open, kind: str
) -> None:
    """The work of a picture itself, so that a busy machine does not count."""
    data = fv.data.TwoMoons().sample(5000, seed=0)
    lab = open_lab(kind, data=data)
    assert lab.page.evaluate(_WORK) < 25
