/** Layers that bend every coordinate by itself. */

import { bijection, list, num, type Params, type Point } from "./kind";

function leakyrelu(p: Params): Point {
  const slope = num(p, "slope");
  if (!(slope > 0)) throw new Error(`slope: expected a number > 0, got ${slope}: a ReLU is not one to one`);
  const rate = (v: number): number => (v < 0 ? slope : 1);
  return bijection({
    to: (x, z) => z.set([x[0]! * rate(x[0]!), x[1]! * rate(x[1]!)]),
    back: (z, x) => x.set([z[0]! / rate(z[0]!), z[1]! / rate(z[1]!)]),
    volume: (x) => Math.log(rate(x[0]!)) + Math.log(rate(x[1]!)),
    slope: (x, out) => out.set([rate(x[0]!), 0, 0, rate(x[1]!)]),
  });
}

/** One coordinate's spline: K + 1 knots (x, y) with slopes d, the outer ones at the bound. */
interface Knots {
  x: number[];
  y: number[];
  d: number[];
}

/** Least width and height of a bin, as a share of twice the bound; least slope. */
const [MIN_BIN, MIN_SLOPE] = [1e-3, 1e-3];

/**
 * The rational-quadratic spline (Durkan et al. 2019), identity outside [-bound, bound]. Parameters
 * are the inner knots x1, y1 and slopes d1 of the first coordinate, x2, y2, d2 of the second.
 */
function spline(p: Params): Point {
  const bound = num(p, "bound");
  const [first, second] = [knots(p, "1", bound), knots(p, "2", bound)];
  const both = (step: (v: number, k: Knots) => number, from: Float64Array, to: Float64Array): void =>
    to.set([step(from[0]!, first), step(from[1]!, second)]);
  return bijection({
    to: (x, z) => both((v, k) => inside(v, bound, k.x, rise(k)), x, z),
    back: (z, x) => both((v, k) => inside(v, bound, k.y, fall(k)), z, x),
    volume: (x) => Math.log(rate(x[0]!, bound, first)) + Math.log(rate(x[1]!, bound, second)),
    slope: (x, out) => out.set([rate(x[0]!, bound, first), 0, 0, rate(x[1]!, bound, second)]),
    facts: { bound, gap: 2 * bound * MIN_BIN, least: MIN_SLOPE },
  });
}

function knots(p: Params, axis: string, bound: number): Knots {
  const x = list(p, `x${axis}`);
  const [y, d] = [list(p, `y${axis}`, x.length), list(p, `d${axis}`, x.length)];
  const ends = (v: number[]): number[] => [-bound, ...v, bound];
  const gap = 2 * bound * MIN_BIN;
  for (const [name, v] of [["x", ends(x)], ["y", ends(y)]] as const) {
    if (v.some((one, i) => i > 0 && !(one - v[i - 1]! > gap))) {
      throw new Error(`${name}${axis}: expected knots that rise by more than ${gap} from ${-bound} to ${bound}`);
    }
  }
  if (d.some((one) => !(one > MIN_SLOPE))) throw new Error(`d${axis}: expected slopes above ${MIN_SLOPE}`);
  return { x: ends(x), y: ends(y), d: [1, ...d, 1] };
}

function inside(v: number, bound: number, at: number[], step: (v: number, i: number) => number): number {
  return Math.abs(v) < bound ? step(v, binOf(v, at)) : v;
}

function binOf(v: number, at: number[]): number {
  let i = 0;
  while (i < at.length - 2 && v >= at[i + 1]!) i++;
  return i;
}

function bin({ x, y, d }: Knots, i: number): { w: number; h: number; s: number; d0: number; d1: number } {
  const [w, h] = [x[i + 1]! - x[i]!, y[i + 1]! - y[i]!];
  return { w, h, s: h / w, d0: d[i]!, d1: d[i + 1]! };
}

const rise = (k: Knots) => (v: number, i: number): number => {
  const { w, h, s, d0, d1 } = bin(k, i);
  const xi = (v - k.x[i]!) / w;
  const mix = xi * (1 - xi);
  return k.y[i]! + (h * (s * xi * xi + d0 * mix)) / (s + (d1 + d0 - 2 * s) * mix);
};

const fall = (k: Knots) => (v: number, i: number): number => {
  const { w, h, s, d0, d1 } = bin(k, i);
  const up = v - k.y[i]!;
  const b = h * d0 - up * (d1 + d0 - 2 * s);
  const [a, c] = [h * s - b, -s * up];
  const q = Math.abs(b) + Math.sqrt(Math.max(0, b * b - 4 * a * c));
  return k.x[i]! + w * (b > 0 ? (-2 * c) / q : q / (2 * a));
};

function rate(v: number, bound: number, k: Knots): number {
  if (!(Math.abs(v) < bound)) return 1;
  const i = binOf(v, k.x);
  const { w, s, d0, d1 } = bin(k, i);
  const xi = (v - k.x[i]!) / w;
  const mix = xi * (1 - xi);
  const top = d1 * xi * xi + 2 * s * mix + d0 * (1 - xi) ** 2;
  return (s * s * top) / (s + (d1 + d0 - 2 * s) * mix) ** 2;
}

export const KINDS = { leakyrelu, spline };
