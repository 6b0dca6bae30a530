/**
 * Layers that draw noise only bound log p(x): the bound, weighted draws, their limit, and the truth.
 *
 * A weight is w = exp(ledger) at one draw n of the noise. Where one number is drawn, log w is a
 * square in n for every kind: a n + b n^2 and a constant, read off three draws.
 */

import { claim, claimPair, type Fault } from "./account";
import type { Draw, Map as LayerMap } from "./maths/kind";

/** Nodes of the noise: of one draw; along each of two. */
const NODES = 81;
const SIDE = 29;
/** How far normal noise goes, one draw and two. */
const [REACH, BOTH] = [8, 6];
/** Nodes of the integral that a weighted bound is. */
const STEPS = 64;
/** Along each side of a cell. */
const INSIDE = 4;

export interface Bounds {
  exact: number;
  /** E log w, the plain bound. */
  plain: number;
  /** E log of the mean of `count` weights. */
  weighted: number;
}

/** Values of log w, and the share of the noise that has each. */
interface Spread {
  shares: Float64Array;
  logs: Float64Array;
}

/** log w = start + a n + b n^2. */
interface Square {
  draw: Draw;
  start: number;
  a: number;
  b: number;
}

/** log p(x): in closed form, and what a fault adds to it. */
export function exactAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): number {
  if (fault === "base" || !map.truth) return cellAt(map, x, fault);
  const claimed = (one: Fault) => claim(map, Float64Array.from(x), 1, one).total[0]!;
  return map.truth(x) + claimed(fault) - claimed("");
}

/** E log w over the noise. */
export function plainAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): number {
  if (map.noise.forward.length > 1) return meanOf(pairsAt(map, x, fault));
  const { draw, start, a, b } = squareAt(map, x, fault);
  return start + (draw === "uniform" ? a / 2 + b / 3 : b);
}

/** log E w, which ever more weighted draws come to: log p(x), less what the noise never reaches. */
export function limitAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): number {
  const { draw, start, a, b } = squareAt(map, x, fault);
  if (draw === "uniform") return start + logMean(spreadOf(draw, a, b));
  return start + (a * a) / (2 - 4 * b) - 0.5 * Math.log(1 - 2 * b);
}

/** E log of the mean weight of `count` draws. */
export function weightedAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, count: number): number {
  if (count === 1) return plainAt(map, x, fault);
  if (map.noise.forward.length > 1) return weightedOf(pairsAt(map, x, fault), count);
  const { draw, start, a, b } = squareAt(map, x, fault);
  return start + kept(`${draw} ${count} ${a.toFixed(9)} ${b.toFixed(9)}`, () => weightedOf(spreadOf(draw, a, b), count));
}

export function boundsAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, count: number): Bounds {
  return { exact: exactAt(map, x, fault), plain: plainAt(map, x, fault), weighted: weightedAt(map, x, fault, count) };
}

/** Many x share one square: their weighted bounds are worked out once. */
const KEPT = new Map<string, number>();

function kept(key: string, make: () => number): number {
  if (!KEPT.has(key)) {
    if (KEPT.size > 999) KEPT.clear();
    KEPT.set(key, make());
  }
  return KEPT.get(key)!;
}

function squareAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): Square {
  const { total } = claim(map, repeated(x, 3), 3, fault, Float64Array.of(0.25, 0.5, 0.75));
  const [left, middle, right] = total as unknown as [number, number, number];
  const b = 8 * (left - 2 * middle + right);
  const a = 2 * (right - left) - b;
  return { draw: map.noise.forward[0]!, start: middle - a / 2 - b / 4, a, b };
}

/** Nodes lie close where the square turns, as close as it is steep. */
function spreadOf(draw: Draw, a: number, b: number): Spread {
  const flat = draw === "uniform";
  const [low, high] = flat ? [0, 1] : [-REACH, REACH];
  const scale = Math.min(high - low, (2 * Math.abs(b)) ** -0.5);
  const middle = Math.min(high, Math.max(low, -a / (2 * b || 1)));
  const [from, to] = [Math.asinh((low - middle) / scale), Math.asinh((high - middle) / scale)];
  const [shares, logs] = [new Float64Array(NODES), new Float64Array(NODES)];
  for (let i = 0; i < NODES; i++) {
    const y = from + ((i + 0.5) / NODES) * (to - from);
    const n = middle + scale * Math.sinh(y);
    shares[i] = Math.cosh(y) * (flat ? 1 : Math.exp((-n * n) / 2));
    logs[i] = (a + b * n) * n;
  }
  return whole({ shares, logs });
}

