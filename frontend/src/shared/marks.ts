/** What a question leaves on a picture: the crosshair, the answer, the truth, the gap between them. */

import type { Palette } from "./theme";

type Point = readonly [number, number];

export interface Marks {
  /** CSS pixels. */
  cross?: Point | null;
  /** All others in pixels of the picture, too. */
  given?: Point | null;
  truth?: Point | null;
  /** A line drawn by hand. */
  sketch?: Point[];
}

export function drawMarks(context: CanvasRenderingContext2D, { cross, given, truth, sketch }: Marks, palette: Palette): void {
  context.save();
  context.lineCap = context.lineJoin = "round";
  if (sketch && sketch.length > 0) twice(context, palette, palette.bad, 2.4, () => trace(context, sketch, true));
  if (given && truth) {
    context.setLineDash([5, 5]);
    twice(context, palette, palette.bad, 1.6, () => trace(context, [given, truth]));
    context.setLineDash([]);
  }
  if (truth) twice(context, palette, palette.ink, 2.2, () => circle(context, truth, 10));
  if (given) twice(context, palette, palette.bad, 2.6, () => saltire(context, given, 6));
  if (cross) twice(context, palette, palette.accent, 1.8, () => plus(context, cross, 13));
  context.restore();
}

/** A line on a wider one of paper: seen on any density. */
function twice(context: CanvasRenderingContext2D, palette: Palette, colour: string, width: number, path: () => void): void {
  for (const [style, wide] of [[palette.paper, width + 2.4], [colour, width]] as const) {
    context.strokeStyle = style;
    context.lineWidth = wide;
    context.beginPath();
    path();
    context.stroke();
  }
}

function trace(context: CanvasRenderingContext2D, points: readonly Point[], close = false): void {
  points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  if (points.length === 1) context.lineTo(points[0]![0] + 0.1, points[0]![1]);
  if (close && points.length > 2) context.closePath();
}

function circle(context: CanvasRenderingContext2D, [x, y]: Point, radius: number): void {
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

function saltire(context: CanvasRenderingContext2D, [x, y]: Point, r: number): void {
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x - r, y + r);
  context.lineTo(x + r, y - r);
}

function plus(context: CanvasRenderingContext2D, [x, y]: Point, r: number): void {
  context.moveTo(x - r, y);
  context.lineTo(x + r, y);
  context.moveTo(x, y - r);
  context.lineTo(x, y + r);
}
