/** ChangeOfVariables around its arithmetic: handles, windows, keys, questions, words. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cellsOf, COLUMNS, distance, judgeOf, sketched, truthOf, veilOf } from "../src/variables/asking";
import { BASE } from "../src/variables/bases";
import { fresh, handlesOf } from "../src/variables/handles";
import { keyAction } from "../src/variables/keyboard";
import { layoutFor, roomFor } from "../src/variables/layout";
import { curveOf, KINDS, type MapSpec } from "../src/variables/maps";
import { sceneOf, type Scene } from "../src/variables/scene";
import type { State } from "../src/variables/state";
import { fitting, type Window } from "../src/variables/view";
import { curveName, mapRows, massVerdict, sentenceOf, stepRows } from "../src/variables/words";
import type { Question } from "../src/shared/judge";
import { say, table } from "./say";

const WINDOW: Window = [-3, 3];
const DRAWN = KINDS.filter((kind) => kind !== "learned");
const start = (kind: MapSpec["kind"]) => fresh(kind, kind === "logit" ? [-0.25, 1.25] : WINDOW);

function stateOf(changes: Partial<State>): State {
  return { maps: [start("spline")], base: "normal", probe: 0.28, view: 0, rule: "right", bars: true, notation: "data", learned: null, ...changes };
}
function sceneFor(state: State): Scene {
  return sceneOf({ ...state, base: BASE[state.base] }, layoutFor(610));
}

describe.each(DRAWN)("the handles of %s", (kind) => {
  const spec = start(kind);
  const [from, to]: [Window, Window] = kind === "logit" ? [[-0.25, 1.25], [-5, 5]] : [WINDOW, kind === "sigmoid" ? [-0.12, 1.12] : WINDOW];

  test("stand on the curve", () => {
    for (const { u, v } of handlesOf(spec, from, to)) expect(curveOf(spec).f(u)).toBeCloseTo(v, 6);
  });

  test("wherever they are dragged, the map stays strictly monotone", () => {
    let now = spec;
    for (const [a, b] of [[0.9, 0.95], [-4, 7], [9, -9], [0.1, 0.1], [-9, -9], [9, 9]] as const) {
      for (const { name } of handlesOf(now, from, to)) {
        now = handlesOf(now, from, to).find((handle) => handle.name === name)!.move(a, b);
        const curve = curveOf(now);
        const inside = Array.from({ length: 60 }, (_, i) => (kind === "logit" ? (i + 1) / 61 : -3 + i / 10));
        const rises = inside.slice(1).map((u, i) => curve.f(u) - curve.f(inside[i]!));
        expect(rises.every((rise) => rise * curve.sign > 0), JSON.stringify(now)).toBe(true);
      }
    }
  });

  test("a handle dragged a little goes along", () => {
    const [first] = handlesOf(spec, from, to);
    const [u, v] = [first!.u + 0.06 * (kind === "sigmoid" ? 1 : 0), first!.v + 0.05];
    const moved = handlesOf(first!.move(u, v), from, to)[0]!;
    const error = kind === "sigmoid" ? moved.u - u : moved.v - v;
    expect(Math.abs(error)).toBeLessThan(0.02);
  });
});

describe("what is shown", () => {
  test("the same mass has the same area in pixels below and on the left", () => {
    for (const maps of [[start("affine")], [start("spline"), start("sigmoid")]]) {
      const { view, layout, bars, from, to } = sceneFor(stateOf({ maps, view: maps.length - 1 }));
      bars[from]!.forEach(({ ends: [a, b], height }, i) => {
        const below = Math.abs(view.x(b) - view.x(a)) * height * view.below;
        const other = bars[to]![i]!;
        const left = Math.abs(view.y(other.ends[1]) - view.y(other.ends[0])) * other.height * view.left;
        expect(left / below).toBeCloseTo(1, 2);
      });
      expect(view.u(view.x(0.3))).toBeCloseTo(0.3, 9);
      expect(view.v(view.y(0.3))).toBeCloseTo(0.3, 9);
      expect(layout.width).toBe(610);
    }
  });

  test("windows: the base's own where it does, else round ones that hold what is asked", () => {
    expect(fitting([-2.2, 2.4], WINDOW)).toEqual(WINDOW);
    const [low, high] = fitting([-7.7, 9.1], WINDOW);
    expect([low <= -7.4, high >= 8.8, high - low < 25]).toEqual([true, true, true]);
  });

  test("rooms: side under the picture when narrow, larger in front of a class", () => {
    expect(roomFor(400, 800, false).classes).toEqual({ narrow: true, snug: true, tight: true });
    const [one, other] = [roomFor(1600, 0, false), roomFor(1600, 780, true)];
    expect(other.layout.width * other.scale).toBeGreaterThan(one.layout.width);
    expect(other.layout.height * other.scale).toBeLessThanOrEqual(780 - 28);
    expect(roomFor(400, 0, true)).toEqual(roomFor(400, 0, false));
  });

  test("a peak without bound is marked at its place", () => {
    const { peaks } = sceneFor(stateOf({ maps: [{ kind: "power", power: 3, soft: 0 }] }));
    expect(peaks).toHaveLength(1);
    expect(peaks[0]).toBeCloseTo(0, 9);
  });
});

test("keys", () => {
  expect(keyAction("ArrowRight", false, true, false)).toEqual({ step: 1 / 60 });
  expect(keyAction("ArrowRight", false, false, false)).toBeNull();
  expect(keyAction("0", false, false, false)).toEqual({ view: -1 });
  expect(keyAction("n", false, false, true)).toBeNull();
  expect(keyAction("?", false, false, true)).toBe("help");
});

describe("questions", () => {
  const scene = sceneFor(stateOf({ maps: [{ kind: "affine", slope: 2, shift: 0.5 }], probe: 1 }));
  const ask = (kind: Question["kind"], of: Record<string, unknown> = {}): Question => ({ id: "q", kind, prompt: "?", ...of });

  test("the truth is the picture's", () => {
    expect(truthOf(scene, ask("point"))).toEqual([1, 2.5]);
    expect(truthOf(scene, ask("factor"))).toBeCloseTo(0.5, 9);
    expect(truthOf(scene, ask("number", { of: "slope" }))).toBeCloseTo(2, 9);
    expect(truthOf(scene, ask("number", { of: "mass" }))).toBeCloseTo(1, 3);
    expect(truthOf(scene, ask("sign"))).toBeCloseTo(-Math.log(2), 9);
  });

  test("a sketch that is the truth is no mass off, one half the height is half off", () => {
    const cells = cellsOf(scene);
    const width = (scene.view.to[1] - scene.view.to[0]) / COLUMNS;
    const beyond = scene.beyond.low + scene.beyond.high;
    expect(cells.reduce((a, b) => a + b) * width + beyond).toBeCloseTo(1, 2);
    expect(distance(cells, cells, width)).toBe(0);
    const half = cells.map((p) => p / 2);
    expect(judgeOf(scene, ask("sketch"), half, cells)!.gap).toBeCloseTo((1 - beyond) / 4, 2);
  });

  test("corners become columns, nothing beyond the ends", () => {
    const cells = sketched([[0, -1], [1, 0], [0, 1]], [-2, 2]);
    expect([cells[0], cells.at(-1)]).toEqual([0, 0]);
    expect(Math.max(...cells)).toBeGreaterThan(0.9);
  });

  test("an open question hides its answer, a choice nothing", () => {
    expect(veilOf(ask("point"), true)).toEqual({ data: false, probe: true });
    expect(veilOf(ask("sketch"), true)).toEqual({ data: true, probe: false });
    expect(veilOf(ask("choice"), true)).toEqual({ data: false, probe: false });
    expect(veilOf(ask("point"), false)).toEqual({ data: false, probe: false });
    const rows = stepRows(stateOf({}), scene, true).map(({ value }) => value);
    expect(rows).toEqual(["+1.00", "?", "−1.42", "?", "?", "?"]);
  });
});

describe.each(["en", "de"])("words, %s", (language) => {
  const t = say(language, "variables");
  const said = (changes: Partial<State>) => {
    const state = stateOf(changes);
    return sentenceOf(state, sceneFor(state), false, t).map(({ text }) => text).join("");
  };

  test("both notations tell the same term, each its own direction", () => {
    const [data, latent] = [said({ notation: "data" }), said({ notation: "latent" })];
    expect(data.startsWith(t("latent to data"))).toBe(true);
    expect(latent.startsWith(t("data to latent"))).toBe(true);
    for (const text of [data, latent]) expect(text).toContain("−0.94 nats");
  });

  test("broken rules and singular places are named", () => {
    expect(said({ rule: "forgotten" })).toMatch(/1[.]3/);
    expect(said({ maps: [{ kind: "power", power: 3, soft: 0 }], probe: 0 })).toContain("p(x)");
    expect(said({ maps: [start("logit")], probe: -1 })).toContain("x");
    const state = stateOf({ maps: [start("logit")] });
    expect(massVerdict(state, sceneFor(state), t)).toEqual({ good: false, note: t("mass cut") });
  });

  test("several maps: a row each", () => {
    const state = stateOf({ maps: [start("spline"), start("affine")] });
    expect(mapRows(state, sceneFor(state), false, t)).toHaveLength(4);
    expect(curveName(state, 1, 2)).toBe("x = f₂(h₁)");
    expect(curveName({ ...state, notation: "latent" }, 0, 2)).toBe("z = f(x)");
  });

  test("every text that the sources ask for is there", () => {
    const known = { ...table(language, "shared"), ...table(language, "variables") };
    const folder = new URL("../src/variables/", import.meta.url);
    const sources = readdirSync(folder).filter((file) => file.endsWith(".ts"));
    const asked = sources.flatMap((file) => [...readFileSync(new URL(file, folder), "utf8").matchAll(/\bt\("([^"]+)"/g)].map((m) => m[1]!));
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((key) => !(key in known))).toEqual([]);
  });
});
