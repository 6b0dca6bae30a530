/** The ledger as a picture: every term a bar, from the sum before it to the sum after it. */

import { plain } from "../shared/numbers";
import type { Say } from "../shared/strings";
import type { Palette } from "../shared/theme";
import type { Column } from "../shared/trace";
import type { Box, Pen } from "./paint";

export interface Term {
  column: Column | "base";
  /** Of its layer, 1 at the data side; 0: the base. */
  layer: number;
  from: number;
  to: number;
}

/** Terms from the latent side to the data side: the base, then the rows; in bits/dim. */
export function termsOf(terms: number[], rows: [number, string, Column][]): Term[] {
  let sum = 0;
  return terms.map((value, i) => {
    const [layer, , column] = rows[i - 1] ?? [0, "", "base" as const];
    return { column, layer, from: sum, to: (sum += value) };
  });
}

const LEFT = 34;
const RIGHT = 62;
const ROOM = 17;
const WIDEST = 30;

/** Where the bars are. */
function inside({ x, y, width, height }: Box): Box {
  return { x: x + LEFT, y: y + ROOM, width: width - LEFT - RIGHT, height: height - 2 * ROOM };
}

/** Of a bar: a ledger of few terms does not fill the width. */
const widthOf = (terms: Term[], width: number) => Math.min(WIDEST, width / terms.length);

/** The term at a place of the picture; null beside them. */
export function termAt(box: Box, terms: Term[], x: number, y: number): number | null {
  const { x: left, y: top, width, height } = inside(box);
  const at = Math.floor((x - left) / widthOf(terms, width));
  return at >= 0 && at < terms.length && y >= top && y < top + height ? at : null;
}

export interface Look {
  palette: Palette;
  t: Say;
  type: number;
  /** The column that is lit; the others step back. */
  lit: string | null;
  /** The term that is pointed at. */
  term: number | null;
}

export function drawWaterfall(pen: Pen, box: Box, terms: Term[], { palette, t, type, lit, term }: Look): void {
  const sums = [0, ...terms.map(({ to }) => to)];
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  const { x: left, y: top, width, height } = inside(box);
  const y = (sum: number) => top + (height * (high - sum)) / (high - low || 1);
  const each = widthOf(terms, width);
  const right = left + each * terms.length;
  const write = (text: string, x: number, at: number, align: CanvasTextAlign, colour = palette.mute) => {
    pen.textAlign = align;
    pen.fillStyle = colour;
    pen.fillText(text, x, at);
  };
  pen.font = `${11.5 * type}px system-ui, "DejaVu Sans", sans-serif`;
  for (const tick of ticks(low, high)) {
    pen.fillStyle = palette.line;
    pen.fillRect(left, Math.round(y(tick)), right - left, 1);
    write(plain(tick, 0), left - 6, y(tick) + 4, "right");
  }
  const word = t("layer");
  write(word, left, top + height + 14, "left");
  const taken: [number, number][] = [[left, left + pen.measureText(word).width + 6]];
  terms.forEach(({ column, from, to }, i) => {
    const x = left + i * each;
    const [upper, lower] = [y(Math.max(from, to)), y(Math.min(from, to))];
    pen.globalAlpha = lit && lit !== column && lit !== "total" ? 0.25 : 1;
    if (i === term) {
      pen.fillStyle = palette.soft;
      pen.fillRect(x - 1, top, each + 2, height);
    }
    pen.fillStyle = palette[column];
    pen.fillRect(x + 0.5, upper, Math.max(1, each - 1), Math.max(1.5, lower - upper));
    pen.globalAlpha = 1;
  });
  for (const { i, layer } of largest(terms, 0.04 * (high - low))) {
    const half = pen.measureText(String(layer)).width / 2 + 2;
    const middle = left + (i + 0.5) * each;
    if (taken.some(([a, b]) => middle + half > a && middle - half < b)) continue;
    taken.push([middle - half, middle + half]);
    write(String(layer), middle, top + height + 14, "center");
  }
  const total = sums.at(-1)!;
  pen.fillStyle = palette.ink;
  pen.fillRect(right, Math.round(y(total)) - 0.5, 6, 1.5);
  write(plain(total), right + 9, y(total) + 4, "left", palette.ink);
  write(t("terms", { count: terms.length }), left, box.y + 8, "left");
}

/** Terms of layers that add more than `least` either way, the largest first. */
function largest(terms: Term[], least: number): { i: number; layer: number }[] {
  const size = ({ from, to }: Term) => Math.abs(to - from);
  const named = terms.map((term, i) => ({ i, layer: term.layer, size: size(term) }));
  return named.filter((one) => one.layer > 0 && one.size > least).sort((a, b) => b.size - a.size);
}

/** Round places from one end to the other, at most six. */
function ticks(low: number, high: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => (high - low) / one < 6) ?? 5000;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}
