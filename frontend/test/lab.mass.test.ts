import { describe, expect, it } from "vitest";
import { broken, faultsOf, type Fault } from "../src/lab/account";
import { massOf } from "../src/lab/mass";
import type { Kind, Params } from "../src/lab/maths/kind";
import { KINDS } from "../src/lab/maths/kinds";
import { uniforms } from "../src/lab/random";
import { SceneMaker } from "../src/lab/scene";

const maker = new SceneMaker(null);

function mass(kind: Kind, params: Params, fault: Fault = ""): number {
  const sound = kind.prepare({ ...kind.defaults, ...params });
  const state = { kind, seed: 0 } as Parameters<typeof maker.sample>[0];
  return massOf({ kind, sound, map: broken(sound, fault), fault, draws: maker.sample(state, sound), zoom: 3.6 });
}

/** Handles in the middle half of their ranges, tables bent at random. */
function shaken(kind: Kind, seed: number): Params {
  const draw = uniforms(seed);
  const between = (low: number, high: number) => low + (high - low) * (0.25 + 0.5 * draw());
  const out: Params = {};
  for (const { name, min, max, choices, start, step } of kind.handles) {
    if (kind.name === "spline" || name === "coefficient") continue;
    if (Array.isArray(start)) out[name] = start.map(() => between(min, max) / 2);
    else out[name] = choices || step === 1 ? Math.round(between(min, max)) : between(min, max);
  }
  return out;
}

describe("the mass meter reads 1", () => {
  for (const kind of Object.values(KINDS)) {
    it(`${kind.name}, at its start and shaken`, () => {
      expect(mass(kind, {})).toBeCloseTo(1, 2.6);
      for (const seed of [1, 2]) expect(mass(kind, shaken(kind, seed))).toBeCloseTo(1, 2.6);
    });
  }
});

describe("broken, it does not", () => {
  const off = (name: string, fault: Fault) => mass(KINDS[name]!, {}, fault);
  it("without the volume: the inverse of what the areas grow by", () => {
    expect(off("affine", "volume")).toBeCloseTo(Math.exp(-0.2), 4);
  });
  it("with its wrong sign: twice that", () => {
    expect(off("affine", "sign")).toBeCloseTo(Math.exp(-0.4), 4);
  });
  it("with a ReLU behind it: three quarters of the plane claim what a quarter has", () => {
    expect(off("affine", "relu")).toBeGreaterThan(2);
  });
  it("with a spline that turns back: z are counted three times", () => {
    expect(off("spline", "fold")).toBeGreaterThan(1.2);
  });
  it("abs over a Gaussian base keeps a quarter", () => {
    expect(off("abs", "base")).toBeCloseTo(0.25, 3);
    expect(off("sort", "base")).toBeCloseTo(0.5, 2);
  });
  it("every fault that is offered shows, where there is a volume to forget", () => {
    for (const name of ["affine", "planar", "coupling", "spline", "ode"]) {
      const kind = KINDS[name]!;
      for (const fault of faultsOf(kind, kind.prepare(kind.defaults))) {
        expect(Math.abs(off(name, fault) - 1), `${name}, ${fault}`).toBeGreaterThan(0.003);
      }
    }
  });
});
