/** All stages side by side: the bars and the probe on their way from z through every map to x. */

import type { Ink } from "./ink";
import { clipped, line, type Pen } from "./draw";
import type { Scene } from "./scene";
import { stageName } from "./words";
import { topOf, windowOf, type Window } from "./view";

const HEIGHT = 108;
/** Below the names of the stages. */
const TOP = 20;
export const RIBBON_HEIGHT = HEIGHT;
/** Room of a density beside its stage. */
const BELL = 34;

export function drawRibbon(pen: Pen, scene: Scene, width: number, ink: Ink, veiled: boolean): void {
  pen.clearRect(0, 0, width, HEIGHT);
  const stages = scene.stack.curves.length + 1;
  const shown = veiled ? 1 : stages;
  const at = (k: number) => 6 + (k * (width - BELL - 12)) / (stages - 1);
  const windows = Array.from({ length: shown }, (_, k) => windowOf(scene.stack, scene.carried, k));
  const y = (k: number, v: number) => place(windows[k]!, v);
  for (let k = 0; k < shown; k++) {
    drawStage(pen, scene, k, at(k), windows[k]!, ink);
    if (k + 1 < shown) drawLinks(pen, scene, k, [at(k) + BELL, at(k + 1)], y, ink);
  }
  pen.strokeStyle = ink.probe;
  pen.lineWidth = 2;
  const path = scene.probe.values.slice(0, shown).flatMap((v, k): [number, number][] => {
    const height = y(k, v);
    return Number.isFinite(height) ? [[at(k), height], [at(k) + BELL, height]] : [];
  });
  clipped(pen, { left: 0, top: 0, width, height: HEIGHT }, () => line(pen, path));
}

const place = ([low, high]: Window, v: number) => HEIGHT - 4 - ((v - low) / (high - low)) * (HEIGHT - 4 - TOP);

function drawStage(pen: Pen, { carried, bars }: Scene, k: number, x: number, window: Window, ink: Ink): void {
  const unit = (BELL - 4) / topOf(carried, k, window);
  clipped(pen, { left: x, top: TOP - 2, width: BELL, height: HEIGHT - TOP }, () => {
    bars[k]!.forEach(({ ends: [a, b], height }, i) => {
      if (![a, b, height].every(Number.isFinite)) return;
      const [top, bottom] = [place(window, Math.max(a, b)), place(window, Math.min(a, b))];
      pen.fillStyle = ink.bar(i);
      pen.fillRect(x, top, height * unit, bottom - top);
    });
    const [v, p] = [carried.values[k]!, carried.density[k]!];
    const points: [number, number][] = [];
    v.forEach((one, i) => {
      if (i % 4 === 0 && Number.isFinite(one) && Number.isFinite(p[i]!)) points.push([x + p[i]! * unit, place(window, one)]);
    });
    pen.strokeStyle = k === 0 ? ink.base : ink.data;
    pen.lineWidth = 1.5;
    line(pen, points);
  });
  pen.strokeStyle = ink.line;
  pen.lineWidth = 1;
  line(pen, [[x, TOP], [x, HEIGHT - 4]]);
  pen.font = `italic 14px "STIX Two Text", Cambria, Georgia, "Liberation Serif", serif`;
  pen.fillStyle = ink.ink;
  pen.textBaseline = "top";
  pen.fillText(stageName(k, bars.length - 1), x, 0);
}

function drawLinks(pen: Pen, { bars }: Scene, k: number, [left, right]: [number, number], y: (k: number, v: number) => number, ink: Ink): void {
  clipped(pen, { left, top: 0, width: right - left, height: HEIGHT }, () =>
    bars[k]!.forEach(({ ends }, i) => {
      const corners = [...ends.map((v) => y(k, v)), ...bars[k + 1]!.at(i)!.ends.map((v) => y(k + 1, v))];
      if (!corners.every(Number.isFinite)) return;
      const [a, b, c, d] = corners as [number, number, number, number];
      pen.globalAlpha = 0.55;
      pen.fillStyle = ink.bar(i);
      pen.beginPath();
      pen.moveTo(left, a);
      pen.lineTo(right, c);
      pen.lineTo(right, d);
      pen.lineTo(left, b);
      pen.fill();
      pen.globalAlpha = 1;
    }),
  );
}
