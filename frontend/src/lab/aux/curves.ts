/** Be the network: s(x₁), t(x₁) and their like, drawn by hand. */

import { h } from "../../shared/dom";
import { plain } from "../../shared/numbers";
import { Board, css, type Point } from "../board";
import { inks } from "../inks";
import { idle, type Handle, type Kind } from "../maths/kind";
import { REACH } from "../maths/tables";
import { beginPlot } from "../plot";
import type { Scene } from "../scene";
import { asked, handle, type Hooks, type Stage } from "../stage/stage";
import { within } from "../state";
import { told } from "../told";

/** Handles that are tables over a coordinate. */
export function tablesOf(kind: Kind): Handle[] {
  return kind.name === "spline" ? [] : kind.handles.filter((one) => Array.isArray(one.start));
}

export function createCurves(kind: Kind, hooks: Hooks): Stage {
  const curves = tablesOf(kind).map((one) => createCurve(one, hooks));
  const el = h("div", { class: "flowviz-plots" }, ...curves.map(({ el }) => el));
  return {
    el,
    boards: curves.map(({ board }) => board),
    draw: (scene) => curves.forEach((curve) => curve.draw(scene)),
    resize(width, _tall, ratio) {
      const side = curves.length > 1 && width >= 440 ? Math.floor((width - 14) / 2) : width;
      el.classList.toggle("flowviz-two", side < width);
      for (const { board } of curves) board.resize(side, 132, ratio);
    },
  };
}

function createCurve(one: Handle, hooks: Hooks) {
  const board = new Board(`curve-${one.name}`);
  const el = h("figure", { "data-locks": true }, board.el);
  const values = () => hooks.scene().state.params[one.name] as number[];
  let column = 0;
  let before: Point | null = null;

  function put(changes: [number, number][], last: boolean): void {
    const next = values().slice();
    for (const [k, value] of changes) next[k] = Math.round(100 * within(value, one.min, one.max)) / 100;
    hooks.set({ params: { ...hooks.scene().state.params, [one.name]: next } }, last);
  }

  /** All columns between the last place of the pointer and this one. */
  function stroke(at: Point, last: boolean): void {
    const count = values().length;
    const [from, to] = [before ?? at, at].map(([v]) => knotOf(v, count)) as [number, number];
    const changes: [number, number][] = [];
    for (let k = Math.min(from, to); k <= Math.max(from, to); k++) {
      const share = from === to ? 1 : (k - from) / (to - from);
      changes.push([k, before ? before[1] + share * (at[1] - before[1]) : at[1]]);
    }
    column = to;
    before = last ? null : at;
    put(changes, last);
  }

  handle(board, one.name, hooks, {
    down: (at) => {
      before = null;
      stroke(at, false);
      return true;
    },
    move: stroke,
    arrow(dx, dy, fine) {
      column = within(column + dx, 0, values().length - 1);
      if (dy) put([[column, values()[column]! + dy * (fine ? 0.02 : 0.1)]], true);
      else hooks.set({}, true);
      tell();
    },
  });

  function tell(): void {
    const at = plain(placeOf(column, values().length), 1);
    board.describe(hooks.t("curve", { name: told(hooks.t, one.label) }), hooks.t("column", { at, value: plain(values()[column]!) }));
  }

  function draw(scene: Scene): void {
    const { palette, state } = scene;
    el.hidden = idle(scene.kind, state.params).includes(one.name);
    const table = state.params[one.name] as number[];
    const pad = 0.12 * (one.max - one.min);
    const over = overOf(scene, one);
    beginPlot(board, palette, { x: [-REACH, REACH], y: [one.min - pad, one.max + pad] }, told(hooks.t, one.label), [over.name, ""]);
    const path = table.flatMap((value, k) => [placeOf(k, table.length), value]);
    board.line(path, inks(palette.theme).accent, 2);
    table.forEach((value, k) => board.disc(placeOf(k, table.length), value, k === column ? 4 : 2.4, inks(palette.theme).accent));
    if (asked(hooks) !== "point" || over.name[0] === "x") board.line([over.at, one.min - pad, over.at, one.max + pad], css(palette.particle), 1.2, [4, 3]);
    tell();
  }

  return { board, el, draw };
}

function placeOf(k: number, count: number): number {
  return ((2 * k) / (count - 1) - 1) * REACH;
}

function knotOf(v: number, count: number): number {
  return within(Math.round(((v / REACH + 1) / 2) * (count - 1)), 0, count - 1);
}

/** The coordinate that a table is over, and where the probe is on it. */
function overOf({ kind, x, z, state }: Scene, { name }: Handle): { name: string; at: number } {
  const number = (key: string) => Number(state.params[key] ?? 0);
  if (kind.name === "coupling" || kind.name === "additive") return axis("x", number("keep"), x);
  if (kind.name === "autoregressive") return axis("x", number("first"), x);
  if (kind.name === "abs") return axis("z", name === "odds1" ? 1 : 0, z);
  if (kind.name === "augment") return { name: "x", at: x[0]! };
  if (kind.name === "funnel" && (name === "s" || name === "t")) return axis("x", 1 - number("keep"), x);
  if (kind.name === "flowified21") return { name: "z − b", at: z[0]! - number("b") };
  return { name: "z", at: z[0]! };
}

function axis(letter: string, k: number, at: Float64Array): { name: string; at: number } {
  return { name: `${letter}${"₁₂"[k]}`, at: at[k]! };
}
