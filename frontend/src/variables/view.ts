/** What part of each stage is shown, and how large: a plain function of the maps, so that a state is a picture. */

import type { Layout } from "./layout";
import type { Carried, Stack } from "./stack";

export type Window = readonly [number, number];

/** Pixels of a point, and back, in the plane (h_a, h_b) of a map. */
export interface View {
  from: Window;
  to: Window;
  x(u: number): number;
  y(v: number): number;
  u(x: number): number;
  v(y: number): number;
  /** Pixels of density 1 below and on the left: the same area for the same mass. */
  below: number;
  left: number;
}

/** Share of the mass at either end that a window need not hold. */
const TAIL = 0.02;

/** The window of stage k: the base's own, all of a bounded range, else nearly all of the mass with some room. */
export function windowOf(stack: Stack, carried: Carried, k: number): Window {
  const { window } = stack.base;
  if (k === 0) return window;
  const { range } = stack.curves[k - 1]!;
  if (range.every(Number.isFinite)) return padded([range[0], range[1]], 0.12);
  const ends = [false, true].map((fromTop) => tail(carried, k, fromTop));
  if (!ends.every(Number.isFinite)) return window;
  return fitting(padded([Math.min(...ends), Math.max(...ends)], 0.125), window);
}

/** The value of stage k beyond which TAIL of the base's mass lies, of the mass that has a value there. */
function tail({ z, values, density }: Carried, k: number, fromTop: boolean): number {
  const last = z.length - 1;
  const [v, p] = [values[k]!, density[0]!];
  const weight = (i: number) => (Number.isFinite(v[i]!) && Number.isFinite(v[i + 1]!) ? (z[i + 1]! - z[i]!) * p[i]! : 0);
  let total = 0;
  for (let i = 0; i < last; i++) total += weight(i);
  let sum = 0;
  for (let i = 0; i < last; i++) {
    const at = fromTop ? last - 1 - i : i;
    sum += weight(at);
    if (sum > TAIL * total) return v[at]!;
  }
  return NaN;
}

function padded([low, high]: Window, share: number): Window {
  return [low - share * (high - low), high + share * (high - low)];
}

/** The base's own window where that shows it well, so that slopes can be compared; else a round one. */
export function fitting([low, high]: Window, own: Window): Window {
  const span = own[1] - own[0];
  const inside = low >= own[0] - 0.05 * span && high <= own[1] + 0.05 * span;
  if (inside && high - low > 0.3 * span) return own;
  const raw = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999)!;
  return [Math.floor(low / step + 0.1) * step, Math.ceil(high / step - 0.1) * step];
}

/** How far the unit of mass may shrink to let a high density fit in. */
const MOST_SHRUNK = 4.2;

export function viewOf({ map, base, data }: Layout, from: Window, to: Window, tops: { from: number; to: number }): View {
  const [sx, sy] = [map.width / (from[1] - from[0]), map.height / (to[1] - to[0])];
  const full = (0.94 * base.height * sx) / tops.from;
  const fits = (0.94 * data.width * sy) / tops.to;
  const unit = Math.min(full, Math.max(fits, full / MOST_SHRUNK));
  return {
    from,
    to,
    x: (u) => map.left + (u - from[0]) * sx,
    y: (v) => map.top + map.height - (v - to[0]) * sy,
    u: (x) => from[0] + (x - map.left) / sx,
    v: (y) => to[0] + (map.top + map.height - y) / sy,
    below: unit / sx,
    left: unit / sy,
  };
}

/** The highest density of stage k inside a window; a singular peak counts as far as it is wide enough to see. */
export function topOf({ values, density }: Carried, k: number, window: Window): number {
  const least = (window[1] - window[0]) / 250;
  const [v, p] = [values[k]!, density[k]!];
  let top = 0;
  let edge = 0;
  for (let i = 0; i < v.length; i++) {
    while (Math.abs(v[i]! - v[edge]!) > least && edge < i) edge++;
    const shown = v[i]! >= window[0] && v[i]! <= window[1];
    const wide = Math.min(p[i]!, p[edge]!);
    if (shown && Number.isFinite(wide) && wide > top) top = wide;
  }
  return top || 1;
}
