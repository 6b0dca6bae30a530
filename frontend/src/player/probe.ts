/** The chosen point: ringed, with the way it has come, the layer at work stronger than the rest. */

import type { Frame } from "../shared/raster";
import type { Palette } from "../shared/theme";
import { momentAt, pointAt, type Particles, type Trace } from "../shared/trace";
import { layerAt, within, type State } from "./state";

type Point = [number, number];

export function drawProbe(
  context: CanvasRenderingContext2D,
  trace: Trace,
  set: Particles,
  state: State,
  { scale, left, top }: Frame,
  palette: Palette,
): void {
  const place = ([x, y]: Point): Point => [(x - left) * scale, (top - y) * scale];
  const layers = trace.meta.layers;
  const now = pointAt(set, state.selected, momentAt(layers, state.position));
  const current = layerAt(state.position, layers.length, state.direction);
  const atLatent = current >= layers.length;
  const shown = within(current, 0, layers.length - 1);
  layers.forEach((layer, l) => {
    if (layer.cut || !passed(state, l)) return;
    const path = trail(set, state, layer.frames, l).map(place);
    if (l === shown && !atLatent) strokeTrail(context, path, palette, 1);
    else strokeTrail(context, path, palette, 0.45);
  });
  drawRing(context, place(now), palette);
}

function passed({ position, direction }: State, l: number): boolean {
  return direction === "normalize" ? position > l : position < l + 1;
}

/** The frames of layer l between the border where it began and the moment. */
function trail(set: Particles, state: State, [a, b]: [number, number], l: number): Point[] {
  const done = within(state.position - l, 0, 1);
  const [low, high] = state.direction === "normalize" ? [0, done] : [done, 1];
  const [from, to] = [a + low * (b - a), a + high * (b - a)];
  const inner = range(Math.ceil(from + 1e-9), Math.floor(to - 1e-9));
  return [from, ...inner, to].map((frame) => pointAt(set, state.selected, between(frame)));
}

function between(frame: number) {
  const a = Math.floor(frame);
  const w = frame - a;
  return { a, b: w > 0 ? a + 1 : a, w };
}

function range(low: number, high: number): number[] {
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i);
}

function strokeTrail(context: CanvasRenderingContext2D, path: Point[], palette: Palette, alpha: number): void {
  const line = () => {
    context.beginPath();
    path.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.stroke();
  };
  context.lineJoin = "round";
  context.globalAlpha = 0.7 * alpha;
  context.strokeStyle = palette.paper;
  context.lineWidth = 3.5;
  line();
  context.globalAlpha = alpha;
  context.strokeStyle = palette.ink;
  context.lineWidth = 1.6;
  context.setLineDash([4, 3]);
  line();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawRing(context: CanvasRenderingContext2D, [x, y]: Point, palette: Palette): void {
  const disc = (radius: number, colour: string) => {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  };
  const [r, g, b] = palette.particle;
  disc(8.6, palette.ink);
  disc(7.3, palette.paper);
  disc(5, `rgb(${r}, ${g}, ${b})`);
}
