/** Draws of the bases, and the mesh over a normal base. */

import type { Base } from "./maths/base";

/** Draws of a base out of standard normals (of the uniform: out of uniforms), in place. */
export function shapeDraws(base: Base, z: Float64Array, dim: number): Float64Array {
  for (let i = 0; i < z.length; i += dim) {
    if (base === "sorted normal") z.subarray(i, i + dim).sort();
    for (let k = 0; k < dim; k++) if (folded(base, k)) z[i + k] = Math.abs(z[i + k]!);
  }
  return z;
}

function folded(base: Base, k: number): boolean {
  return base === "half-normal" || base === `half-normal ${k + 1}`;
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** The normal's distribution function, by its series: good to 1e-15. */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - HALF_LOG_TWO_PI);
}

/** Edges of `cells` slices of the line out to `reach`, finer where the normal is dense. */
export function meshEdges(cells: number, reach: number): Float64Array {
  const edges = new Float64Array(cells + 1);
  const bend = 1.3;
  for (let i = 0; i <= cells; i++) {
    edges[i] = (reach * Math.sinh(bend * ((2 * i) / cells - 1))) / Math.sinh(bend);
  }
  return edges;
}
