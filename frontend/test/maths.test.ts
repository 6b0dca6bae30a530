/** What the arithmetic of LayerLab says beyond the layers': truths, masses, series, folds. */

import { describe, expect, test } from "vitest";
import { KINDS, logBase, type Map as LayerMap, type Params } from "../src/lab/maths/kinds";

/** log p(x) of n rows, or the bound on it, with these draws. */
function logProb(map: LayerMap, x: Float64Array, n: number, noise?: Float64Array, base = map.base): Float64Array {
  const { out, ...terms } = map.forward(x, n, noise);
  const total = logBase(base, out, n, map.latentDim);
  for (const column of Object.values(terms)) column.forEach((v, i) => (total[i]! += v));
  return total;
}

/** The integral over a box of `side` ** dim midpoints, reach on either side of 0. */
function integral(dim: number, side: number, reach: number, log: (x: Float64Array, n: number) => ArrayLike<number>): number {
  const n = side ** dim;
  const x = Float64Array.from({ length: n * dim }, (_, i) => {
    const at = Math.floor(Math.floor(i / dim) / side ** (i % dim)) % side;
    return reach * ((2 * at + 1) / side - 1);
  });
  const logs = log(x, n);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.exp(logs[i]!);
  return sum * ((2 * reach) / side) ** dim;
}

const one = (v: number): Float64Array => Float64Array.of(v);
const W = (scale: number, noise: number): LayerMap => KINDS.flowified12!.prepare({ noise, w2: Math.log(scale) });

describe("padding one number to two", () => {
  const x = one(0.5);

  /** Means over even quantiles of the uniform noise. */
  function uniformWeights(scale: number): Float64Array {
    const side = 20_000;
    const noise = Float64Array.from({ length: side }, (_, i) => (i + 0.5) / side);
    return logProb(W(scale, 0), new Float64Array(side).fill(0.5), side, noise);
  }

  test.each([[0.3, -3.17, -3.17], [1, -2.0, -2.0], [3, -1.24, -1.19]])(
    "scale %f: the bound, and what weighted draws come to, stay below the truth",
    (scale, bound, limit) => {
      const weights = uniformWeights(scale);
      const mean = (f: (v: number) => number): number => weights.reduce((sum, v) => sum + f(v), 0) / weights.length;
      expect(W(scale, 0).truth!(x)).toBeCloseTo(-1.0439, 4);
      expect(W(scale, 1).truth!(x)).toBeCloseTo(-1.0439, 4);
      expect(mean((v) => v)).toBeCloseTo(bound, 2);
      expect(Math.log(mean(Math.exp))).toBeCloseTo(limit, 2);
    },
  );

  test("turned and shifted, the truth is the integral over all that may be added", () => {
    const params = { noise: 1, w1: 0.4, w2: -0.7, turn2: 0.9, b1: 0.6, b2: -1 };
    const map = KINDS.flowified12!.prepare(params);
    const truth = integral(1, 4001, 60, (e, n) => {
      // the encoder is -log q of the draw itself: taken out, what is left is the density of e
      const { out, volume } = map.forward(new Float64Array(n).fill(-0.8), n, e);
      return logBase("normal", out, n, 2).map((v, i) => v + volume![i]!);
    });
    expect(map.truth!(one(-0.8))).toBeCloseTo(Math.log(truth), 8);
  });
});

describe("mass", () => {
  const truths: [string, Params, number][] = [
    ["flowified12", { noise: 0, w2: -1, turn2: 1, b1: 0.5, w1: 0.3 }, 1],
    ["augment", { noise: 2 }, 1],
  ];
  test.each(truths)("of %s's truth is 1", (name, params, dim) => {
    const map = KINDS[name]!.prepare(params);
    const log = (x: Float64Array, n: number) => Array.from({ length: n }, (_, i) => map.truth!(x.subarray(i * dim, (i + 1) * dim)));
    expect(integral(dim, 2001, 12, log)).toBeCloseTo(1, 8);
  });

  test.each([-3, -1, 0.5])("of tile's truth is 1, whatever the spread of its copies (%f)", (spread) => {
    const map = KINDS.tile!.prepare({ spread, w: 0.2, b: 0.3 });
    const log = (x: Float64Array, n: number) => Array.from({ length: n }, (_, i) => map.truth!(x.subarray(3 * i, 3 * i + 3)));
    expect(integral(3, 41, 7, log)).toBeCloseTo(1, 6);
  });

  const exact = Object.values(KINDS).filter((kind) => kind.exact);
  /** Kinks and jumps cost midpoints some digits; nothing here is off by a factor. */
  test.each(exact.map((kind) => [kind.name, kind] as const))("of %s at its start is 1", (_, kind) => {
    const map = kind.prepare({});
    const side = kind.name === "ode" ? 120 : 400;
    expect(Math.abs(integral(kind.dataDim, side, 11, (x, n) => logProb(map, x, n)) - 1)).toBeLessThan(0.003);
  });

  test.each([["abs", 0.25], ["sort", 0.5]])("of %s on a normal base is %f", (name, mass) => {
    const map = KINDS[name]!.prepare({});
    expect(integral(2, 400, 8, (x, n) => logProb(map, x, n, undefined, "normal"))).toBeCloseTo(mass, 4);
  });

  test("of abs with odds of its own, folded on one side, is 1", () => {
    const odds1 = [6, -6, 6, -6, 6, -6, 6, -6, 6];
    const map = KINDS.abs!.prepare({ fold: 1, odds1 });
    expect(map.base).toBe("half-normal 1");
    expect(integral(2, 400, 8, (x, n) => logProb(map, x, n))).toBeCloseTo(1, 4);
  });

  test("of dequantized numbers: their probabilities add up to 1", () => {
    const map = KINDS.dequantization!.prepare({ levels: 5, noise: 1 });
    expect(25 * Math.exp(map.truth!([0, 0]))).toBeCloseTo(1, 12);
  });

  test("is lost with the volume, and more with its sign turned", () => {
    const map = KINDS.affine!.prepare({ s1: 0.5, s2: 0.3, t1: 0, t2: 0 });
    const broken = (factor: number) => integral(2, 400, 11, (x, n) => logProb(map, x, n).map((v) => v + (factor - 1) * 0.8));
    expect(broken(0)).toBeCloseTo(Math.exp(-0.8), 6);
    expect(broken(-1)).toBeCloseTo(Math.exp(-1.6), 6);
  });
});