/** The weights of two draws a point, on a grid of their noise. */
function pairsAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): Spread {
  const n = SIDE ** 2;
  const noise = new Float64Array(2 * n);
  const shares = new Float64Array(n).fill(1);
  for (let i = 0; i < 2 * n; i++) {
    const at = ((i % 2 ? i >> 1 : Math.floor((i >> 1) / SIDE)) % SIDE) / SIDE + 0.5 / SIDE;
    const v = map.noise.forward[i % 2] === "uniform" ? at : (2 * at - 1) * BOTH;
    noise[i] = v;
    if (v !== at) shares[i >> 1]! *= Math.exp((-v * v) / 2);
  }
  return whole({ shares, logs: claim(map, repeated(x, n), n, fault, noise).total });
}

function whole({ shares, logs }: Spread): Spread {
  const sum = shares.reduce((a, b) => a + b, 0);
  return { shares: shares.map((share) => share / sum), logs };
}

function meanOf({ shares, logs }: Spread): number {
  return shares.reduce((sum, share, i) => sum + share * logs[i]!, 0);
}

function logMean({ shares, logs }: Spread): number {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(shares.reduce((sum, share, i) => sum + share * Math.exp(logs[i]! - most), 0));
}

/**
 * E log S, S the mean of `count` weights, without a draw: log S is the integral of
 * (exp(-t) - exp(-t S)) / t, and E exp(-t S) = (E exp(-t w / count))^count. Here t = exp(s) in units
 * of 1 / E w, with s in steps that grow to both sides.
 */
function weightedOf(spread: Spread, count: number): number {
  const unit = logMean(spread);
  const logs = spread.logs.map((v) => v - unit - Math.log(count));
  const least = logs.reduce((a, b) => Math.min(a, b), Infinity);
  const [from, to] = [-Math.asinh(16), Math.asinh(5 - least)];
  const step = (to - from) / STEPS;
  let sum = 0;
  for (let k = 0; k < STEPS; k++) {
    const y = from + (k + 0.5) * step;
    const s = Math.sinh(y);
    let one = 0;
    for (let i = 0; i < logs.length; i++) {
      const log = s + logs[i]!;
      if (log < 5) one += spread.shares[i]! * (log < -40 ? 1 : Math.exp(-Math.exp(log)));
    }
    sum += (Math.exp(-Math.exp(s)) - one ** count) * Math.cosh(y);
  }
  return unit + step * sum;
}

/**
 * log of the probability of a whole number: the claimed density over its cell. The noise fills the
 * cell, and what the encoder gives back is what its draws cost, so that neither counts.
 */
function cellAt(map: LayerMap, x: ArrayLike<number>, fault: Fault): number {
  const levels = levelsOf(map);
  const n = INSIDE ** 2;
  const z = Float64Array.from({ length: 2 * n }, (_, i) => {
    const at = i % 2 ? (i >> 1) % INSIDE : Math.floor((i >> 1) / INSIDE);
    return (x[i % 2]! + (at + 0.5) / INSIDE) / levels;
  });
  const { total, encoder } = claimPair(map, repeated(x, n), z, n, fault);
  return Math.log(total.reduce((sum, value, i) => sum + Math.exp(value - encoder![i]!), 0) / (n * levels ** 2));
}

export function levelsOf(map: LayerMap): number {
  return map.inverse(Float64Array.of(1 - 1e-9, 0), 1).out[0]! + 1;
}

function repeated(x: ArrayLike<number>, n: number): Float64Array {
  const out = new Float64Array(n * x.length);
  for (let i = 0; i < n; i++) out.set(x, i * x.length);
  return out;
}
