/** The bases that latents are compared with. */

import type { Row } from "./kind";

/** "half-normal 1": only the first coordinate is folded, the second is normal. */
export type Base = "normal" | "half-normal" | "half-normal 1" | "half-normal 2" | "sorted normal" | "uniform";

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
  if (base === "half-normal") return dim * Math.LN2;
  if (base === "normal") return 0;
  return base === "sorted normal" ? Math.log(factorial(dim)) : Math.LN2;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

const SUPPORT: Record<Base, (z: Row) => boolean> = {
  normal: () => false,
  "half-normal": (z) => z.some((v) => v < 0),
  "half-normal 1": (z) => z[0]! < 0,
  "half-normal 2": (z) => z[1]! < 0,
  "sorted normal": (z) => z.some((v, i) => i > 0 && v < z[i - 1]!),
  uniform: (z) => z.some((v) => v < 0 || v > 1),
};