describe("residual", () => {
  const at = Float64Array.of(0.3, -0.4);

  function logDet(map: LayerMap): number {
    return map.forward(at, 1).volume![0]!;
  }

  test("the series comes to the determinant, the slower the nearer the constant is to 1", () => {
    const errors = [0.3, 0.9].map((coefficient) => {
      const map = KINDS.residual!.prepare({ coefficient });
      const sums = map.series!(at, 60).map(((sum) => (v: number) => (sum += v))(0));
      expect(sums.at(-1)).toBeCloseTo(logDet(map), 4);
      return Math.abs(sums[3]! - logDet(map));
    });
    expect(errors[0]!).toBeLessThan(0.02 * errors[1]!);
    expect(errors[0]!).toBeLessThanOrEqual((2 * 0.3 ** 5) / (5 * (1 - 0.3)));
  });

  test("the steps of the inverse close in at the rate of the constant", () => {
    const map = KINDS.residual!.prepare({ coefficient: 0.7 });
    const z = map.forward(at, 1).out;
    const away = map.orbit!(z, 12).map((p) => Math.hypot(p[0]! - at[0]!, p[1]! - at[1]!));
    expect(away[0]).toBeGreaterThan(0.01);
    for (let k = 1; k < away.length; k++) expect(away[k]!).toBeLessThanOrEqual(0.7 * away[k - 1]! + 1e-15);
  });

  test("above 1 the grid folds, and below it never does", () => {
    const folded = [0.98, 1.6].map((coefficient) => {
      const map = KINDS.residual!.prepare({ coefficient });
      expect(map.facts.layer).toBe(coefficient < 1);
      const x = Float64Array.from({ length: 2 * 2500 }, (_, i) => ((i % 2 ? Math.floor(i / 100) : (i >> 1) % 50) - 25) / 6);
      const j = map.jacobian!(x, 2500);
      return Array.from({ length: 2500 }, (_, i) => j[4 * i]! * j[4 * i + 3]! - j[4 * i + 1]! * j[4 * i + 2]!).some((v) => v < 0);
    });
    expect(folded).toEqual([false, true]);
  });

  test("the bound of the constant is what the matrices multiply to", () => {
    expect(KINDS.residual!.prepare({ coefficient: 0.6 }).facts.bound).toBeCloseTo(0.6, 12);
  });
});

test("an ODE of few steps reports a volume that is not its map's; many steps mend it", () => {
  const gaps = [1, 16].map((steps) => {
    const map = KINDS.ode!.prepare({ steps, method: 0, time: 1 });
    const x = Float64Array.of(0.4, -0.2);
    const [a, b, c, d] = map.jacobian!(x, 1);
    return Math.abs(Math.log(Math.abs(a! * d! - b! * c!)) - map.forward(x, 1).volume![0]!);
  });
  expect(gaps[0]!).toBeGreaterThan(0.01);
  expect(gaps[1]!).toBeLessThan(gaps[0]! / 8);
});

describe("tile", () => {
  test("the middle number has two copies that differ by the noise and keep its mean", () => {
    const map = KINDS.tile!.prepare({ spread: 0 });
    const x = Float64Array.of(0.5, -1, 2);
    const copies = map.stages!(x, map.forward(x, 1, one(0.7)).out);
    expect([copies[0], copies[3]]).toEqual([0.5, 2]);
    expect(copies[2]! - copies[1]!).toBeCloseTo(1.4, 12);
    expect((copies[1]! + copies[2]!) / 2).toBeCloseTo(-1, 12);
  });
});

describe("what makes no map says so", () => {
  test.each<[string, Params, RegExp]>([
    ["affine", { s1: NaN }, /s1: expected a finite number, got null/],
    ["coupling", { s: [0, 1], t: [0, 1, 2] }, /tables of one length, got 2 and 3/],
    ["coupling", { s: [1], t: [1] }, /a table of two numbers or more/],
    ["spline", { x1: [-1, 0, 0, 1, 2] }, /x1: expected knots that rise/],
    ["spline", { d1: [1, 1, -1, 1, 1] }, /d1: expected slopes above/],
    ["leakyrelu", { slope: 0 }, /a ReLU is not one to one/],
    ["residual", { net: [1] }, /net: expected at least/],
    ["slice", { spread: new Array(9).fill(4) }, /expected a log spread between -7 and 3/],
    ["householder", { u1: 0, u2: 0 }, /a vector other than 0/],
  ])("%s %j", (name, params, message) => {
    expect(() => KINDS[name]!.prepare(params)).toThrow(message);
  });

  test("a number between the levels is no number to dequantize", () => {
    const map = KINDS.dequantization!.prepare({});
    expect(() => map.forward(Float64Array.of(0.5, 1), 1)).toThrow(/whole numbers from 0 to 3, got 0.5/);
  });
});
