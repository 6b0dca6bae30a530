import { describe, expect, test } from "vitest";
import { BASE, barEdges, BASES } from "../src/variables/bases";
import { curveOf, type MapSpec } from "../src/variables/maps";
import { barsOf, massOf } from "../src/variables/mass";
import { account, backTo, carryClosely, stackOf, type Rule } from "../src/variables/stack";

const SPLINE: MapSpec = { kind: "spline", at: [-2.2, -1.1, -0.3, 0.7, 1.7], to: [-2.2, -1.8, -1, 1.2, 2], slopes: [0, 0, 2.5, 0, 0] };
const MAPS: MapSpec[] = [
  { kind: "affine", slope: 1.7, shift: -0.4 },
  { kind: "affine", slope: -0.5, shift: 1 },
  { kind: "power", power: 3, soft: 0 },
  { kind: "power", power: 0.5, soft: 0 },
  { kind: "power", power: 2, soft: 1 },
  { kind: "power", power: 4, soft: 0.05 },
  { kind: "sigmoid", steep: 1.5, centre: 0.3 },
  SPLINE,
  { ...SPLINE, inverse: true },
];
const mass = (base: (typeof BASES)[number], maps: MapSpec[], rule: Rule = "right") => {
  const stack = stackOf(BASE[base], maps, rule);
  return massOf(stack, carryClosely(stack, []), maps.length);
};

describe.each(MAPS)("$kind $slope$power$steep$inverse", (spec) => {
  const curve = curveOf(spec);
  const points = [-2.9, -1.31, -0.2, 0.05, 0.7, 1.69, 2.95];

  test.each(points)("back from f(%f)", (u) => expect(curve.back(curve.f(u))).toBeCloseTo(u, 9));

  test.each(points)("the slope at %f is that of a small chord", (u) => {
    const chord = (curve.f(u + 1e-6) - curve.f(u - 1e-6)) / 2e-6;
    expect(Math.log(Math.abs(chord))).toBeCloseTo(curve.log(u), 5);
    expect(Math.sign(chord)).toBe(curve.sign);
  });

  test.each(BASES)("the mass is kept: base %s", (base) => expect(mass(base, [spec])).toBeCloseTo(1, 3));
});

describe("splines at their extremes", () => {
  const LEAN = [0, 0.02, 0.04, 0.06, 1].map((share) => -2 + 4 * share);
  const FULL = [0, 0.94, 0.96, 0.98, 1].map((share) => -2 + 4 * share);
  const EVEN = [-2, -1, 0, 1, 2];

  test.each([
    [LEAN, FULL],
    [FULL, LEAN],
    [EVEN, LEAN],
    [FULL, EVEN],
    [EVEN, [-2, -1.96, 0, 0.04, 2]],
  ])("knots %j to %j", (at, to) => {
    for (const slopes of [at.map(() => 0), at.map(() => 8), at.map(() => 0.125), at.map((_, k) => (k % 2 ? 8 : 0.125))]) {
      expect(mass("normal", [{ kind: "spline", at, to, slopes }])).toBeCloseTo(1, 3);
    }
  });
});

describe("breaking it", () => {
  test.each([0.5, 2, 3])("an affine map of slope %f: mass is the slope, or its square", (slope) => {
    const maps: MapSpec[] = [{ kind: "affine", slope, shift: 1 }];
    expect(mass("normal", maps, "forgotten")).toBeCloseTo(slope, 4);
    expect(mass("normal", maps, "wrong")).toBeCloseTo(slope ** 2, 4);
  });

  test("a sigmoid, forgotten: the integral of p(z) sigmoid'(z), which quadrature of scipy gives as 0.206621", () => {
    expect(mass("normal", [{ kind: "sigmoid" }], "forgotten")).toBeCloseTo(0.206621, 5);
  });

  test("a logit from the cube: forgotten, the mass has no end", () => {
    expect(mass("uniform", [{ kind: "logit" }])).toBeCloseTo(1, 3);
    expect(mass("uniform", [{ kind: "logit" }], "forgotten")).toBe(Infinity);
  });

  test("a square root, wrong sign: the integral of 1/|z| has no end", () => {
    expect(mass("normal", [{ kind: "power", power: 0.5, soft: 0 }], "wrong")).toBe(Infinity);
  });

  test("a logit that does not fit its base loses what lies outside its domain", () => {
    expect(mass("normal", [{ kind: "logit" }])).toBeCloseTo(0.341345, 3);
  });
});

describe("four maps", () => {
  const four: MapSpec[] = [SPLINE, { kind: "affine", slope: -0.8, shift: 0.2 }, { kind: "sigmoid" }, { kind: "logit", steep: 2 }];
  const stack = stackOf(BASE.mixture, four, "right");

  test("terms add up, values go through each map, and lead back", () => {
    const one = account(stack, 0.4);
    expect(one.values).toHaveLength(5);
    expect(one.total).toBeCloseTo(one.base - one.logs.reduce((a, b) => a + b), 12);
    expect(backTo(stack, one.values[4]!, 4)).toBeCloseTo(0.4, 9);
  });

  test("mass 1 at every stage, and every bar keeps its area at every stage", () => {
    const edges = barEdges(BASE.mixture);
    const carried = carryClosely(stack, edges);
    const start = barsOf(carried, edges, 0);
    for (let k = 0; k <= 4; k++) {
      expect(massOf(stack, carried, k)).toBeCloseTo(1, 3);
      barsOf(carried, edges, k).forEach((bar, b) => expect(bar.area).toBeCloseTo(start[b]!.area, 4));
    }
  });
});
