/** Small graphs under the picture: axes of their own, light rules, a name. */

import { plain } from "../shared/numbers";
import type { Palette } from "../shared/theme";
import type { Board } from "./board";

export interface Span {
  x: readonly [number, number];
  y: readonly [number, number];
}

/** Begins a graph over this span, with rules at round places. */
export function beginPlot(board: Board, palette: Palette, { x, y }: Span, name: string, names: readonly [string, string]): void {
  const center = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2] as const;
  board.begin(palette, { center, radius: (x[1] - x[0]) / 2, rise: (y[1] - y[0]) / 2 });
  board.lines();
  const { width, height } = board.frame;
  const rule = (points: number[], strong: boolean) => board.line(points, palette.line, strong ? 1.4 : 0.7);
  for (const v of marks(x)) rule([v, y[0], v, y[1]], v === 0);
  for (const v of marks(y)) rule([x[0], v, x[1], v], v === 0);
  for (const v of marks(y).filter((one) => board.y(one) > 30 && board.y(one) < height - 14)) board.say(plain(v, v % 1 ? 1 : 0), 4, board.y(v) + 4, palette.mute, { size: 10.5 });
  for (const v of marks(x)) {
    const at = board.x(v);
    if (at > 20 && at < width - 24) board.say(plain(v, 0), at, height - 4, palette.mute, { size: 10.5, align: "center" });
  }
  board.say(name, 7, 16, palette.ink, { size: 12.5, weight: 600 });
  board.say(names[0], width - 6, height - 4, palette.ink, { size: 12, align: "right" });
}

/** Whole numbers inside a span, about four of them. */
function marks([low, high]: readonly [number, number]): number[] {
  const step = [0.5, 1, 2, 5, 10].find((one) => (high - low) / one <= 5) ?? 20;
  const out: number[] = [];
  for (let k = Math.ceil(low / step + 1e-9); k * step < high - 1e-9; k++) out.push(k * step);
  return out;
}
