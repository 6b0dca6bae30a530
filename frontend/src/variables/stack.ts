/** Up to four maps one after another: z = h0 -> h1 -> ... -> hK = x, and the account of one point. */

import type { Base } from "./bases";
import { curveOf, type Curve, type MapSpec } from "./maps";

export const MOST_MAPS = 4;

/** What becomes of |dx/dz|: counted, left out, or counted with the wrong sign. */
export type Rule = "right" | "forgotten" | "wrong";
const WEIGHT: Record<Rule, number> = { right: -1, forgotten: 0, wrong: 1 };

export interface Stack {
  base: Base;
  rule: Rule;
  curves: Curve[];
  /** The z of the base's reach that lead to a singular place of one of the maps. */
  singular: number[];
  /** Those that lead to places where one must be sampled closely. */
  dense: number[];
}

export function stackOf(base: Base, maps: MapSpec[], rule: Rule): Stack {
  const stack: Stack = { base, rule, curves: maps.map(curveOf), singular: [], dense: [] };
  const [low, high] = base.reach;
  const leadingTo = (places: "singular" | "dense") => {
    const found = stack.curves.flatMap((curve, k) => curve[places].map((u) => backTo(stack, u, k)));
    return [...new Set(found)].filter((z) => z >= low && z <= high);
  };
  return Object.assign(stack, { singular: leadingTo("singular"), dense: leadingTo("dense") });
}

/** One point all the way: values has K + 1 numbers, logs the K logs of |dh_k / dh_(k-1)|. */
export interface Account {
  values: number[];
  logs: number[];
  base: number;
  /** What each map adds to log p: minus its log slope, under the right rule. */
  terms: number[];
  total: number;
}

export function account({ base, rule, curves }: Stack, z: number): Account {
  const values = [z];
  const logs: number[] = [];
  curves.forEach((curve, k) => {
    logs.push(curve.log(values[k]!));
    values.push(curve.f(values[k]!));
  });
  const terms = logs.map((log) => (rule === "forgotten" ? 0 : WEIGHT[rule] * log));
  const start = base.log(z);
  return { values, logs, base: start, terms, total: terms.reduce((sum, term) => sum + term, start) };
}

/** The z that leads to v on stage k; NaN where none does. */
export function backTo(stack: Stack, v: number, k: number): number {
  return stack.curves.slice(0, k).reduceRight((u, curve) => curve.back(u), v);
}

/** z in order, close together near each place where a slope may vanish or grow without end. */
export function sampling({ base, singular, dense }: Stack, marks: number[], count = 1400): Float64Array {
  const [low, high] = base.reach;
  const step = (high - low) / count;
  const all = [...marks, ...dense];
  for (let i = 0; i <= count; i++) all.push(low + step * i);
  for (const z of singular) {
    for (let near = NEAREST; near * (CLOSER - 1) < step; near *= CLOSER) all.push(z - near, z + near);
  }
  const sorted = Float64Array.from(all).sort();
  return sorted.filter((z, i) => z >= low && z <= high && z !== sorted[i - 1] && !singular.includes(z));
}

/** How near the sampling comes to a singular place. */
export const NEAREST = 1e-9;
/** The ratio of neighbours' distances from it. */
const CLOSER = 1.02;

/** The stages of every z of a sampling, and the density at each: a row of each stage is one curve. */
export interface Carried {
  z: Float64Array;
  /** K + 1 rows. */
  values: Float64Array[];
  density: Float64Array[];
}

export function carry({ base, rule, curves }: Stack, z: Float64Array): Carried {
  const log = z.map(base.log);
  const carried: Carried = { z, values: [z], density: [log.map(Math.exp)] };
  for (const curve of curves) {
    const before = carried.values.at(-1)!;
    if (rule !== "forgotten") before.forEach((u, i) => (log[i]! += WEIGHT[rule] * curve.log(u)));
    const values = before.map(curve.f);
    carried.values.push(values);
    carried.density.push(log.map((one, i) => (Number.isNaN(values[i]!) ? NaN : Math.exp(one))));
  }
  return carried;
}

/** Neighbours whose log densities differ by more than this get others between them. */
const JUMP = 0.04;
const MOST_PARTS = 64;

/** The maps carried out on a sampling that is closer where a density changes much from point to point. */
export function carryClosely(stack: Stack, marks: number[]): Carried {
  const first = carry(stack, sampling(stack, marks));
  const { z, density } = first;
  const more: number[] = [];
  for (let i = 0; i + 1 < z.length; i++) {
    let jump = 0;
    for (const p of density) jump = Math.max(jump, Math.abs(Math.log(p[i + 1]! / p[i]!)));
    const parts = jump > JUMP && jump < Infinity ? Math.min(MOST_PARTS, Math.ceil(jump / JUMP)) : 1;
    for (let part = 1; part < parts; part++) more.push(z[i]! + (part / parts) * (z[i + 1]! - z[i]!));
  }
  return more.length ? carry(stack, Float64Array.from([...z, ...more]).sort()) : first;
}
