/** Plane to line: every fibre becomes one z; along it lies the decoder's guess of what was dropped. */

import { h, putText } from "../../shared/dom";
import { Board, css, type Point } from "../board";
import { fibreAt, LEVELS, type Fibre } from "../fibres";
import { Carried, PlaneFigure } from "../figure";
import { gripsOf } from "../grips";
import { inks } from "../inks";
import { logBase } from "../maths/base";
import type { Params } from "../maths/kind";
import type { Scene } from "../scene";
import { follow } from "../solve";
import { within } from "../state";
import { asked, handle, strong, type Hooks, type Stage } from "./stage";
import { TOP } from "./plane";

const LINE = 92;
/** Points that are marked on the line. */
const RUG = 400;

export function createDrop(hooks: Hooks): Stage {
  const [plane, line] = [new Board("data"), new Board("latent")];
  const [title, lineTitle] = [h("figcaption"), h("figcaption")];
  const figure = new PlaneFigure();
  let points = new Carried(new Float64Array(0));
  let held = false;

  function draw(scene: Scene): void {
    const { state, palette } = scene;
    const ink = inks(palette.theme);
    figure.update(scene.kind, scene.map, state.fault, 0, Math.max(4.5, 1.2 * state.zoom), state.show.density);
    plane.begin(palette, { center: [0, 0], radius: 1.2 * state.zoom });
    if (state.show.density) plane.density(figure.mesh, figure.here, 2.5 * TOP);
    if (points.x !== scene.points) points = new Carried(scene.points);
    if (state.show.points) plane.dots(points.here, palette.particle, 0.75, 1.15);
    plane.lines();
    if (state.show.grid) LEVELS.forEach((z, i) => drawFibre(plane, fibreAt(scene, z), shade(scene, i / (LEVELS.length - 1)), scene, strong(hooks, "decoder")));
    drawProbe(scene);
    plane.axes(["x₁", "x₂"]);
    plane.say(hooks.t("fibres"), plane.frame.width - 10, 20, ink.decoder, { align: "right", edge: 12 });
    drawLine(scene);
    putText(title, hooks.t("side.data"));
    putText(lineTitle, hooks.t("side.line"));
  }

  /** Its fibre, draws of x from it, the way to the mean, the handle of what is kept. */
  function drawProbe(scene: Scene): void {
    const { palette, x, z, echoes, kind } = scene;
    const ink = inks(palette.theme);
    const places = asked(hooks) !== "point";
    if (places) plane.line(fibreAt(scene, z[0]!).far, ink.ink, 1.6, [6, 4], 0.8);
    for (let i = 0; places && i < echoes.length; i += 2) {
      plane.disc(echoes[i]!, echoes[i + 1]!, 3.4, ink.decoder);
      plane.disc(echoes[i]!, echoes[i + 1]!, 2, palette.paper);
    }
    const kept = LEVELS.flatMap((level) => [...meanAt(scene, level)]);
    plane.line(kept, ink.volume, 2.6 * strong(hooks, "volume"));
    if (gripsOf(kind).length) {
      const at = gripPlace(scene);
      plane.grip(at[0], at[1], ink.volume, held);
      plane.say(hooks.t("kept"), plane.x(at[0]) + 12, plane.y(at[1]) - 12, ink.volume, { edge: 12 });
    }
    plane.probe(x[0]!, x[1]!);
  }

  function drawLine(scene: Scene): void {
    const { palette, points, map, z, state } = scene;
    const ink = inks(palette.theme);
    const radius = 1.2 * state.zoom;
    line.begin(palette, { center: [0, 0.19], radius, rise: 0.29 });
    line.lines();
    if (state.show.points) {
      const some = points.subarray(0, 2 * RUG);
      line.context.beginPath();
      for (const v of map.forward(some, some.length / 2).out) line.trace([v, 0, v, 0.05]);
      line.stroke(css(palette.particle), 1, [], 0.35);
    }
    const n = 161;
    const at = Float64Array.from({ length: n }, (_, i) => ((2 * i) / (n - 1) - 1) * radius);
    const density = logBase(state.fault === "base" ? "normal" : map.base, at, n, 1);
    line.line([...at].flatMap((v, i) => [v, Math.exp(density[i]!)]), ink.base, 2 * strong(hooks, "base"));
    line.line([-radius, 0, radius, 0], palette.line, 1);
    for (let v = -Math.floor(radius); v <= radius; v++) line.say(String(v).replace("-", "−"), line.x(v), line.frame.height - 4, palette.mute, { size: 11, align: "center" });
    if (asked(hooks) === "point") return;
    line.line([z[0]!, 0, z[0]!, 0.42], ink.ink, 1.6, [5, 4]);
    line.probe(z[0]!, 0.012);
  }

  const set = (x: ArrayLike<number>, last: boolean) => hooks.set({ probe: Array.from(x, (v) => within(v, -12, 12)) }, last);
  handle(plane, "data", hooks, {
    down(at, px) {
      const scene = hooks.scene();
      const [gx, gy] = gripPlace(scene);
      held = gripsOf(scene.kind).length > 0 && !hooks.question.asking() && Math.hypot(plane.x(gx) - px[0], plane.y(gy) - px[1]) < 24;
      if (!held) set(at, false);
      return true;
    },
    move(at, last) {
      if (held) hooks.set({ params: pulled(hooks.scene(), at) }, last);
      else set(at, last);
      if (last) held = false;
    },
    arrow(dx, dy, fine) {
      const { x } = hooks.scene();
      const step = fine ? 0.05 : 0.4;
      set([x[0]! + dx * step, x[1]! + dy * step], true);
    },
  });
  const lead = (z: number, last: boolean) => set(meanAt(hooks.scene(), within(z, -4, 4)), last);
  handle(line, "latent", hooks, {
    down: ([z]) => (lead(z, false), true),
    move: ([z], last) => lead(z, last),
    arrow: (dx, dy, fine) => lead(hooks.scene().z[0]! + (dx || dy) * (fine ? 0.02 : 0.2), true),
  });

  return {
    el: h("div", { class: "flowviz-views" }, h("figure", {}, title, plane.el), h("figure", {}, lineTitle, line.el)),
    boards: [plane, line],
    draw,
    resize(width, _tall, ratio) {
      plane.resize(width, Math.round(Math.min(width * 0.66, 400)), ratio);
      line.resize(width, LINE, ratio);
    },
  };
}

