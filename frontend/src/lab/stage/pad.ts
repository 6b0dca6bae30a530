/** Line to plane: noise is added, and the bound lies below the truth. */

import { h, putText } from "../../shared/dom";
import { Board, type Point } from "../board";
import { exactAt, plainAt, weightedAt } from "../bounds";
import { inks } from "../inks";
import type { Draw } from "../maths/kind";
import { beginPlot } from "../plot";
import { draws } from "../random";
import type { Scene } from "../scene";
import { within } from "../state";
import { asked, handle, hushed, strong, type Hooks, type Stage } from "./stage";

const PLACES = 61;
const SHOWN = 24;

export function createPad(hooks: Hooks): Stage {
  const [line, plane] = [new Board("data"), new Board("latent")];
  const [title, planeTitle] = [h("figcaption"), h("figcaption")];

  function draw(scene: Scene): void {
    drawLine(scene);
    drawPlane(scene);
    putText(title, hooks.t("side.dataline"));
    putText(planeTitle, hooks.t("side.padded"));
  }

  /** p(x), the plain bound, and the bound by weighted draws. */
  function drawLine({ state, palette, map, x }: Scene): void {
    const ink = inks(palette.theme);
    const at = Array.from({ length: PLACES }, (_, i) => ((2 * i) / (PLACES - 1) - 1) * state.zoom);
    const curve = (value: (x: number) => number) => at.flatMap((v) => [v, Math.exp(value(v))]);
    const curves = [
      { line: curve((v) => exactAt(map, [v], state.fault)), colour: ink.ink, dash: [], key: "exact" },
      { line: curve((v) => weightedAt(map, [v], state.fault, state.draws)), colour: ink.accent, dash: [2, 3], key: "weighted" },
      { line: curve((v) => plainAt(map, [v], state.fault)), colour: ink.encoder, dash: [7, 4], key: "plain" },
    ];
    const top = within(Math.max(...curves[0]!.line.filter((_, i) => i % 2)) * 1.25, 0.3, 3);
    beginPlot(line, palette, { x: [-state.zoom, state.zoom], y: [-0.13 * top, top] }, "p(x)", ["x", ""]);
    const read = hushed(hooks) ? [] : curves;
    for (const { line: xy, colour, dash } of read) line.line(xy, colour, 2, dash);
    read.forEach(({ colour, dash, key }, i) => drawName(colour, dash, hooks.t(`curve.${key}`, { k: state.draws }), i));
    line.line([x[0]!, 0, x[0]!, top], ink.ink, 1.3, [5, 4]);
    line.probe(x[0]!, 0);
  }

  function drawName(colour: string, dash: number[], words: string, i: number): void {
    const [px, py] = [line.frame.width - 12, 16 + 17 * i];
    line.say(words, px, py + 4, colour, { align: "right" });
    const from = line.at(px - line.context.measureText(words).width - 34, py);
    const to = line.at(px - line.context.measureText(words).width - 8, py);
    line.line([...from, ...to], colour, 2, dash);
  }

  /** The padded line in the plane, the noise over the probe's x, draws of it. */
  function drawPlane(scene: Scene): void {
    const { state, palette } = scene;
    plane.begin(palette, { center: [0, 0], radius: 1.3 * state.zoom });
    if (state.show.density) drawBase(plane, 1.3 * state.zoom, strong(hooks, "base"));
    if (state.show.points) plane.dots(cloud(scene), palette.particle, 0.5);
    plane.lines();
    if (state.show.grid) for (let v = -4; v <= 4; v++) plane.line(padded(scene, v), palette.grid, 1.4 * strong(hooks, "volume"));
    if (asked(hooks) !== "point") drawOwn(scene);
    plane.axes(["z₁", "z₂"]);
  }

  /** Where the probe's x may land, and has. */
  function drawOwn(scene: Scene): void {
    const { state, palette, map, x, z } = scene;
    const ink = inks(palette.theme);
    const own = padded(scene, x[0]!);
    plane.line(own, ink.encoder, 2.6);
    drawBell(scene, own);
    const many = Float64Array.from({ length: SHOWN }, () => x[0]!);
    const drawn = map.forward(many, SHOWN, draws(map.noise.forward, SHOWN, 4 * state.seed + 3)).out;
    for (let i = 1; i < Math.max(2, Math.min(SHOWN, state.draws)); i++) {
      plane.disc(drawn[2 * i]!, drawn[2 * i + 1]!, 4.4, ink.encoder);
      plane.disc(drawn[2 * i]!, drawn[2 * i + 1]!, 3, palette.paper);
    }
    plane.probe(z[0]!, z[1]!);
  }

  /** q(z | x) as a bell over the noise's line. */
  function drawBell({ sound, x, palette }: Scene, own: Float64Array): void {
    const n = own.length / 2;
    const gift = sound.terms(new Float64Array(n).fill(x[0]!), own, n).encoder!;
    const [dx, dy] = [own[2 * n - 2]! - own[0]!, own[2 * n - 1]! - own[1]!];
    const long = Math.hypot(dx, dy) || 1;
    const bell: number[] = [];
    for (let i = 0; i < n; i++) {
      const height = Math.min(1.4, 0.9 * Math.exp(-gift[i]!));
      bell.push(own[2 * i]! + (dy / long) * height, own[2 * i + 1]! - (dx / long) * height);
    }
    const [edge, ink, strength] = [[...own.subarray(0, 2), ...bell, ...own.subarray(-2)], inks(palette.theme).encoder, strong(hooks, "encoder")];
    plane.fill(edge, ink, 0.22 * strength);
    plane.line(edge, ink, 1.3 * strength);
  }

  const put = (x: number, last: boolean) => hooks.set({ probe: [within(x, -6, 6)] }, last);
  const back = (at: Point, last: boolean) => put(hooks.scene().sound.inverse(Float64Array.from(at), 1).out[0]!, last);
  handle(line, "data", hooks, {
    down: ([x]) => (put(x, false), true),
    move: ([x], last) => put(x, last),
    arrow: (dx, dy, fine) => put(hooks.scene().x[0]! + (dx || dy) * (fine ? 0.02 : 0.2), true),
  });
  handle(plane, "latent", hooks, {
    down: (at) => (back(at, false), true),
    move: back,
    arrow(dx, dy, fine) {
      const { z } = hooks.scene();
      const step = fine ? 0.02 : 0.2;
      back([z[0]! + dx * step, z[1]! + dy * step], true);
    },
  });

  return {
    el: h("div", { class: "flowviz-views" }, h("figure", {}, title, line.el), h("figure", {}, planeTitle, plane.el)),
    boards: [line, plane],
    draw,
    resize(width, _tall, ratio) {
      line.resize(width, 176, ratio);
      plane.resize(width, Math.round(Math.min(width * 0.55, 330)), ratio);
    },
  };
}

