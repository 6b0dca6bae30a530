/** The bases that latents are compared with. */

import type { Row } from "./kind";

/** "halfnormal1": only the first coordinate is folded, the second is normal. */
export type Base = "normal" | "halfnormal" | "halfnormal1" | "halfnormal2" | "sorted" | "uniform";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log p(z) in nats of n rows of `dim` numbers; -Infinity outside the support. */
export function logBase(base: Base, z: Row, n: number, dim: number): Row {
  const out = new Float64Array(n);
  const outside = SUPPORT[base];
  const gain = base === "uniform" ? 0 : gainOf(base, dim) - dim * HALF_LOG_TWO_PI;
  for (let i = 0; i < n; i++) {
    const row = z.subarray(i * dim, (i + 1) * dim);
    out[i] = gain;
    if (base !== "uniform") for (const v of row) out[i]! -= (v * v) / 2;
    if (outside(row)) out[i] = -Infinity;
  }
  return out;
}

/** log of the number of copies of the support that fill the space of the normal. */
function gainOf(base: Base, dim: number): number {
  if (base === "halfnormal") return dim * Math.LN2;
  if (base === "normal") return 0;
  return base === "sorted" ? Math.log(factorial(dim)) : Math.LN2;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

const SUPPORT: Record<Base, (z: Row) => boolean> = {
  normal: () => false,
  halfnormal: (z) => z.some((v) => v < 0),
  halfnormal1: (z) => z[0]! < 0,
  halfnormal2: (z) => z[1]! < 0,
  sorted: (z) => z.some((v, i) => i > 0 && v < z[i - 1]!),
  uniform: (z) => z.some((v) => v < 0 || v > 1),
};

/** The normal's distribution function, to the last digits: a series near 0, a fraction far out. */
export function normalCdf(v: number): number {
  const density = Math.exp(-(v * v) / 2 - HALF_LOG_TWO_PI);
  if (Math.abs(v) > 5) {
    let tail = 0;
    for (let k = 60; k > 0; k--) tail = k / (Math.abs(v) + tail);
    tail = density / (Math.abs(v) + tail);
    return v < 0 ? tail : 1 - tail;
  }
  let [sum, term] = [v, v];
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) sum += term *= (v * v) / (2 * k + 1);
  return 0.5 + sum * density;
}
