import { describe, expect, it } from "vitest";
import { claim, type Fault } from "../src/lab/account";
import { normalCdf } from "../src/lab/base";
import { boundsAt, exactAt, limitAt, plainAt, weightedAt } from "../src/lab/bounds";
import type { Kind, Map as LayerMap, Params } from "../src/lab/maths/kind";
import { KINDS } from "../src/lab/maths/kinds";
import { draws } from "../src/lab/random";
import { extremesOf } from "./extremes";

const BOUNDS = Object.values(KINDS).filter(({ exact }) => !exact);
const COUNTS = [1, 2, 3, 5, 8, 16, 33, 64];
const LONG = 60_000;

function mapOf(name: string, params: Params = {}): LayerMap {
  return KINDS[name]!.prepare({ ...KINDS[name]!.defaults, ...params });
}

function placesOf({ dataDim, name }: Kind): number[][] {
  if (name === "dequantization") return [[0, 1]];
  return [[0.8, -0.6, 0.4], [-2, 1.5, 0], [0, 0, 3]].map((x) => x.slice(0, dataDim));
}

/** log of the mean of `count` weights, over rounds of draws, with its error. */
function drawn(map: LayerMap, x: number[], count: number, rounds: number, fault: Fault = ""): [number, number] {
  const n = rounds * count;
  const many = Float64Array.from({ length: n * x.length }, (_, i) => x[i % x.length]!);
  const { total } = claim(map, many, n, fault, draws(map.noise.forward, n, 3));
  const values = Array.from({ length: rounds }, (_, r) => {
    const part = total.subarray(r * count, (r + 1) * count);
    const most = Math.max(...part);
    return most + Math.log(part.reduce((sum, v) => sum + Math.exp(v - most), 0) / count);
  });
  const mean = values.reduce((a, b) => a + b, 0) / rounds;
  return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0)) / rounds];
}

describe("a bound by weighted draws", () => {
  for (const kind of BOUNDS) {
    it(`${kind.name}: the plain one with one draw, never less with more, never above log p(x)`, () => {
      for (const params of extremesOf(kind)) {
        const map = mapOf(kind.name, params);
        for (const x of placesOf(kind)) {
          const said = `${JSON.stringify(params)} at ${x}`;
          const [exact, plain] = [exactAt(map, x, ""), plainAt(map, x, "")];
          const all = COUNTS.map((count) => weightedAt(map, x, "", count));
          expect(all[0], said).toBe(plain);
          all.forEach((value, i) => {
            expect(value, `${said}, ${COUNTS[i]} draws`).toBeGreaterThan((all[i - 1] ?? plain) - 1e-6);
            expect(value, `${said}, ${COUNTS[i]} draws`).toBeLessThan(exact + 1e-6);
          });
        }
      }
    }, LONG);
    it(`${kind.name}: is what many draws come to`, () => {
      for (const params of extremesOf(kind)) {
        const map = mapOf(kind.name, params);
        for (const count of [1, 2, 7, 64]) {
          const x = placesOf(kind)[0]!;
          const [mean, error] = drawn(map, x, count, Math.ceil(20_000 / count));
          const gap = Math.abs(weightedAt(map, x, "", count) - mean);
          expect(gap, `${JSON.stringify(params)}, ${count} draws: ${mean}`).toBeLessThan(0.002 + 0.002 * Math.abs(mean) + 5 * error);
        }
      }
    }, LONG);
  }
  it("comes to log p(x) where the noise reaches everything, and stays below it where it does not", () => {
    const whole = boundsAt(mapOf("flowified12", { noise: 1, w2: 1 }), [0.5], "", 64);
    expect(whole.exact - whole.weighted).toBeLessThan(0.03);
    const strip = mapOf("flowified12", { noise: 0 });
    expect(exactAt(strip, [0.5], "") - limitAt(strip, [0.5], "")).toBeCloseTo(-Math.log(normalCdf(0.5) - normalCdf(-0.5)), 4);
  });
});

describe("the limit of weighted draws", () => {
  it("is log p(x), where the noise is normal", () => {
    for (const name of ["augment", "flowified12", "tile"]) {
      for (const params of extremesOf(KINDS[name]!)) {
        const map = mapOf(name, name === "flowified12" ? { noise: 1, ...params } : params);
        if (map.noise.forward[0] === "uniform") continue;
        for (const x of placesOf(KINDS[name]!)) expect(limitAt(map, x, "")).toBeCloseTo(exactAt(map, x, ""), 8);
      }
    }
  });
  it("rests on a square: a fourth draw of the noise lies on it", () => {
    for (const name of ["augment", "flowified12", "tile"]) {
      for (const params of extremesOf(KINDS[name]!)) {
        const map = mapOf(name, params);
        const x = placesOf(KINDS[name]!)[0]!;
        const many = Float64Array.from({ length: 4 * x.length }, (_, i) => x[i % x.length]!);
        const [a, b, c, d] = claim(map, many, 4, "", Float64Array.of(0.2, 0.4, 0.6, 0.8)).total;
        expect(d! - 3 * c! + 3 * b! - a!, `${name} ${JSON.stringify(params)}`).toBeCloseTo(0, 8);
      }
    }
  });
});

describe("under a fault", () => {
  it("exact, plain and weighted lose the volume alike", () => {
    for (const [name, x, v] of [["tile", [0.8, -0.6, 0.4], Math.LN2 + 1], ["flowified12", [0.5], 1.3]] as const) {
      const map = mapOf(name, name === "tile" ? { w: 0.5 } : { w1: 0.3, w2: 1, noise: 1 });
      const sound = boundsAt(map, x, "", 8);
      for (const [fault, times] of [["volume", 1], ["sign", 2]] as const) {
        const now = boundsAt(map, x, fault, 8);
        for (const one of ["exact", "plain", "weighted"] as const) expect(now[one]).toBeCloseTo(sound[one] - times * v, 8);
      }
    }
  });
  it("a whole number over a Gaussian base has the Gaussian's share of its cell", () => {
    for (const noise of [0, 1]) {
      const map = mapOf("dequantization", { noise, levels: 4, centre: 2, spread: -2 });
      const share = (k: number) => normalCdf((k + 1) / 4) - normalCdf(k / 4);
      expect(exactAt(map, [3, 1], "base")).toBeCloseTo(Math.log(share(3) * share(1)), 3);
      expect(exactAt(map, [3, 1], "")).toBeCloseTo(-2 * Math.log(4), 10);
    }
  });
});
