/** Layers that bend every coordinate by itself. */

import { bijection, num, type Params, type Point } from "./kind";

export function leakyrelu(p: Params): Point {
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