/** Where the handle of the kept direction lies: the mean x of z = 2. */
const HELD = 2;

function gripPlace(scene: Scene): Point {
  const [x, y] = meanAt(scene, HELD);
  return [x!, y!];
}

function meanAt({ sound }: Scene, z: number): Float64Array {
  return sound.inverse(Float64Array.of(z), 1).out;
}

function pulled({ kind, state }: Scene, at: Point): Params {
  const moves = gripsOf(kind)[0]!.moves;
  const handles = kind.handles.filter((one) => moves.includes(one.name));
  const image = (params: Params) => [...kind.prepare(params).inverse(Float64Array.of(HELD), 1).out] as [number, number];
  return follow(state.params, handles, image, at);
}

/** From the density's light end to its dark end, as z rises. */
function shade({ palette }: Scene, share: number): string {
  const stops = palette.density.slice(palette.theme === "dark" ? 1 : 2);
  const at = share * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  return css(stops[k]!.map((v, c) => Math.round(v + (at - k) * (stops[k + 1]![c]! - v))) as [number, number, number]);
}

function drawFibre(board: Board, fibre: Fibre, colour: string, { palette }: Scene, strength: number): void {
  const { decoder } = inks(palette.theme);
  board.line(fibre.far, colour, 1.4);
  board.fill(fibre.bell, decoder, 0.2 * strength);
  board.line(fibre.top, decoder, 1.5 * strength);
}
