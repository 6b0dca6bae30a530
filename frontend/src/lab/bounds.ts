/** Layers that draw noise only bound log p(x): the bound, weighted draws, and the truth by quadrature. */

import { claim, type Fault } from "./account";
import type { Draw, Map as LayerMap } from "./maths/kind";
import { draws } from "./random";

/** Nodes along each draw, by the number of draws, and how far they go where the draw is normal. */
const NODES = [1, 401, 41];
const REACH = [0, 24, 8];
/** Rounds over which a weighted bound is averaged. */
const ROUNDS = 48;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export interface Bounds {
  exact: number;
  /** E log w, the plain bound. */
  plain: number;
  /** E log of the mean of `draws` weights. */
  weighted: number;
}

interface Rule {
  noise: Float64Array;
  /** Logs of the weights: far out they are too small for a number. */
  logs: Float64Array;
}

const RULES = new Map<string, Rule>();

/** Nodes and weights of the noise of one point. */
function ruleOf(wanted: readonly Draw[], most: number): Rule {
  const side = Math.min(most, NODES[wanted.length] ?? 9);
  const key = `${wanted} ${side}`;
  if (!RULES.has(key)) RULES.set(key, makeRule(wanted, side));
  return RULES.get(key)!;
}

function makeRule(wanted: readonly Draw[], side: number): Rule {
  const n = side ** wanted.length;
  const reach = REACH[wanted.length] ?? 5;
  const noise = new Float64Array(n * wanted.length);
  const logs = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    wanted.forEach((draw, k) => {
      const at = (Math.floor(i / side ** k) % side) + 0.5;
      const v = draw === "uniform" ? at / side : ((2 * at) / side - 1) * reach;
      noise[i * wanted.length + k] = v;
      logs[i]! += draw === "uniform" ? -Math.log(side) : Math.log((2 * reach) / side) - (v * v) / 2 - HALF_LOG_TWO_PI;
    });
  }
  return { noise, logs };
}

function repeated(x: ArrayLike<number>, n: number): Float64Array {
  const out = new Float64Array(n * x.length);
  for (let i = 0; i < n; i++) out.set(x, i * x.length);
  return out;
}

/** log p(x): in closed form where the layer is sound, else integrated over its noise (its own reach, at most). */
export function exactAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, most = 401): number {
  if (fault === "" && map.truth) return map.truth(x);
  const { noise, logs } = ruleOf(map.noise.forward, most);
  const { total } = claim(map, repeated(x, logs.length), logs.length, fault, noise);
  return logSum(total.map((value, i) => value + logs[i]!));
}

/** E log w over the noise. */
export function plainAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, most = 401): number {
  const { noise, logs } = ruleOf(map.noise.forward, most);
  const { total } = claim(map, repeated(x, logs.length), logs.length, fault, noise);
  return total.reduce((sum, value, i) => sum + (logs[i]! > -30 ? Math.exp(logs[i]!) * value : 0), 0);
}

/** log of the mean weight of `count` draws, averaged over rounds. */
export function weightedAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, count: number, seed: number, rounds = ROUNDS): number {
  const n = rounds * count;
  const { total } = claim(map, repeated(x, n), n, fault, draws(map.noise.forward, n, seed));
  let sum = 0;
  for (let r = 0; r < rounds; r++) sum += logMean(total.subarray(r * count, (r + 1) * count));
  return sum / rounds;
}

function logMean(values: Float64Array): number {
  return logSum(values) - Math.log(values.length);
}

function logSum(values: Float64Array): number {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (most === -Infinity) return most;
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

export function boundsAt(map: LayerMap, x: ArrayLike<number>, fault: Fault, count: number, seed: number): Bounds {
  return { exact: exactAt(map, x, fault), plain: plainAt(map, x, fault), weighted: weightedAt(map, x, fault, count, seed) };
}
