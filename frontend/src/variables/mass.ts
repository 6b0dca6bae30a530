/** Areas under a drawn curve, by the trapezoid rule over its own points. */

import { below } from "./spline";
import { NEAREST, type Carried, type Stack } from "./stack";

/** The area under points (v_i, p_i) for i from..to; stretches without a value count nothing. */
export function area(v: Float64Array, p: Float64Array, from = 0, to = v.length - 1): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const piece = (Math.abs(v[i + 1]! - v[i]!) * (p[i + 1]! + p[i]!)) / 2;
    if (Number.isFinite(piece)) sum += piece;
  }
  return sum;
}

/**
 * The mass under the curve of stage k. Infinite where what lies within 1e-6 of a singular place is
 * still worth more than the last decimal shown: then it grows without end as one looks closer.
 */
export function massOf(stack: Stack, carried: Carried, k: number): number {
  const { z, values, density } = carried;
  const sum = area(values[k]!, density[k]!);
  const endless = stack.singular.some((place) => {
    const [from, to] = [-1, 1].map((side) => below(z, place + 1000 * side * NEAREST)) as [number, number];
    return area(values[k]!, density[k]!, Math.max(0, from + 1), to) > LAST_DECIMAL;
  });
  return endless ? Infinity : sum;
}

const LAST_DECIMAL = 5e-4;

/** An edge may be a singular place: the sampling has only its neighbours. */
function nearest(z: Float64Array, edge: number): number {
  const k = Math.max(0, below(z, edge));
  return k + 1 < z.length && z[k + 1]! - edge < edge - z[k]! ? k + 1 : k;
}

export interface Bar {
  /** Its two edges on the stage, as they come from those of the base. */
  ends: [number, number];
  area: number;
  height: number;
}

/** The bars between the z of `edges` as stage k has them: as wide as the map makes them. */
export function barsOf({ z, values, density }: Carried, edges: number[], k: number): Bar[] {
  const index = edges.map((edge) => nearest(z, edge));
  return edges.slice(1).map((_, b) => {
    const [from, to] = [index[b]!, index[b + 1]!];
    const ends: [number, number] = [values[k]![from]!, values[k]![to]!];
    const inside = area(values[k]!, density[k]!, from, to);
    return { ends, area: inside, height: inside / Math.abs(ends[1] - ends[0]) };
  });
}
