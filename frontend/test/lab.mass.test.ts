import { describe, expect, it } from "vitest";
import { broken, claim, faultsOf, type Fault } from "../src/lab/account";
import { normalCdf } from "../src/lab/base";
import { massOf } from "../src/lab/mass";
import { massNote } from "../src/lab/massnote";
import type { Batch, Kind, Map as LayerMap, Params } from "../src/lab/maths/kind";
import { KINDS } from "../src/lab/maths/kinds";
import { uniforms } from "../src/lab/random";
import { SceneMaker, type Scene } from "../src/lab/scene";
import type { State } from "../src/lab/state";
import { extremesOf } from "./extremes";
import { say } from "./say";

const maker = new SceneMaker(null);
const LONG = 60_000;

function mass(kind: Kind, params: Params, fault: Fault = ""): number {
  const sound = kind.prepare({ ...kind.defaults, ...params });
  return massOf({ kind, sound, map: broken(sound, fault), fault });
}

const off = (name: string, fault: Fault, params: Params = {}) => mass(KINDS[name]!, params, fault);

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

/** Settings with which a kind is no density, for a reason that its note gives. */
const misses: Record<string, (params: Params) => boolean> = {
  residual: ({ coefficient }) => (coefficient as number) > 1,
  ode: ({ steps, method }) => steps !== undefined || method !== undefined,
  augment: ({ noise }) => noise === 0,
  flowified12: ({ noise }) => noise === 0,
};

/** A fine solver, so that the steps do not count; padding that reaches everywhere. */
const at: Record<string, Params> = { ode: { steps: 8, method: 2 }, flowified12: { noise: 1 } };

describe("the mass meter reads 1", () => {
  for (const kind of Object.values(KINDS)) {
    it(`${kind.name}, shaken`, () => {
      for (const seed of [1, 2]) expect(mass(kind, { ...shaken(kind, seed), ...at[kind.name] })).toBeCloseTo(1, 2.6);
    }, LONG);
    it(`${kind.name}, at its start and with every handle at its ends`, () => {
      for (const params of extremesOf(kind)) {
        if (misses[kind.name]?.(params)) continue;
        expect(Math.abs(mass(kind, { ...at[kind.name], ...params }) - 1), JSON.stringify(params)).toBeLessThan(0.003);
      }
    }, LONG);
  }
});

describe("it is the integral of what is claimed", () => {
  /** Over a square of the data side, cell by cell. */
  function summed(name: string, params: Params, reach: number, side: number): number {
    const map = KINDS[name]!.prepare({ ...KINDS[name]!.defaults, ...params });
    const step = (2 * reach) / side;
    let sum = 0;
    for (let i = 0; i < side; i++) {
      const row = Float64Array.from({ length: 2 * side }, (_, j) => ((j % 2 ? i : j >> 1) + 0.5) * step - reach);
      for (const value of claim(map, row, side, "").total) sum += Math.exp(value);
    }
    return sum * step * step;
  }
  it("of a solver's few steps, which do not keep the mass", () => {
    for (const params of [{ method: 0 }, { method: 0, steps: 1 }, { time: 4 }] as Params[]) {
      expect(off("ode", "", params), JSON.stringify(params)).toBeCloseTo(summed("ode", params, 9, 220), 2.6);
    }
  }, LONG);
  it("of a residual map that folds, as far out as it goes", () => {
    expect(off("residual", "", { coefficient: 1.6 })).toBeCloseTo(summed("residual", { coefficient: 1.6 }, 60, 600), 2);
  }, LONG);
});

describe("a ledger that lies", () => {
  /** The layer as it is, with 0.3 nats too much in its first column. */
  function lying(sound: LayerMap): LayerMap {
    const more = (batch: Batch): Batch => {
      const column = sound.columns[0]!;
      return { ...batch, [column]: batch[column]!.map((v) => v + 0.3) };
    };
    return { ...sound, forward: (...given) => more(sound.forward(...given)), terms: (...given) => more(sound.terms(...given)) };
  }
  // Numbers are weighed by what their cells have, whatever the encoder says.
  for (const kind of Object.values(KINDS).filter(({ name }) => name !== "dequantization")) {
    it(`${kind.name}: is found out, for areas come from the map`, () => {
      const sound = lying(kind.prepare({ ...kind.defaults, ...at[kind.name] }));
      expect(massOf({ kind, sound, map: sound, fault: "" }) * Math.exp(-0.3)).toBeCloseTo(1, 2.6);
    });
  }
});

