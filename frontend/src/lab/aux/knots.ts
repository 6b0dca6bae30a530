/** The spline's knots under the hand: each coordinate's map and, below it, the log of its slope. */

import { h } from "../../shared/dom";
import { plain } from "../../shared/numbers";
import { Board, css, type Point } from "../board";
import { inks } from "../inks";
import { beginPlot } from "../plot";
import type { Scene } from "../scene";
import { handle, strong, type Hooks, type Stage } from "../stage/stage";
import { within } from "../state";

const BOUND = 3.5;
/** Least distance between knots, and CSS pixels within which a knot is held. */
const [GAP, REACH] = [0.12, 26];
/** How far the ends of a slope's handle lie from its knot. */
const ARM = 0.55;

export function createKnots(hooks: Hooks): Stage {
  const ones = [0, 1].map((k) => createCoordinate(k, hooks));
  const el = h("div", { class: "flowviz-plots" }, ...ones.map(({ el }) => el));
  return {
    el,
    boards: ones.map(({ board }) => board),
    draw: (scene) => ones.forEach((one) => one.draw(scene)),
    resize(width, _tall, ratio) {
      const side = width >= 440 ? Math.floor((width - 14) / 2) : width;
      el.classList.toggle("flowviz-two", side < width);
      for (const { board, rate } of ones) {
        board.resize(side, 206, ratio);
        rate.resize(side, 84, ratio);
      }
    },
  };
}

interface Held {
  knot: number;
  /** The slope's handle, and not the knot itself. */
  slope: boolean;
}

function createCoordinate(k: number, hooks: Hooks) {
  const [board, rate] = [new Board(`knots-${k + 1}`), new Board(`rate-${k + 1}`)];
  rate.el.tabIndex = -1;
  rate.el.setAttribute("role", "img");
  const name = k === 0 ? "1" : "2";
  const list = (part: string) => hooks.scene().state.params[`${part}${name}`] as number[];
  let held: Held = { knot: 0, slope: false };

  function put(part: string, value: number, last: boolean): void {
    const next = list(part).slice();
    next[held.knot] = Math.round(1000 * value) / 1000;
    hooks.set({ params: { ...hooks.scene().state.params, [`${part}${name}`]: next } }, last);
  }

  /** Knots keep their order. */
  function kept(part: string, value: number): number {
    const all = list(part);
    return within(value, (all[held.knot - 1] ?? -BOUND) + GAP, (all[held.knot + 1] ?? BOUND) - GAP);
  }

  function place([x, y]: Point, last: boolean): void {
    if (held.slope) {
      const dx = x - list("x")[held.knot]!;
      const rise = dx === 0 ? 8 : (y - list("y")[held.knot]!) / dx;
      return put("d", within(rise, 0.05, 8), last);
    }
    put("x", kept("x", x), false);
    put("y", kept("y", y), last);
  }

  function nearest(px: Point): Held | null {
    let [best, least] = [null as Held | null, REACH];
    list("x").forEach((x, knot) => {
      for (const slope of [false, true]) {
        const [gx, gy] = slope ? armOf(knot) : [x, list("y")[knot]!];
        const away = Math.hypot(board.x(gx) - px[0], board.y(gy) - px[1]);
        if (away < least) [best, least] = [{ knot, slope }, away];
      }
    });
    return best;
  }

  function armOf(knot: number): Point {
    const d = list("d")[knot]!;
    const long = ARM / Math.hypot(1, d);
    return [list("x")[knot]! + long, list("y")[knot]! + long * d];
  }

  handle(board, `knots${name}`, hooks, {
    down(_, px) {
      const found = nearest(px);
      if (found) held = found;
      return found !== null && !hooks.question.asking();
    },
    move: place,
    arrow(dx, dy, fine) {
      const step = fine ? 0.02 : 0.1;
      if (held.slope) return put("d", within(list("d")[held.knot]! + (dx + dy) * step, 0.05, 8), true);
      if (dx) put("x", kept("x", list("x")[held.knot]! + dx * step), true);
      if (dy) put("y", kept("y", list("y")[held.knot]! + dy * step), true);
    },
  });
  board.el.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    const next = held.slope ? held.knot + 1 : held.knot;
    held = { knot: next % list("x").length, slope: !held.slope };
    hooks.set({ seed: hooks.scene().state.seed }, true);
    draw(hooks.scene());
  });

  function draw(scene: Scene): void {
    const { palette } = scene;
    const ink = inks(palette.theme);
    const axes = [`x${"₁₂"[k]}`, `z${"₁₂"[k]}`] as const;
    beginPlot(board, palette, { x: [-BOUND - 0.4, BOUND + 0.4], y: [-BOUND - 0.4, BOUND + 0.4] }, `${axes[1]} = f(${axes[0]})`, axes);
    const [path, slopes] = curveOf(scene, k);
    board.line(path, ink.accent, 2);
    list("x").forEach((x, knot) => {
      const y = list("y")[knot]!;
      const arm = armOf(knot);
      board.line([2 * x - arm[0], 2 * y - arm[1], ...arm], ink.volume, 1.5);
      board.disc(...arm, held.knot === knot && held.slope ? 5 : 3.2, ink.volume);
      board.grip(x, y, ink.ink, held.knot === knot && !held.slope);
    });
    board.line([scene.x[k]!, -9, scene.x[k]!, 9], css(palette.particle), 1.2, [4, 3]);
    beginPlot(rate, palette, { x: [-BOUND - 0.4, BOUND + 0.4], y: [-2.6, 2.6] }, hooks.t("log slope"), ["", ""]);
    rate.line(slopes, ink.volume, 2 * strong(hooks, "volume"));
    rate.line([scene.x[k]!, -9, scene.x[k]!, 9], css(palette.particle), 1.2, [4, 3]);
    rate.describe(hooks.t("log slope"), "");
    const where = held.slope ? hooks.t("knot slope", { value: plain(list("d")[held.knot]!) }) : `(${plain(list("x")[held.knot]!)}, ${plain(list("y")[held.knot]!)})`;
    board.describe(hooks.t("knots", { axis: axes[0] }), hooks.t("knot", { k: held.knot + 1, where }));
  }

  return { board, rate, draw, el: h("figure", { "data-locks": true }, board.el, rate.el) };
}

/** z and log dz/dx of one coordinate, as two lines. */
function curveOf({ sound }: Scene, k: number): [Float64Array, Float64Array] {
  const n = 161;
  const x = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) x[2 * i + k] = ((2 * i) / (n - 1) - 1) * (BOUND + 0.4);
  const out = sound.forward(x, n).out;
  const slopes = sound.jacobian!(x, n);
  const [path, log] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  for (let i = 0; i < n; i++) {
    path[2 * i] = log[2 * i] = x[2 * i + k]!;
    path[2 * i + 1] = out[2 * i + k]!;
    log[2 * i + 1] = Math.log(slopes[4 * i + 3 * k]!);
  }
  return [path, log];
}
