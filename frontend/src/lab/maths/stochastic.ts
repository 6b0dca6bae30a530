/** Layers that draw noise on the way to z, which the encoder gives back; lower bounds. */

import { list, num, type Draw, type Params, type Point } from "./kind";
import { turn } from "./linear";
import { bounded, conditional, logIntegral, logNormal, unbounded } from "./tables";

/** Noise e ~ q(e | x) of the kinds that flowviz.layers.Augment knows. */
interface Encoder {
  draw: Draw;
  /** e from its draw, or the mean. */
  make(x: number, e?: number): number;
  /** -log q(e | x). */
  gift(e: number, x: number): number;
}

const UNIFORM: Encoder = {
  draw: "uniform",
  make: (_, e) => (e === undefined ? 0 : e - 0.5),
  gift: (e) => (Math.abs(e) <= 0.5 ? 0 : Infinity),
};
const NORMAL: Encoder = { draw: "normal", make: (_, e) => e ?? 0, gift: (e) => -logNormal(e) };

function learned(p: Params): Encoder {
  const q = conditional(list(p, "mean"), list(p, "spread"));
  return { draw: "normal", make: q.draw, gift: (e, x) => -q.logProb(e, x) };
}

/** z = (x, e). */
function augment(p: Params): Point {
  const noise = [UNIFORM, NORMAL, learned(p)][num(p, "noise")]!;
  return {
    to: (x, z, e) => z.set([x[0]!, noise.make(x[0]!, e?.[0])]),
    back: (z, x) => void (x[0] = z[0]!),
    account: (x, z, t) => void (t[2] = noise.gift(z[1]!, x[0]!)),
    draws: { forward: [noise.draw] },
    truth: (x) => logNormal(x[0]!),
  };
}

/** (x, e), scaled, turned and shifted. */
function flowified12(p: Params): Point {
  const noise = [UNIFORM, NORMAL][num(p, "noise")]!;
  const [w1, w2, b1, b2] = [num(p, "w1"), num(p, "w2"), num(p, "b1"), num(p, "b2")];
  const [s1, s2, angle] = [Math.exp(w1), Math.exp(w2), num(p, "turn2")];
  const [a, b, c, d] = turn(angle);
  const put = (x: number, e: number): [number, number] => {
    const [u, v] = [s1 * x, s2 * e];
    return [a * u + b * v + b1, c * u + d * v + b2];
  };
  return {
    to: (x, z, e) => z.set(put(x[0]!, noise.make(x[0]!, e?.[0]))),
    back: (z, x) => void (x[0] = (a * (z[0]! - b1) + c * (z[1]! - b2)) / s1),
    account: (x, z, t) => {
      t[0] = w1 + w2;
      t[2] = noise.gift((b * (z[0]! - b1) + d * (z[1]! - b2)) / s2, x[0]!);
    },
    path: (x, out, tau) => {
      const m = turn(tau * angle);
      const u = x[0]! * (1 + tau * (s1 - 1));
      out.set([m[0] * u + tau * b1, m[2] * u + tau * b2]);
    },
    draws: { forward: [noise.draw] },
    truth: (x) => {
      return w1 + w2 + logIntegral((e) => put(x[0]!, e).reduce((sum, v) => sum + logNormal(v), 0));
    },
  };
}

/** z = x in an order drawn at random; coming back, again a random order. */
function permutation(): Point {
  const shuffle: Point["to"] = (from, to, e) => {
    const [a, b] = [from[0]!, from[1]!];
    to.set(e && e[0]! > e[1]! ? [b, a] : [a, b]);
  };
  return {
    to: shuffle,
    back: shuffle,
    account: (_x, _z, t) => t.set([0, -Math.LN2, Math.LN2]),
    draws: { forward: ["uniform", "uniform"], inverse: ["uniform", "uniform"] },
    truth: (x) => logNormal(x[0]!) + logNormal(x[1]!),
  };
}

/** z = (x + u) / levels: whole numbers x fill the unit square; u uniform, or sigmoid of a normal. */
function dequantization(p: Params): Point {
  const [levels, variational] = [num(p, "levels"), num(p, "noise")];
  const middle = 8 * Math.tanh(num(p, "centre") / 8);
  const spread = bounded(unbounded(num(p, "spread")));
  const eps = Number.EPSILON;
  const draw = (e?: number): number => {
    if (!variational) return e ?? 0.5;
    return 1 / (1 + Math.exp(-(middle + (e === undefined ? 0 : Math.exp(spread) * e))));
  };
  const cell = (z: number): number => Math.min(levels - 1, Math.max(0, Math.floor(levels * z)));
  const logQ = (u: number): number => {
    if (!variational) return 0;
    const v = Math.min(1 - eps, Math.max(eps, u));
    return logNormal(Math.log(v) - Math.log1p(-v), middle, spread) - Math.log(v) - Math.log1p(-v);
  };
  /** What rounding would carry out of its cell is put just inside. */
  const place = (x: number, u: number): number => {
    const z = (x + u) / levels;
    const margin = Math.min(0.5, 2 * eps * (x + 1));
    const stays = cell(z) === x && z > 0 && z < 1;
    return stays ? z : (x + Math.min(1 - margin, Math.max(u, margin))) / levels;
  };
  return {
    to: (x, z, e) => {
      for (const v of x) {
        if (!(Number.isInteger(v) && v >= 0 && v < levels)) {
          throw new Error(`expected whole numbers from 0 to ${levels - 1}, got ${v}`);
        }
      }
      z.set([place(x[0]!, draw(e?.[0])), place(x[1]!, draw(e?.[1]))]);
    },
    back: (z, x) => x.set([cell(z[0]!), cell(z[1]!)]),
    account: (x, z, t) => {
      const u = [0, 1].map((k) => levels * z[k]! - x[k]!);
      const inside = u.every((v) => v >= 0 && v <= 1);
      t[2] = inside ? -logQ(u[0]!) - logQ(u[1]!) - 2 * Math.log(levels) : Infinity;
    },
    draws: { forward: variational ? ["normal", "normal"] : ["uniform", "uniform"] },
    truth: () => -2 * Math.log(levels),
  };
}

export const KINDS = { augment, flowified12, permutation, dequantization };
