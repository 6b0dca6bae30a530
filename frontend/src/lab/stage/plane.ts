/** Plane to plane: the data side, and the same grid, mass and points on their way to the latent side. */

import { h, putText } from "../../shared/dom";
import { plain } from "../../shared/numbers";
import { inks } from "../inks";
import { Board, type Point } from "../board";
import { Carried, cellAt, cellOutline, edge, GRID_POINTS, PlaneFigure } from "../figure";
import { gripAt, gripsOf, pull, type Grip } from "../grips";
import type { Scene } from "../scene";
import { within } from "../state";
import { grows, ratioOf, type Ratio } from "./ratio";
import { asked, handle, hushed, strong, type Hooks, type Stage } from "./stage";

/** Top of the density's colour scale: twice the peak of the base, the same on both sides. */
export const TOP = 0.32;
/** Cells a side of the mesh of a layer that costs much, while it moves. */
const ROUGH = 22;
/** CSS pixels around a handle that hold it. */
const REACH = 24;

export function createPlane(hooks: Hooks): Stage {
  const [data, latent] = [new Board("data"), new Board("latent")];
  const [dataTitle, latentTitle] = [h("figcaption"), h("figcaption")];
  const [fine, rough] = [new PlaneFigure(), new PlaneFigure(ROUGH)];
  let figure = fine;
  let points = new Carried(new Float64Array(0));
  const views = [h("figure", {}, dataTitle, data.el), h("figure", {}, latentTitle, latent.el)] as const;
  const el = h("div", { class: "flowviz-views" }, ...views);
  const held = holdings(hooks, latent);

  function update(scene: Scene): void {
    const { state, map } = scene;
    figure = scene.rough ? rough : fine;
    figure.update(scene.kind, map, state.fault, state.tau, Math.max(4.5, state.zoom), state.show.density);
    if (points.x !== scene.points) points = new Carried(scene.points);
    if (state.show.points) points.move(map, state.tau);
  }

  function draw(scene: Scene): void {
    update(scene);
    const { state } = scene;
    const cell = cellAt(scene.x);
    const outline = cell && cellOutline(cell);
    const [areas, places] = [!hushed(hooks), asked(hooks) !== "point"];
    paint(data, scene, "here");
    if (outline) drawCell(data, outline, scene, areas && grew(scene, outline, 1), strong(hooks, "volume"));
    if (places) drawEchoes(data, scene, strong(hooks, "decoder"));
    data.probe(scene.x[0]!, scene.x[1]!);
    paint(latent, scene, "there");
    if (outline && areas && places) {
      const carried = scene.map.path(outline, outline.length / 2, state.tau);
      drawCell(latent, carried, scene, grew(scene, outline, state.tau), strong(hooks, "volume"));
      if (scene.account.volume) drawRatio(latent, ratioOf(scene.map, outline, scene.x, state.tau), carried, scene, hooks);
    }
    if (state.tau === 1) held.draw(scene);
    const at = scene.map.path(scene.x, 1, state.tau);
    if (places && hooks.lit() === "encoder") latent.disc(at[0]!, at[1]!, 14, inks(scene.palette.theme).encoder);
    if (places) latent.probe(at[0]!, at[1]!);
    putText(dataTitle, hooks.t("side.data"));
    putText(latentTitle, latentName(scene, hooks));
  }

  function paint(board: Board, scene: Scene, side: "here" | "there"): void {
    const { state, palette } = scene;
    board.begin(palette, { center: [0, 0], radius: state.zoom });
    if (state.show.density) board.density(figure.mesh, figure[side], TOP / (side === "there" ? strong(hooks, "base") : 1));
    if (state.show.points) board.dots(points[side], palette.particle, 0.75);
    board.lines();
    if (state.show.grid) drawGrid(board, figure.grid[side]);
    board.axes(side === "here" ? ["x₁", "x₂"] : state.tau === 1 ? ["z₁", "z₂"] : ["", ""]);
  }

  handle(data, "data", hooks, {
    down: (at) => {
      hooks.set({ probe: kept(at, hooks) }, false);
      return true;
    },
    move: (at, last) => hooks.set({ probe: kept(at, hooks) }, last),
    arrow: (dx, dy, fine) => {
      const { x } = hooks.scene();
      const step = fine ? 0.05 : edge(1) - edge(0);
      hooks.set({ probe: kept([x[0]! + dx * step, x[1]! + dy * step], hooks) }, true);
    },
  });
  handle(latent, "latent", hooks, held.hand);

  return {
    el,
    boards: [data, latent],
    draw,
    resize(width, tall, ratio) {
      const { view } = hooks.scene().state;
      const two = view === "both" && width >= 440;
      const side = Math.floor(two ? (width - 14) / 2 : width);
      const high = Math.round(Math.min(tall && two ? side * 1.24 : side, 480));
      el.classList.toggle("flowviz-two", two);
      views[0].hidden = view === "latent";
      views[1].hidden = view === "data";
      for (const board of [data, latent]) board.resize(side, high, ratio);
    },
  };
}

