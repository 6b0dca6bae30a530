/** Dequantization: whole numbers on the data side, cells of the unit square on the latent side. */

import { h, putText } from "../../shared/dom";
import { Board, css, type Point } from "../board";
import { inks } from "../inks";
import { draws } from "../random";
import type { Scene } from "../scene";
import { within } from "../state";
import { asked, handle, strong, type Hooks, type Stage } from "./stage";

const SHOWN = 400;
/** CSS pixels beside the numbers, for what they are called. */
const MARGIN = 26;

export function createCells(hooks: Hooks): Stage {
  const [data, latent] = [new Board("data"), new Board("latent")];
  const [title, latentTitle] = [h("figcaption"), h("figcaption")];
  const levels = () => hooks.scene().state.params["levels"] as number;

  function draw(scene: Scene): void {
    drawNumbers(scene);
    drawSquare(scene);
    putText(title, hooks.t("side.numbers"));
    putText(latentTitle, hooks.t("side.square"));
  }

  function drawNumbers({ palette, x, state }: Scene): void {
    const ink = inks(palette.theme);
    const n = state.params["levels"] as number;
    const middle = (n - 1) / 2;
    const beside = (middle * data.frame.width) / (data.frame.width - 2 * MARGIN);
    data.begin(palette, { center: [middle, middle], radius: Math.max(n / 2 + 0.15, beside) });
    data.lines();
    const each = Math.ceil(18 / data.frame.scale);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) data.disc(i, j, Math.min(5, 0.3 * data.frame.scale), ink.mute);
      if (i % each) continue;
      const size = n > 9 ? 10 : 12;
      data.say(String(i), data.x(i), data.frame.height - 6, palette.mute, { align: "center", size });
      data.say(String(i), 6, data.y(i) + 4, palette.mute, { size });
    }
    data.probe(x[0]!, x[1]!);
  }

  /** The cell of the probe, and many draws of the noise that fills it. */
  function drawSquare({ palette, x, z, map, state }: Scene): void {
    const ink = inks(palette.theme);
    const n = state.params["levels"] as number;
    latent.begin(palette, { center: [0.5, 0.5], radius: 0.55 });
    const many = Float64Array.from({ length: 2 * SHOWN }, (_, i) => x[i % 2]!);
    const noise = draws(map.noise.forward, SHOWN, 4 * state.seed + 3);
    const places = asked(hooks) !== "point";
    if (state.show.points && places) latent.dots(Float32Array.from(map.forward(many, SHOWN, noise).out), palette.particle, 0.9);
    latent.lines();
    latent.fill([0, 0, 1, 0, 1, 1, 0, 1], css(palette.density[2]!), 0.2 * strong(hooks, "base"));
    for (let k = 0; k <= n; k++) {
      latent.line([k / n, 0, k / n, 1], palette.grid, 1);
      latent.line([0, k / n, 1, k / n], palette.grid, 1);
    }
    const [a, b] = [x[0]! / n, x[1]! / n];
    const cell = [a, b, a + 1 / n, b, a + 1 / n, b + 1 / n, a, b + 1 / n];
    latent.axes(["z₁", "z₂"]);
    if (!places) return;
    latent.fill(cell, ink.encoder, 0.16 * strong(hooks, "encoder"));
    latent.line([...cell, a, b], ink.encoder, 2.2);
    latent.probe(z[0]!, z[1]!);
  }

  const put = (at: ArrayLike<number>, last: boolean) =>
    hooks.set({ probe: Array.from(at, (v) => within(Math.round(v), 0, levels() - 1)) }, last);
  const step = (dx: number, dy: number) => put([hooks.scene().x[0]! + dx, hooks.scene().x[1]! + dy], true);
  const lead = ([a, b]: Point, last: boolean) => put([Math.floor(a * levels()), Math.floor(b * levels())], last);
  handle(data, "data", hooks, { down: (at) => (put(at, false), true), move: put, arrow: step });
  handle(latent, "latent", hooks, { down: (at) => (lead(at, false), true), move: lead, arrow: step });

  const el = h("div", { class: "flowviz-views" }, h("figure", {}, title, data.el), h("figure", {}, latentTitle, latent.el));
  return {
    el,
    boards: [data, latent],
    draw,
    resize(width, _tall, ratio) {
      const two = width >= 440;
      const side = two ? Math.floor((width - 14) / 2) : width;
      el.classList.toggle("flowviz-two", two);
      for (const board of [data, latent]) board.resize(side, Math.round(side * 1.05), ratio);
    },
  };
}
