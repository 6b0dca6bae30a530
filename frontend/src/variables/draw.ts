/** Draws a scene: the map, the base below it, the data side on its left, the bars carried along. */

import { drawMarks } from "./marks";
import type { Ink } from "./ink";
import { through, type Scene } from "./scene";

/** What a question hides until it is answered. */
export interface Veil {
  data: boolean;
  probe: boolean;
}

export interface Shown {
  bars: boolean;
  veil: Veil;
  /** The key that stands out. */
  lit: string | null;
  /** A handle that is held or has the keyboard. */
  active: string | null;
  names: { from: string; to: string; curve: string };
  /** More than this lies beyond an end of the window: say so. */
  beyond(share: number): string;
}

export type Pen = CanvasRenderingContext2D;

export function draw(pen: Pen, scene: Scene, shown: Shown, ink: Ink): void {
  const { width, height, map } = scene.layout;
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = ink.paper;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = ink.soft;
  pen.beginPath();
  pen.roundRect(map.left, map.top, map.width, map.height, 6);
  pen.fill();
  drawNowhere(pen, scene, ink);
  if (shown.bars) {
    drawBars(pen, scene, ink, !shown.veil.data);
    if (!shown.veil.data) drawGuides(pen, scene, ink);
  }
  drawDensities(pen, scene, shown, ink);
  drawMap(pen, scene, shown, ink);
  drawMarks(pen, scene, shown, ink);
}

/** Places from which the map leads nowhere are hatched. */
function drawNowhere(pen: Pen, { layout: { map }, view, stack, from, to }: Scene, ink: Ink): void {
  const [low, high] = to > from ? stack.curves[from]!.domain : [-Infinity, Infinity];
  const ends: [number, number][] = [
    [map.left, Math.min(map.left + map.width, view.x(low))],
    [Math.max(map.left, view.x(high)), map.left + map.width],
  ];
  for (const [left, right] of ends) {
    if (!(right - left > 0.5)) continue;
    pen.save();
    pen.beginPath();
    pen.rect(left, map.top, right - left, map.height);
    pen.clip();
    pen.strokeStyle = ink.line;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let x = left - map.height; x < right; x += 9) {
      pen.moveTo(x, map.top + map.height);
      pen.lineTo(x + map.height, map.top);
    }
    pen.stroke();
    pen.restore();
  }
}

function drawBars(pen: Pen, { layout: { base, data }, view, bars, from, to }: Scene, ink: Ink, left: boolean): void {
  const [floor, wall] = [base.top + base.height, data.left + data.width];
  bars[from]!.forEach(({ ends: [a, b], height }, k) => {
    if (![a, b, height].every(Number.isFinite)) return;
    const x = Math.min(view.x(a), view.x(b));
    pen.fillStyle = ink.bar(k);
    pen.fillRect(x, floor - height * view.below, Math.abs(view.x(b) - view.x(a)), height * view.below);
  });
  if (!left) return;
  clipped(pen, data, () =>
    bars[to]!.forEach(({ ends: [a, b], height }, k) => {
      if (![a, b, height].every(Number.isFinite)) return;
      const y = Math.min(view.y(a), view.y(b));
      pen.fillStyle = ink.bar(k);
      pen.fillRect(wall - height * view.left, y, height * view.left, Math.abs(view.y(b) - view.y(a)));
    }),
  );
}

/** From the bar's edge up to the map and over to the data side. */
function drawGuides(pen: Pen, { layout: { map, base, data }, view, bars, from, to }: Scene, ink: Ink): void {
  const corners = (k: number) => bars[k]!.map(({ ends }) => ends[0]).concat(bars[k]!.at(-1)!.ends[1]);
  const [below, left] = [corners(from), corners(to)];
  pen.lineWidth = 1;
  clipped(pen, { left: data.left + data.width, top: map.top, width: map.left + map.width, height: base.top - map.top }, () =>
    below.forEach((u, k) => {
      const [x, y] = [view.x(u), view.y(left[k]!)];
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      pen.strokeStyle = ink.guide(Math.min(k, below.length - 2));
      pen.beginPath();
      pen.moveTo(x, base.top + base.height);
      pen.lineTo(x, y);
      pen.lineTo(data.left + data.width, y);
      pen.stroke();
    }),
  );
}

