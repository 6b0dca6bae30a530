/** Settings of a kind at the ends of its handles. */

import type { Kind, Params } from "../src/lab/maths/kind";

/** Tables that spread most: high, low, in turns, and from low to high in one step. */
const TABLES = [
  (_: number, min: number) => min,
  (_: number, __: number, max: number) => max,
  (i: number, min: number, max: number) => (i % 2 ? min : max),
  (i: number, min: number, max: number) => (i < 5 ? min : max),
];

/** Each handle at its least and greatest, the others at their start; knots stay where they are. */
export function extremesOf({ handles }: Kind): Params[] {
  return [{}, ...handles.flatMap(({ name, min, max, size, choices }): Params[] => {
    if (/^[xy]\d$/.test(name) && size) return [];
    if (size) return TABLES.map((table) => ({ [name]: Array.from({ length: size }, (_, i) => table(i, min, max)) }));
    const values = choices ? Array.from({ length: max - min + 1 }, (_, i) => min + i) : [min, max];
    return values.map((value) => ({ [name]: value }));
  })];
}
