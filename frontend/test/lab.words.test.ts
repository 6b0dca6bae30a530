/** What LayerLab says of a layer: its equation and its sentence, as its choice stands. */

import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { codeOf, formsOf, linesAt, type Lines } from "../src/lab/formulas";
import { idle } from "../src/lab/maths/kind";
import { KINDS } from "../src/lab/maths/kinds";
import { truthOf } from "../src/lab/questions";
import { SceneMaker, type Scene } from "../src/lab/scene";
import { asked, hushed, type Hooks } from "../src/lab/stage/stage";
import { readState, startOf } from "../src/lab/state";
import { sentenceOf } from "../src/lab/words";
import type { Model } from "../src/shared/afm";
import { judge, type Question } from "../src/shared/judge";
import type { Palette } from "../src/shared/theme";
import { say, table } from "./say";

const FOLDER = new URL("../../flowviz/widgets/kinds/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
const FORMULAS = read("formulas.json") as Record<string, Lines>;
const CARDS = read("cards.json") as Record<string, object>;

function model(traits: Record<string, unknown>): Model {
  return { get: (name: string) => ({ cards: CARDS, ...traits })[name] } as unknown as Model;
}

function sceneOf(kind: string, params: Record<string, unknown> = {}): Scene {
  return new SceneMaker(null).make(readState(model({ kind, params })), {} as Palette);
}

const sentence = (scene: Scene, language: string) => sentenceOf(scene, say(language, "lab")).map(({ text }) => text).join("");

function equation(kind: string, params: Record<string, number>, language = "en"): { latent: string; data: string; code: string } {
  const one = KINDS[kind]!;
  const lines = linesAt(one, FORMULAS[kind], { ...one.defaults, ...params });
  const forms = formsOf(one, lines, say(language, "lab"));
  const text = (notation: "latent" | "data") => forms[notation].map(({ math }) => math).join("");
  return { latent: text("latent"), data: text("data"), code: codeOf(one, lines).map(({ text }) => text).join("\n") };
}

describe.each(["en", "de"])("in %s", (language) => {
  it("the sentence names what stays", () => {
    for (const kind of ["coupling", "additive"]) {
      for (const keep of [0, 1]) {
        const text = sentence(sceneOf(kind, { keep }), language);
        expect(text.indexOf("x₂") >= 0 && (text.indexOf("x₁") < 0 || text.indexOf("x₂") < text.indexOf("x₁"))).toBe(keep === 1);
      }
    }
  });
  it("counts the x of one z", () => {
    const counts = [0, 1, 2].map((fold) => /four|two|vier|zwei/i.exec(sentence(sceneOf("abs", { fold }), language))![0].toLowerCase());
    expect(counts).toEqual(language === "en" ? ["four", "two", "two"] : ["vier", "zwei", "zwei"]);
  });
  it("speaks of areas only where there are areas on both sides", () => {
    for (const kind of ["flowified21", "funnel", "tile"]) expect(sentence(sceneOf(kind), language)).not.toMatch(/areas|Flächen/);
    expect(sentence(sceneOf("affine"), language)).toMatch(/areas|Flächen/);
  });
  it("an even noise in a cell is the cell's size, whatever the levels", () => {
    for (const levels of [4, 9]) {
      const text = sentence(sceneOf("dequantization", { levels }), language);
      expect(text).toContain(`1/${levels}`);
      expect(text).not.toMatch(/dense|dicht/);
    }
  });
  it("has all its words", () => {
    for (const kind of Object.keys(KINDS)) {
      const text = sentence(sceneOf(kind), language);
      expect(text).not.toMatch(/\{|(about|volume|decoder|encoder|kept|copies|cells)\.\w/);
    }
  });
});

describe("equations", () => {
  it("follow what stays", () => {
    expect(equation("coupling", { keep: 0 }).latent).toContain("z_1 = x_1");
    const other = equation("coupling", { keep: 1 });
    expect(other.latent).toContain("z_2 = x_2, z_1 = e^{s(x₂)} x_1 + t(x_2)");
    expect(other.latent).toContain(" + s(x_2)");
    expect(other.code).toContain("net(x2)");
  });
  it("do not add a minus", () => {
    for (const [kind, one] of Object.entries(KINDS)) {
      for (const value of FORMULAS[kind]!.of?.keys() ?? [0]) {
        const choice = one.handles.find(({ choices }) => choices);
        const { latent, data } = equation(kind, choice ? { [choice.name]: choice.min + value } : {});
        expect(latent + data).not.toMatch(/[+−] [+−]/);
        for (const column of one.columns) expect(latent.length).toBeGreaterThan(FORMULAS[kind]![column]!.length);
      }
    }
    expect(equation("permutation", {}).latent).toContain("log p(z) − log 2! + log 2!");
    expect(equation("affine", {}).data).toContain(" − log |det");
  });
  it("end with the sum over the base", () => {
    expect(equation("funnel", {}).code.split("\n").at(-1)).toBe("log_p = base.log_prob(z) + volume + decoder");
    expect(equation("augment", {}).code.split("\n").at(-1)).toBe("bound = base.log_prob(z) + encoder");
  });
  it("have no English words in German", () => {
    expect(equation("tile", {}, "de").latent).toContain("Kopien");
    for (const kind of Object.keys(KINDS)) expect(Object.values(equation(kind, {}, "de")).slice(0, 2).join("")).not.toMatch(/copies|drawn|first|order|roots|again/);
  });
});

test("what the choice leaves unread is named, and only that", () => {
  const unread = (kind: string, params: object) => idle(KINDS[kind]!, { ...KINDS[kind]!.defaults, ...params });
  expect(unread("augment", { noise: 1 })).toEqual(["mean", "spread"]);
  expect(unread("augment", { noise: 2 })).toEqual([]);
  expect(unread("abs", { fold: 1 })).toEqual(["odds2"]);
  expect(unread("affine", {})).toEqual([]);
});

test("the start is what the widget was made with, or another kind's own", () => {
  const made = model({ start: { kind: "affine", params: { s1: 1.5 } } });
  expect(startOf(made, "affine")).toEqual({ s1: 1.5 });
  expect(startOf(made, "shear")).toEqual({});
  expect(startOf(model({}), "affine")).toEqual({});
});

describe("questions", () => {
  const question = (kind: string, of = {}): Question => ({ id: "q", kind, prompt: "", ...of }) as Question;
  it("a place on the latent line is judged along it", () => {
    const scene = sceneOf("flowified21");
    const truth = truthOf(question("point"), scene) as number[];
    expect(truth).toHaveLength(1);
    const { gap, right } = judge(question("point"), [truth[0]! + 0.2, -3], truth);
    expect(gap).toBeCloseTo(0.2, 12);
    expect(right).toBe(true);
  });
  it("whole numbers have no area", () => {
    expect(truthOf(question("factor"), sceneOf("dequantization"))).toBeNull();
    expect(truthOf(question("factor"), sceneOf("affine"))).toBeCloseTo(Math.exp(0.2), 10);
  });
  it("hush the figures that answer them, and no others", () => {
    const open = (kind: string | null) => ({ question: { asking: () => kind !== null, current: () => ({ kind }) } }) as unknown as Hooks;
    expect(["number", "sign", "factor", "point", "choice", null].map((kind) => hushed(open(kind)))).toEqual([true, true, true, false, false, false]);
    expect(asked(open(null))).toBe("");
  });
});

test("both languages have the same keys", () => {
  expect(Object.keys(table("de", "lab")).sort()).toEqual(Object.keys(table("en", "lab")).sort());
});