function drawDensities(pen: Pen, { layout: { base, data }, view, carried, from, to }: Scene, { veil, lit }: Shown, ink: Ink): void {
  const [floor, wall] = [base.top + base.height, data.left + data.width];
  const [below, left] = [carried.values, carried.density];
  pen.strokeStyle = ink.line;
  pen.lineWidth = 1;
  line(pen, [[base.left, floor + 0.5], [base.left + base.width, floor + 0.5]]);
  line(pen, [[wall + 0.5, data.top], [wall + 0.5, data.top + data.height]]);
  pen.lineJoin = "round";
  const broad = (key: string) => (lit === key ? 3.5 : 2);
  pen.strokeStyle = ink.base;
  pen.lineWidth = broad("base");
  clipped(pen, { ...base, top: base.top - 8, height: base.height + 9 }, () =>
    polyline(pen, below[from]!, left[from]!, (u, p) => [view.x(u), floor - p * view.below]),
  );
  if (veil.data) return;
  pen.strokeStyle = ink.data;
  pen.lineWidth = broad("total");
  clipped(pen, { ...data, width: data.width + 1 }, () =>
    polyline(pen, carried.values[to]!, carried.density[to]!, (v, p) => [wall - p * view.left, view.y(v)]),
  );
}

/** A curve through its points, down to nothing at its two ends; a gap where there is no value. */
function polyline(pen: Pen, v: Float64Array, p: Float64Array, at: (v: number, p: number) => [number, number]): void {
  const far = (n: number) => Math.min(1e5, Math.max(-1e5, n));
  pen.beginPath();
  let open = false;
  let before = [Infinity, Infinity];
  for (let i = 0; i < v.length; i++) {
    if (!Number.isFinite(v[i]!) || Number.isNaN(p[i]!)) continue;
    const [x, y] = at(v[i]!, p[i]!).map(far) as [number, number];
    if (!open) pen.moveTo(...(at(v[i]!, 0).map(far) as [number, number]));
    if (!open || Math.abs(x - before[0]!) + Math.abs(y - before[1]!) > 0.3) {
      pen.lineTo(x, y);
      before = [x, y];
    }
    open = true;
  }
  let last = v.length - 1;
  while (last >= 0 && !Number.isFinite(v[last]!)) last--;
  if (last >= 0) pen.lineTo(...(at(v[last]!, 0).map(far) as [number, number]));
  pen.stroke();
}

function drawMap(pen: Pen, scene: Scene, { lit, veil }: Shown, ink: Ink): void {
  const { map } = scene.layout;
  const { view } = scene;
  clipped(pen, map, () => {
    pen.strokeStyle = ink.line;
    pen.setLineDash([2, 5]);
    pen.lineWidth = 1.5;
    line(pen, [view.from[0], view.from[1]].map((u) => [view.x(u), view.y(u)] as [number, number]));
    pen.setLineDash([]);
    pen.strokeStyle = ink.ink;
    pen.lineWidth = lit === "map" ? 4 : 2.6;
    pen.lineJoin = "round";
    mapCurve(pen, scene);
    if (lit === "volume" && !veil.probe) drawSlope(pen, scene, ink);
  });
}

function mapCurve(pen: Pen, scene: Scene): void {
  const { view, layout: { map } } = scene;
  const { f } = through(scene);
  pen.beginPath();
  let open = false;
  for (let x = map.left; x <= map.left + map.width; x += 1) {
    const v = f(view.u(x));
    if (!Number.isFinite(v)) {
      open = false;
      continue;
    }
    const y = Math.min(1e4, Math.max(-1e4, view.y(v)));
    if (open) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    open = true;
  }
  pen.stroke();
}

/** The tangent at the probe: its slope is what the formula asks for. */
function drawSlope(pen: Pen, { view, probe, from, to, stack }: Scene, ink: Ink): void {
  const [u, v] = [probe.values[from]!, probe.values[to]!];
  const sign = stack.curves.slice(from, to).reduce((product, curve) => product * curve.sign, 1);
  const slope = sign * Math.exp(probe.logs.slice(from, to).reduce((a, b) => a + b, 0));
  const reach = (view.from[1] - view.from[0]) / 8;
  pen.strokeStyle = ink.volume;
  pen.lineWidth = 3;
  line(pen, [-1, 1].map((side) => [view.x(u + side * reach), view.y(v + side * reach * slope)] as [number, number]));
}

export function line(pen: Pen, points: [number, number][]): void {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

export function clipped(pen: Pen, box: { left: number; top: number; width: number; height: number }, run: () => void): void {
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  run();
  pen.restore();
}