describe("noise that does not reach all of the base", () => {
  it("leaves what the base has inside the strip", () => {
    for (const { w2, turn2, b1, b2 } of [
      { w2: 0, turn2: 0, b1: 0, b2: 0 },
      { w2: -3, turn2: 1, b1: 2, b2: 0.3 },
      { w2: 1.5, turn2: -2.2, b1: -1, b2: 1 },
      { w2: 3, turn2: 0.4, b1: 0, b2: 0 },
    ]) {
      const [half, middle] = [Math.exp(w2) / 2, -Math.sin(turn2) * b1 + Math.cos(turn2) * b2];
      const inside = normalCdf(middle + half) - normalCdf(middle - half);
      expect(off("flowified12", "", { noise: 0, w2, turn2, b1, b2 })).toBeCloseTo(inside, 3);
    }
    expect(off("augment", "", { noise: 0 })).toBeCloseTo(normalCdf(0.5) - normalCdf(-0.5), 4);
  });
  it("and a fault that changes no number of the ledger changes no mass", () => {
    for (const noise of [0, 1]) {
      for (const fault of ["volume", "sign"] as const) {
        const [before, after] = [off("flowified12", "", { noise }), off("flowified12", fault, { noise })];
        expect(after).toBeCloseTo(before, 10);
      }
    }
  });
});

/** Mean of exp(-times * volume) over draws of the model, and its error: the mass without the volume, or with it twice. */
function meanOver(kind: Kind, params: Params, times: number): [number, number] {
  const sound = kind.prepare({ ...kind.defaults, ...params });
  const n = 8_000;
  const x = maker.sample({ kind, seed: 5 } as State, sound, n);
  const values = sound.forward(x, n).volume!.map((v) => Math.exp(-times * v));
  const mean = values.reduce((a, b) => a + b, 0) / n;
  return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0)) / n];
}

describe("a false volume", () => {
  const exact = Object.values(KINDS).filter(({ exact, columns, name }) => exact && columns.includes("volume") && name !== "residual" && name !== "ode");
  for (const kind of exact) {
    it(`${kind.name}: the mean of exp(-volume), or of its square, at the start and at the ends`, () => {
      for (const params of extremesOf(kind)) {
        for (const [fault, times] of [["volume", 1], ["sign", 2]] as const) {
          const [mean, error] = meanOver(kind, params, times);
          if (error > 0.02 * mean) continue; // too rare a spike for draws
          const found = mass(kind, params, fault);
          expect(Math.abs(found - mean), `${fault} ${JSON.stringify(params)}: ${found}, ${mean}`).toBeLessThan(0.002 + 0.005 * mean + 5 * error);
        }
      }
    }, LONG);
  }
  it("leaky ReLU: half of each axis has the slope a", () => {
    for (const slope of [0.02, 0.3, 2]) {
      expect(off("leakyrelu", "volume", { slope }) / ((1 + 1 / slope) / 2) ** 2).toBeCloseTo(1, 3);
      expect(off("leakyrelu", "sign", { slope }) / ((1 + slope ** -2) / 2) ** 2).toBeCloseTo(1, 3);
    }
  });
  it("where the volume is one number v: exp(-v) and exp(-2 v), of a bound, too", () => {
    const cases: [string, Params, number][] = [
      ["affine", {}, 0.2], ["affine", { s1: -2 }, -2.3], ["lu", {}, -0.1], ["tile", {}, Math.LN2],
      ["tile", { w: 2, spread: 2 }, Math.LN2 + 4], ["tile", { w: -2, spread: -4 }, Math.LN2 - 4], ["flowified12", { noise: 1, w1: 1, w2: 3 }, 4],
    ];
    for (const [name, params, v] of cases) {
      expect(off(name, "volume", params) * Math.exp(v), name).toBeCloseTo(1, 3);
      expect(off(name, "sign", params) * Math.exp(2 * v), name).toBeCloseTo(1, 3);
    }
  });
});

