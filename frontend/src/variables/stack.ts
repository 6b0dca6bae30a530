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
}

export function stackOf(base: Base, maps: MapSpec[], rule: Rule): Stack {
  return { base, rule, curves: maps.map(curveOf) };
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
export function sampling(stack: Stack, marks: number[], count = 1400): Float64Array {
  const [low, high] = stack.base.reach;
  const all = new Set<number>(marks);
  const step = (high - low) / count;
  for (let i = 0; i <= count; i++) all.add(low + step * i);
  for (const z of singularities(stack)) {
    all.delete(z);
    for (let near = NEAREST; near * (CLOSER - 1) < step; near *= CLOSER) all.add(z - near).add(z + near);
  }
  return Float64Array.from(all).filter((z) => z >= low && z <= high).sort();
}

/** How near the sampling comes to a singular place. */
export const NEAREST = 1e-9;
/** The ratio of neighbours' distances from it. */
const CLOSER = 1.02;

/** The z of the base's reach that lead to a singular place of one of the maps. */
export function singularities(stack: Stack): number[] {
  const [low, high] = stack.base.reach;
  const found = stack.curves.flatMap((curve, k) => curve.singular.map((u) => backTo(stack, u, k)));
  return [...new Set(found)].filter((z) => z >= low && z <= high);
}

/** The stages of every z of a sampling, and log p at each: a row of each stage is one density curve. */
export interface Carried {
  z: Float64Array;
  /** K + 1 rows. */
  values: Float64Array[];
  density: Float64Array[];
}

export function carry(stack: Stack, z: Float64Array): Carried {
  const rows = () => Array.from({ length: stack.curves.length + 1 }, () => new Float64Array(z.length));
  const [values, density] = [rows(), rows()];
  z.forEach((one, i) => {
    const { values: along, base, terms } = account(stack, one);
    let log = base;
    along.forEach((value, k) => {
      values[k]![i] = value;
      if (k > 0) log += terms[k - 1]!;
      density[k]![i] = Number.isNaN(value) ? NaN : Math.exp(log);
    });
  });
  return { z, values, density };
}
