/** Ticks, names, the probe, the handles, and marks where a curve leaves the picture. */

import { figure, plain } from "../shared/numbers";
import { ticks } from "../player/axes";
import { clipped, line, type Pen, type Shown } from "./draw";
import type { Ink } from "./ink";
import type { Scene } from "./scene";
import type { Window } from "./view";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

export function drawMarks(pen: Pen, scene: Scene, shown: Shown, ink: Ink): void {
  drawTicks(pen, scene, ink);
  drawNames(pen, scene, shown, ink);
  if (!shown.veil.data) {
    drawPeaks(pen, scene, ink);
    drawBeyond(pen, scene, shown, ink);
  }
  drawProbe(pen, scene, shown, ink);
  drawHandles(pen, scene, shown, ink);
}

function digitsOf(values: number[]): number {
  const step = values.length > 1 ? values[1]! - values[0]! : 1;
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

function drawTicks(pen: Pen, { layout: { map, base }, view }: Scene, ink: Ink): void {
  const wanted = map.width < 300 ? 4 : 6;
  const [us, vs] = [view.from, view.to].map(([low, high]) => ticks(low, high, wanted)) as [number[], number[]];
  pen.font = `12px ${FONT}`;
  pen.fillStyle = ink.mute;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const u of us) {
    const x = view.x(u);
    if (x > map.left + 8 && x < map.left + map.width - 8) pen.fillText(plain(u, digitsOf(us)), x, base.top + base.height + 7);
  }
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const v of vs) {
    const y = view.y(v);
    if (y > map.top + 10 && y < map.top + map.height - 10) halo(pen, plain(v, digitsOf(vs)), map.left + 6, y, ink.mute, ink.soft);
  }
}

function halo(pen: Pen, text: string, x: number, y: number, colour: string, paper: string): void {
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = paper;
  pen.globalAlpha = 0.85;
  pen.strokeText(text, x, y);
  pen.globalAlpha = 1;
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function drawNames(pen: Pen, { layout: { map, data, base } }: Scene, { names }: Shown, ink: Ink): void {
  pen.font = `12px ${FONT}`;
  pen.textBaseline = "top";
  pen.textAlign = "left";
  halo(pen, names.to, data.left + 2, data.top + 2, ink.data, ink.paper);
  pen.textAlign = "right";
  halo(pen, names.from, base.left + base.width, base.top + 2, ink.base, ink.paper);
  pen.font = `italic 15px "STIX Two Text", Cambria, Georgia, "Liberation Serif", serif`;
  halo(pen, names.curve, map.left + map.width - 12, map.top + map.height - 28, ink.ink, ink.soft);
}

/** A wedge, with the height that the curve goes on to, where it leaves the room on the left. */
function drawPeaks(pen: Pen, { layout: { data }, view, carried, to, peaks }: Scene, ink: Ink): void {
  const room = data.width / view.left;
  const marked: [number, number][] = peaks.map((v) => [v, Infinity]);
  const [v, p] = [carried.values[to]!, carried.density[to]!];
  for (let i = 1; i + 1 < v.length; i++) {
    const top = p[i]! > room && p[i]! >= p[i - 1]! && p[i]! >= p[i + 1]!;
    if (top && peaks.every((peak) => Math.abs(view.y(peak) - view.y(v[i]!)) > 14)) marked.push([v[i]!, p[i]!]);
  }
  pen.font = `600 12px ${FONT}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const [place, height] of marked) {
    const y = view.y(place);
    if (y < data.top || y > data.top + data.height) continue;
    pen.fillStyle = ink.data;
    pen.beginPath();
    pen.moveTo(data.left, y);
    pen.lineTo(data.left + 9, y - 5);
    pen.lineTo(data.left + 9, y + 5);
    pen.fill();
    const aside = y > data.top + data.height / 2 ? -13 : 13;
    halo(pen, `p → ${height === Infinity ? "∞" : figure(height, 2)}`, data.left + 2, y + aside, ink.data, ink.paper);
  }
}

/** Less than this beyond the window is not worth a word. */
const LEAST_BEYOND = 0.002;

function drawBeyond(pen: Pen, { layout: { data }, beyond }: Scene, shown: Shown, ink: Ink): void {
  pen.font = `12px ${FONT}`;
  pen.textAlign = "right";
  const ends: [number, number, string, CanvasTextBaseline][] = [
    [beyond.high, data.top + 20, "↑", "top"],
    [beyond.low, data.top + data.height - 4, "↓", "bottom"],
  ];
  for (const [share, y, arrow, baseline] of ends) {
    if (share < LEAST_BEYOND) continue;
    pen.textBaseline = baseline;
    halo(pen, `${arrow} ${shown.beyond(share)}`, data.left + data.width - 5, y, ink.mute, ink.paper);
  }
}

const inside = (value: number, [low, high]: Window) => Number.isFinite(value) && value >= low && value <= high;

function drawProbe(pen: Pen, scene: Scene, { veil, lit }: Shown, ink: Ink): void {
  const { layout: { map, data, base }, view, probe, from, to, carried } = scene;
  const [u, v] = [probe.values[from]!, probe.values[to]!];
  if (!inside(u, view.from)) return;
  const [x, floor] = [view.x(u), base.top + base.height];
  pen.strokeStyle = ink.probe;
  pen.lineWidth = 2;
  pen.setLineDash([5, 4]);
  if (veil.probe || !Number.isFinite(v)) {
    line(pen, [[x, floor], [x, map.top + map.height]]);
    pen.setLineDash([]);
    return;
  }
  const y = view.y(v);
  clipped(pen, { left: 0, top: map.top, width: map.left + map.width, height: floor - map.top }, () => {
    line(pen, [[x, floor], [x, y], [data.left + data.width, y]]);
    pen.setLineDash([]);
    const wall = data.left + data.width;
    const stages = [Math.exp(probe.base + sum(probe.terms.slice(0, from))), Math.exp(probe.total - sum(probe.terms.slice(to)))];
    if (!veil.data && carried.z.length) {
      pen.lineWidth = lit === "total" ? 5 : 3;
      line(pen, [[wall, y], [Math.max(data.left, wall - stages[1]! * view.left), y]]);
    }
    pen.lineWidth = lit === "base" ? 5 : 3;
    line(pen, [[x, floor], [x, floor - stages[0]! * view.below]]);
  });
  pen.setLineDash([]);
  if (inside(v, view.to)) dot(pen, x, y, 7.5, ink.probe, ink.paper);
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

function drawHandles(pen: Pen, { layout: { map }, view, handles }: Scene, { active, veil }: Shown, ink: Ink): void {
  if (veil.probe) return;
  clipped(pen, { ...map, left: map.left - 8, width: map.width + 16, top: map.top - 8, height: map.height + 16 }, () => {
    for (const { name, u, v } of handles) dot(pen, view.x(u), view.y(v), name === active ? 9 : 7, ink.paper, name === active ? ink.data : ink.ink);
  });
}

function dot(pen: Pen, x: number, y: number, radius: number, fill: string, edge: string): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = edge;
  pen.stroke();
}