describe("broken otherwise", () => {
  it("with a ReLU behind it: three quarters of the plane claim what a quarter has", () => {
    expect(off("affine", "relu")).toBeGreaterThan(2);
  });
  it("with a spline that turns back: z are counted three times", () => {
    let [sum, step] = [0, 1e-4];
    for (let v = -8; v < 8; v += step) sum += step * Math.exp(-((v + 0.9 * Math.sin(2 * v)) ** 2) / 2) * Math.abs(1 + 1.8 * Math.cos(2 * v));
    for (const name of ["spline", "affine"]) expect(Math.abs(off(name, "fold") - (sum * sum) / (2 * Math.PI))).toBeLessThan(0.003);
  });
  it("abs over a Gaussian base keeps a quarter", () => {
    expect(off("abs", "base")).toBeCloseTo(0.25, 4);
    expect(off("abs", "base", { fold: 1 })).toBeCloseTo(0.5, 4);
    expect(off("sort", "base")).toBeCloseTo(0.5, 4);
  });
  it("dequantization over a Gaussian base keeps the square's share, however many numbers and whatever the noise", () => {
    const square = (normalCdf(1) - normalCdf(0)) ** 2;
    for (const levels of [2, 4, 16]) {
      for (const noise of [0, 1]) expect(off("dequantization", "base", { levels, noise, spread: -3, centre: 3 })).toBeCloseTo(square, 3);
    }
  });
  it("every fault that is offered shows, where there is a volume to forget", () => {
    for (const name of ["affine", "planar", "coupling", "spline", "ode"]) {
      const kind = KINDS[name]!;
      for (const fault of faultsOf(kind, kind.prepare(kind.defaults))) {
        expect(Math.abs(off(name, fault) - 1), `${name}, ${fault}`).toBeGreaterThan(0.003);
      }
    }
  }, LONG);
});

describe("the note under the mass", () => {
  const t = say("en", "lab");
  function note(name: string, fault: Fault = "", params: Params = {}): string {
    const kind = KINDS[name]!;
    return massNote(mass(kind, params, fault), sceneOf(kind, params, fault), t);
  }
  /** What the note reads of a scene. */
  function sceneOf(kind: Kind, params: Params, fault: Fault): Scene {
    const sound = kind.prepare({ ...kind.defaults, ...params });
    const points = fault ? maker.sample({ kind, seed: 0 } as State, sound, 200) : new Float64Array(0);
    return { kind, sound, points, state: { fault } } as Scene;
  }
  it("says nothing where all is well", () => expect(note("coupling")).toBe(""));
  it("does not call a density broken whose areas stay", () => {
    for (const name of ["shear", "rotation", "cayley", "householder", "additive"]) expect(note(name, "volume")).toBe(t("mass.flat"));
    expect(note("affine", "sign", { s1: 0.3, s2: -0.3 })).toBe(t("mass.flat"));
    expect(note("affine", "volume")).toBe(t("mass.volume"));
  });
  it("nor calls one whole that is 1 by chance", () => {
    // Without the volume a spline's mass passes 1 between a steep middle and a flat one.
    const middle = (s: number): Params => ({ y1: [-2.2, -1 * s, 0, s, 2.2], d1: [1, s, s, s, 1] });
    let [low, high] = [0.3, 1.9];
    for (let i = 0; i < 14; i++) {
      const s = (low + high) / 2;
      if (off("spline", "volume", middle(s)) > 1) low = s;
      else high = s;
    }
    expect(off("spline", "volume", middle(low))).toBeCloseTo(1, 3);
    expect(note("spline", "volume", middle(low))).toBe(t("mass.chance"));
  }, LONG);
  it("says what is integrated of a bound, and what padding loses", () => {
    expect(note("tile")).toBe(t("mass.mean"));
    expect(note("flowified12")).toBe(`${t("mass.mean")}; ${t("mass.padding")}`);
    expect(note("flowified12", "volume")).toBe(`${t("mass.mean")}; ${t("mass.flat")}; ${t("mass.padding")}`);
  });
  it("says why a layer misses 1 that nobody broke", () => {
    expect(note("ode", "", { method: 0 })).toBe(t("mass.off"));
    expect(note("residual", "", { coefficient: 1.6 })).toBe(t("mass.folds"));
  });
});
