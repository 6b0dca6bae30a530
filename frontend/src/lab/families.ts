/** Kinds that stand beside each other in the header: one click leads from one to the next. */

import type { Kind } from "./maths/kind";

const FAMILIES = [
  ["affine", "actnorm", "shear", "lu"],
  ["rotation", "cayley", "householder"],
  ["planar", "radial", "sylvester"],
  ["coupling", "additive", "autoregressive"],
  ["spline", "leakyrelu"],
  ["residual", "ode"],
  ["flowified22", "flowified21", "flowified12"],
  ["abs", "sort", "permutation"],
  ["max", "slice", "funnel"],
];

export function familyOf(kinds: Record<string, Kind>, name: string): string[] {
  return (FAMILIES.find((family) => family.includes(name)) ?? [name]).filter((one) => one in kinds);
}
