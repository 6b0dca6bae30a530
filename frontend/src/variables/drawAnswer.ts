/** What was predicted, drawn beside what is true. */

import { COLUMNS } from "./asking";
import type { Question } from "../shared/question";
import { clipped, line, type Pen } from "./draw";
import type { Ink } from "./ink";
import type { Scene } from "./scene";

export function drawAnswer(pen: Pen, scene: Scene, { kind }: Question, given: unknown, cross: [number, number] | null, ink: Ink): void {
  pen.strokeStyle = ink.ink;
  pen.lineWidth = 2;
  if (kind === "sketch" && Array.isArray(given)) drawSketch(pen, scene, given as number[], ink);
  if (kind === "point" && Array.isArray(given)) drawPlace(pen, scene, Number(given[1]));
  if (cross) drawCross(pen, cross);
}

function drawSketch(pen: Pen, { layout: { data }, view }: Scene, cells: number[], ink: Ink): void {
  const [low, high] = view.to;
  const wall = data.left + data.width;
  const points = cells.map((p, c): [number, number] => [wall - p * view.left, view.y(low + ((c + 0.5) / COLUMNS) * (high - low))]);
  pen.strokeStyle = ink.probe;
  pen.setLineDash([6, 4]);
  clipped(pen, data, () => line(pen, points));
  pen.setLineDash([]);
}

/** A line across, where x was said to land. */
function drawPlace(pen: Pen, { layout: { data, map }, view }: Scene, v: number): void {
  const y = view.y(v);
  pen.setLineDash([2, 4]);
  line(pen, [[data.left, y], [map.left + map.width, y]]);
  pen.setLineDash([]);
}

function drawCross(pen: Pen, [x, y]: [number, number]): void {
  line(pen, [[x - 9, y], [x + 9, y]]);
  line(pen, [[x, y - 9], [x, y + 9]]);
}
