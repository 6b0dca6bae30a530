/**
 * The browser's arithmetic against the PyTorch layers': parity.json holds what flowviz computes in
 * double precision, points at knots, ties, zero and tails among them (tests/parity.py writes it).
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Batch, KINDS, type Params } from "../src/lab/maths/kinds";

type Numbers = (number | "inf" | "-inf")[];
type Columns = Partial<Record<"volume" | "decoder" | "encoder", Numbers>>;
interface End {
  out: Numbers;
  terms?: Columns;
}
interface Case {
  kind: string;
  params: Params;
  cut: boolean;
  x: Numbers;
  z?: Numbers;
  path: Numbers[];
  forward: End & { noise: Numbers; mean?: End };
  inverse?: End & { noise: Numbers; mean?: End };
}

const CASES: Case[] = JSON.parse(readFileSync(new URL("parity.json", import.meta.url), "utf8"));
const TAUS = [0.35, 1];
/** Relative, and absolute below 1; the promise is 1e-5. */
const TOLERANCE = 1e-10;

function row(numbers: Numbers): Float64Array {
  return Float64Array.from(numbers, (v) => (typeof v === "string" ? (v === "inf" ? Infinity : -Infinity) : v));
}

/** The largest difference, NaN where one of the two is NaN or they are infinite in other ways. */
function gap(found: ArrayLike<number>, wanted: Numbers): number {
  expect(found.length).toBe(wanted.length);
  const away = [...row(wanted)].map((v, i) => {
    const here = found[i]!;
    return here === v ? 0 : Math.abs(here - v) / Math.max(1, Math.abs(v));
  });
  return away.some(Number.isNaN) ? NaN : Math.max(0, ...away);
}

function near(found: ArrayLike<number>, wanted: Numbers, what: string): void {
  expect(gap(found, wanted), what).toBeLessThan(TOLERANCE);
}

function sameBatch(found: Batch, { out, terms }: End, what: string): void {
  near(found.out, out, `${what}: where points go`);
  sameTerms(found, terms, what);
}

function sameTerms(found: Batch, terms: Columns | undefined, what: string): void {
  if (!terms) return;
  for (const column of ["volume", "decoder", "encoder"] as const) {
    expect(column in found, `${what}: has ${column}`).toBe(column in terms);
    if (terms[column]) near(found[column]!, terms[column], `${what}: ${column}`);
  }
}

test("every kind is there, with several sets of parameters", () => {
  for (const name of Object.keys(KINDS)) {
    const sets = CASES.filter((one) => one.kind === name).length;
    expect(sets, name).toBeGreaterThan(KINDS[name]!.handles.length ? 2 : 0);
  }
});

describe.each(CASES.map((one, i) => [`${one.kind} ${i}`, one] as const))("%s", (_, one) => {
  const kind = KINDS[one.kind]!;
  const map = kind.prepare(one.params);
  const x = row(one.x);
  const n = x.length / kind.dataDim;

  test.each(["forward", "inverse"] as const)("%s is the layer's, with its draws and without", (way) => {
    const wanted = one[way];
    if (!wanted) return;
    const start = way === "forward" ? x : row(one.z!);
    const count = start.length / (way === "forward" ? kind.dataDim : kind.latentDim);
    expect(map.noise[way].length * count).toBe(wanted.noise.length);
    const noise = wanted.noise.length ? row(wanted.noise) : undefined;
    sameBatch(map[way](start, count, noise), wanted, way);
    if (wanted.mean) sameBatch(map[way](start, count), wanted.mean, `${way} without noise`);
  });

  test("the account of a pair is the layer's", () => {
    sameTerms(map.terms(x, row(one.forward.out), n), one.forward.terms, "a pair from x");
    if (!one.inverse) return;
    const [z, back] = [row(one.z!), row(one.inverse.out)];
    sameTerms(map.terms(back, z, z.length / kind.latentDim), one.inverse.terms, "a pair from z");
  });

  test("the path is the layer's", () => {
    TAUS.forEach((tau, i) => near(map.path(x, n, tau), one.path[i]!, `tau = ${tau}`));
    expect(map.cut).toBe(one.cut);
  });

  test("the Jacobian is the slope of the map, and its determinant the volume", () => {
    if (!map.jacobian) return;
    const step = 1e-6;
    const inner = x.map((v, i) => v + 0.0123 + 0.001 * i); // off the knots, where slopes jump
    const jacobian = map.jacobian(inner, n);
    const { volume } = map.forward(inner, n);
    for (let axis = 0; axis < 2; axis++) {
      const ends = [1, -1].map((sign) => map.forward(inner.map((v, i) => v + (i % 2 === axis ? sign * step : 0)), n).out);
      const slope = ends[0]!.map((v, i) => (v - ends[1]![i]!) / (2 * step));
      for (let i = 0; i < 2 * n; i++) {
        const entry = jacobian[2 * i + axis]!;
        expect(Math.abs(slope[i]! - entry)).toBeLessThan(1e-5 * Math.max(1, Math.abs(entry)));
      }
    }
    if (one.kind === "ode") return; // the solver's volume is not quite its map's: a lesson of its own
    for (let i = 0; i < n; i++) {
      const [a, b, c, d] = jacobian.subarray(4 * i) as unknown as [number, number, number, number];
      expect(Math.log(Math.abs(a * d - b * c))).toBeCloseTo(volume![i]!, 8);
    }
  });
});