function kept([x, y]: Point, hooks: Hooks): [number, number] {
  const { zoom } = hooks.scene().state;
  return [within(x, -2 * zoom, 2 * zoom), within(y, -2 * zoom, 2 * zoom)];
}

export function latentName({ state, map }: Scene, { t }: Hooks): string {
  if (state.tau === 1) return t("side.latent");
  return t(map.cut ? "side.cut" : "side.way", { tau: plain(state.tau) });
}

function drawGrid(board: Board, xy: Float32Array): void {
  board.context.beginPath();
  for (let i = 0; i < xy.length / 2; i += GRID_POINTS) board.trace(xy, i, i + GRID_POINTS);
  board.stroke(board.palette.grid, 0.9);
}

/** Whether the cell grows by `tau`, by its areas and never by what the ledger says; layers without a volume keep it. */
function grew({ map, account, x }: Scene, outline: Float64Array, tau: number): "grows" | "shrinks" {
  return !account.volume || grows(ratioOf(map, outline, x, tau)) ? "grows" : "shrinks";
}

/** `how`: in the colour and the dash that say whether areas grow; else in plain ink. */
function drawCell(board: Board, outline: ArrayLike<number>, { palette, state }: Scene, how: "grows" | "shrinks" | false, strength: number): void {
  const { contract, expand } = inks(palette.theme);
  const colour = !how ? palette.ink : how === "grows" ? expand : contract;
  board.fill(outline, colour, 0.3 * strength);
  board.context.beginPath();
  board.trace(outline);
  board.context.closePath();
  board.stroke(colour, 2 * strength, how !== "shrinks" || state.tau === 0 ? [] : [5, 3]);
}

/** The area ratio of the carried cell, beside it, and that of the probe where they read differently. */
function drawRatio(board: Board, ratio: Ratio, outline: Float64Array, { palette }: Scene, { t }: Hooks): void {
  let [right, top] = [-Infinity, -Infinity];
  for (let i = 0; i < outline.length; i += 2) {
    right = Math.max(right, board.x(outline[i]!));
    top = Math.max(top, -board.y(outline[i + 1]!));
  }
  const [cell, point] = [plain(ratio.cell), plain(ratio.point)];
  const most = board.frame.width - (cell === point ? 62 : 86);
  // Where there is no room beside the cell the words stand above it, clear of the probe.
  const [px, py] = [within(right + 8, 10, most), within(-top + (right + 8 > most ? -24 : 4), 20, board.frame.height - 46)];
  board.say(`×${cell}`, px, py, palette.ink, { size: 14, weight: 700 });
  if (cell !== point) board.say(t("ratio.point", { ratio: point }), px, py + 16, palette.ink);
}

/** Other x that the same z leads back to. */
function drawEchoes(board: Board, { echoes, palette }: Scene, strength: number): void {
  for (let i = 0; i < echoes.length; i += 2) {
    board.disc(echoes[i]!, echoes[i + 1]!, 6 * Math.sqrt(strength), strength > 1 ? inks(palette.theme).decoder : palette.ink);
    board.disc(echoes[i]!, echoes[i + 1]!, 4.6, palette.paper);
  }
}

/** The latent board: handles of the layer, and the probe, which leads back to x. */
function holdings(hooks: Hooks, board: Board) {
  let grip: Grip | null = null;

  function nearest(scene: Scene, px: Point): Grip | null {
    const [zx, zy] = scene.z;
    const toProbe = Math.hypot(board.x(zx!) - px[0], board.y(zy!) - px[1]);
    let [best, least] = [null as Grip | null, Math.min(REACH, toProbe)];
    for (const one of gripsOf(scene.kind)) {
      const [x, y] = gripAt(scene.sound, one);
      const away = Math.hypot(board.x(x) - px[0], board.y(y) - px[1]);
      if (away < least) [best, least] = [one, away];
    }
    return best;
  }

  function move(at: Point, last: boolean): void {
    const scene = hooks.scene();
    if (grip) hooks.set({ params: pull(scene.kind, scene.state.params, grip, at) }, last);
    else hooks.set({ probe: inverted(scene, at), tau: 1, playing: false }, last);
    if (last) grip = null;
  }

  return {
    hand: {
      down(at: Point, px: Point): boolean {
        const scene = hooks.scene();
        grip = scene.state.tau === 1 && !hooks.question.asking() ? nearest(scene, px) : null;
        move(at, false);
        return true;
      },
      move,
      arrow(dx: number, dy: number, fine: boolean): void {
        const { z } = hooks.scene();
        const step = fine ? 0.02 : 0.2;
        grip = null;
        move([z[0]! + dx * step, z[1]! + dy * step], true);
      },
    },
    draw(scene: Scene): void {
      const colour = inks(scene.palette.theme).volume;
      for (const one of gripsOf(scene.kind)) {
        const [x, y] = gripAt(scene.sound, one);
        board.grip(x, y, colour, one === grip);
      }
    },
  };
}

/** The x that the latent point leads back to; the present one where none does. */
function inverted({ sound, x }: Scene, at: Point): number[] {
  const back = [...sound.inverse(Float64Array.from(at), 1).out];
  return back.every((value) => Math.abs(value) < 20) ? back : [...x];
}