const CELLS = 48;
const BASE = { cells: CELLS, corners: new Float32Array(2 * (CELLS + 1) ** 2), mass: new Float32Array(CELLS ** 2), radius: 0 };

/** The standard normal of the plane. */
function drawBase(board: Board, radius: number, strength: number): void {
  if (BASE.radius !== radius) {
    BASE.radius = radius;
    const step = (2 * radius) / CELLS;
    for (let i = 0; i <= CELLS; i++) {
      for (let j = 0; j <= CELLS; j++) BASE.corners.set([i * step - radius, j * step - radius], 2 * (i * (CELLS + 1) + j));
    }
    for (let k = 0; k < CELLS ** 2; k++) {
      const [a, b] = [(Math.floor(k / CELLS) + 0.5) * step - radius, ((k % CELLS) + 0.5) * step - radius];
      BASE.mass[k] = (Math.exp(-(a * a + b * b) / 2) / (2 * Math.PI)) * step * step;
    }
  }
  board.density(BASE, BASE.corners, 0.32 / strength);
}

/** All z that the noise can make of one x. */
function padded({ sound }: Scene, x: number): Float64Array {
  const n = 61;
  const reach = 3.2;
  const kinds = sound.noise.forward as Draw[];
  const noise = Float64Array.from({ length: n }, (_, i) => (kinds[0] === "uniform" ? i / (n - 1) : ((2 * i) / (n - 1) - 1) * reach));
  return sound.forward(new Float64Array(n).fill(x), n, noise).out;
}

/** Draws of z for the points. */
function cloud({ map, points, state }: Scene): Float32Array {
  return Float32Array.from(map.forward(points, points.length, draws(map.noise.forward, points.length, 4 * state.seed + 1)).out);
}
