/** Coupling and autoregressive layers of the plane: one coordinate decides how the other moves. */

import { bijection, list, num, type Params, type Point } from "./kind";
import { table } from "./tables";

/** z_own = exp(s1) x_own + t1, z_other = exp(s(x_own)) x_other + t(x_own), tables s and t. */
function triangular(own: number, s1: number, t1: number, scales: number[] | null, shifts: number[]): Point {
  const [shift, scale] = [table(shifts), table(scales ?? [0, 0])];
  if (scales && scales.length !== shifts.length) {
    throw new Error(`s, t: expected tables of one length, got ${scales.length} and ${shifts.length}`);
  }
  const other = 1 - own;
  return bijection({
    to: (x, z) => {
      const v = x[own]!;
      z[own] = Math.exp(s1) * v + t1;
      z[other] = Math.exp(scale.at(v)) * x[other]! + shift.at(v);
    },
    back: (z, x) => {
      const v = (z[own]! - t1) * Math.exp(-s1);
      x[own] = v;
      x[other] = (z[other]! - shift.at(v)) * Math.exp(-scale.at(v));
    },
    volume: (x) => s1 + scale.at(x[own]!),
    slope: (x, out) => {
      const v = x[own]!;
      const rate = Math.exp(scale.at(v));
      const cross = rate * scale.slope(v) * x[other]! + shift.slope(v);
      out.set(own ? [rate, cross, 0, Math.exp(s1)] : [Math.exp(s1), 0, cross, rate]);
    },
  });
}

function coupling(p: Params): Point {
  return triangular(num(p, "keep"), 0, 0, list(p, "s"), list(p, "t"));
}

function additive(p: Params): Point {
  return triangular(num(p, "keep"), 0, 0, null, list(p, "t"));
}

function autoregressive(p: Params): Point {
  return triangular(num(p, "first"), num(p, "s1"), num(p, "t1"), list(p, "s"), list(p, "t"));
}

export const KINDS = { coupling, additive, autoregressive };
