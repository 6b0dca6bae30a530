import { describe, expect, test } from "vitest";
import { hottestPlace, judgeOf, truthOf, veils } from "../src/imagelab/asking";
import { toBytes, toText } from "../src/imagelab/bytes";
import { moveBy } from "../src/imagelab/keys";
import { mosaicOf } from "../src/imagelab/mosaic";
import { picked, placeOn } from "../src/imagelab/places";
import { labOf, quantile, type Lab, type Meta } from "../src/imagelab/record";
import type { Scene } from "../src/imagelab/scene";
import { createSheet } from "../src/imagelab/sheet";
import { nearest, type State } from "../src/imagelab/state";
import { termAt, termsOf } from "../src/imagelab/waterfall";
import { costOf, ledgerRows, sentenceOf } from "../src/imagelab/words";
import type { Question } from "../src/shared/judge";
import { say } from "./say";

const SIDE = 8;
const SIZE = SIDE * SIDE;
const spec = (name: string, shape: number[]) => ({ name, shape, bytes: 1, lo: [0], step: [1], delta: false });

/** Four images whose every value says where it belongs: 100 image + 10 step and so on. */
function lab(): Lab {
  const arrays = [
    spec("images", [4, 1, SIDE, SIDE]), spec("codes", [4, 6]), spec("heat", [4, SIDE, SIDE]),
    spec("draws", [2, 3, 1, SIDE, SIDE]), spec("draws/bits", [2, 3]),
    spec("walk", [3, 2, 6, 1, SIDE, SIDE]), spec("walk/bits", [3, 2, 6]),
    spec("moved", [3, 2, 4, 2, 1, SIDE, SIDE]), spec("depths", [2, 2, 4, 1, SIDE, SIDE]), spec("depths/bits", [2, 2, 4]),
  ];
  const values = new Map(arrays.map(({ name, shape }) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const inner = shape.slice(-2).every((k) => k === SIDE) ? SIZE : 1;
    return [name, Float32Array.from({ length: n }, (_, i) => Math.floor(i / inner))];
  }));
  const heat = values.get("heat")!.fill(0);
  for (const [r, c] of [[3, 4], [3, 5], [4, 4], [4, 5]] as const) heat[r * SIDE + c] = 9;
  const meta = {
    title: "", shape: [1, SIDE, SIDE], latent: [6], dim: SIZE, likelihood: "lower bound", modes: ["all", "mean"],
    temperatures: [0.5, 1], shifts: [-2, 0, 2], latents: [1, 4], depths: [{ layer: 0, title: "", numbers: 64 }, { layer: 3, title: "split", numbers: 32 }],
    labels: ["7", "2", "1", "0"], noise: 4, rows: [[3, "split", "decoder"], [1, "noise", "encoder"]],
    terms: [[0.5, -6.25, 8], [1, -7, 8], [1, -6, 8], [1, -5, 8]], bits: [2.25, 2, 3, 4], arrays,
  } as Meta;
  return labOf(meta, values);
}

const state = (changes: Partial<State>): State => ({
  view: "bits", chosen: 0, other: 1, temperature: 1, along: 1, mode: 0, latent: 1, shift: 1, depth: 1, heat: true, pixel: null, drawing: "", ...changes,
});
const question = (of: Partial<Question>): Question => ({ id: "q", kind: "choice", prompt: "", options: ["first", "second"], ...of }) as Question;

describe("the record", () => {
  const one = lab();

  test("pairs lie as Python's combinations, and the way back is the way there turned round", () => {
    const pairs = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]] as const;
    pairs.forEach(([i, j], place) => {
      for (const step of [0, 1, 2]) {
        expect(one.walk(step, 1, i, j)[0]).toBe((step * 2 + 1) * 6 + place);
        expect(one.walk(2 - step, 1, j, i)[0]).toBe((step * 2 + 1) * 6 + place);
        expect(one.walkBits(step, 0, i, j)).toBe(step * 12 + place);
      }
    });
    expect(one.walk(1, 0, 2, 2)[0]).toBe(2);
    expect(one.walkBits(1, 0, 2, 2)).toBe(3);
  });

  test("latents that did not come along are not there", () => {
    expect(one.moved(2, 1, 3, 4)![0]).toBe(((2 * 2 + 1) * 4 + 3) * 2 + 1);
    expect(one.moved(2, 1, 3, 2)).toBeNull();
  });

  test("a missing array is named", () => {
    expect(() => labOf(one.meta, new Map())).toThrow("expected an array images, got none");
  });

  test("the end of the scale is a quantile of sizes", () => {
    expect(quantile(Float32Array.from([-5, 1, 2, 3, 4]), 1)).toBe(5);
    expect(quantile(new Float32Array(0), 0.5)).toBeGreaterThan(0);
  });
});

describe("the ledger", () => {
  test("adds up to the bits, with a bound's sign", () => {
    const rows = ledgerRows(state({}), lab(), { scored: () => null } as never, false, say("en", "imagelab"));
    expect(rows.map(({ running }) => running)).toEqual(["0.500", "−5.750", "2.250", "2.250"]);
    expect(rows.at(-1)).toMatchObject({ value: "≤", total: true });
    expect(ledgerRows(state({}), lab(), { scored: () => null } as never, true, say("en", "imagelab"))).toHaveLength(1);
  });

  test("its bars are the terms: one that is twice another is twice as long", () => {
    const [base, decoder, encoder] = ledgerRows(state({}), lab(), { scored: () => null } as never, false, say("en", "imagelab"));
    expect([base!.bar, decoder!.bar, encoder!.bar]).toEqual([0.5 / 8, -6.25 / 8, 1]);
  });

  test("as a picture, every bar starts where the one before it ends, and the last ends at the bits", () => {
    const { terms, rows, bits } = lab().meta;
    const bars = termsOf(terms[0]!, rows);
    expect(bars.map(({ from, to }) => [from, to])).toEqual([[0, 0.5], [0.5, -5.75], [-5.75, bits[0]]]);
    expect(bars.map(({ layer, column }) => `${layer} ${column}`)).toEqual(["0 base", "3 decoder", "1 encoder"]);
    const box = { x: 0, y: 0, width: 400, height: 200 };
    const found = Array.from({ length: 400 }, (_, x) => termAt(box, bars, x, 100));
    expect([...new Set(found)]).toEqual([null, 0, 1, 2]);
    expect(found.filter((term) => term === 1)).toHaveLength(30);
    expect(termAt(box, bars, found.indexOf(1), 199)).toBeNull();
  });
});

describe("costs in words", () => {
  const told = (changes: Partial<State>) => costOf(state(changes), lab(), { there: false } as never, (key) => key);
  const said = (one: Lab, changes: Partial<State>) => sentenceOf(state({ view: "walk", ...changes }), one, {} as never, false, (key) => key).map(({ text }) => text).join("");

  test("three digits for a mean of draws, two for a single one, none without a kernel", () => {
    expect(told({})).toMatchObject({ digits: 3, note: "lower bound", bits: 2.25 });
    expect(told({ view: "walk", along: 1 })).toMatchObject({ digits: 2, note: "of this step" });
    expect(told({ view: "walk", along: 2 })).toMatchObject({ note: "lower bound" });
    expect(told({ view: "walk", along: 2, mode: 1 })).toMatchObject({ note: "of this step" });
    expect(told({ view: "draw" })).toMatchObject({ bits: null, note: "wants kernel" });
  });

  test("a step is called cheap only where it costs clearly less than both ends", () => {
    const one = lab();
    expect(said(one, { chosen: 0, other: 1 })).toBe("say walk all");
    expect(said({ ...one, walkBits: () => 1.8 }, { chosen: 0, other: 1 })).toContain("say walk cheap");
    expect(said({ ...one, walkBits: () => 1.9 }, { chosen: 0, other: 1 })).toBe("say walk all");
    expect(said(one, { chosen: 2, other: 2 })).toBe("say walk nowhere");
  });
});

describe("questions", () => {
  test("the costlier of two images", () => {
    const ask = question({ of: "costlier" });
    expect(truthOf(lab(), state({ chosen: 0, other: 1 }), ask)).toBe("first");
    expect(truthOf(lab(), state({ chosen: 1, other: 3 }), ask)).toBe("second");
    expect(veils(ask, true)).toBe(true);
    expect(veils(ask, false)).toBe(false);
    expect(veils(question({}), true)).toBe(false);
  });

  test("the dearest place is the middle of the dearest 5 by 5", () => {
    const [column, row] = hottestPlace(lab(), 0);
    expect(column).toBeGreaterThan(2);
    expect(judgeOf(question({ kind: "point" }), [column + 3, row], [column, row])).toMatchObject({ gap: 3, right: true });
    expect(judgeOf(question({ kind: "point", tolerance: 2 }), [column + 3, row], [column, row])).toMatchObject({ right: false });
  });
});

describe("keys", () => {
  const one = lab();
  test("arrows choose any latent with a kernel, else those that came along", () => {
    const at = state({ view: "latent", latent: 1 });
    expect(moveBy("ArrowRight", true, at, one, true)).toEqual({ latent: 2 });
    expect(moveBy("ArrowRight", true, at, one, false)).toEqual({ latent: 4 });
    expect(moveBy("ArrowLeft", true, at, one, false)).toEqual({ latent: 1 });
    expect(moveBy("ArrowRight", false, at, one, true)).toBeNull();
  });

  test("brackets move the view's slider, not beyond its ends", () => {
    expect(moveBy("]", false, state({ view: "walk", along: 2 }), one, false)).toEqual({ along: 1 });
    expect(moveBy("[", false, state({ view: "sample", temperature: 1 }), one, false)).toEqual({ temperature: 0.5 });
    expect(moveBy("[", false, state({ view: "draw" }), one, false)).toBeNull();
  });

  test("pixels stay on the image", () => {
    expect(moveBy("ArrowUp", true, state({ pixel: [0, 3] }), one, false)).toEqual({ pixel: [0, 3] });
    expect(moveBy("ArrowDown", true, state({ pixel: null }), one, false)).toEqual({ pixel: [4, 4] });
  });
});

test.each([[[8, 7, 7]], [[3, 2, 5]], [[64, 1, 1]], [[784]], [[8]]])("every number of %j has one place", (shape) => {
  const { rows, columns, place, at } = mosaicOf(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const places = Array.from({ length: size }, (_, i) => place(i));
  expect(new Set(places.map(String)).size).toBe(size);
  places.forEach(([row, column], i) => expect(at(row, column)).toBe(i));
  let empty = 0;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) empty += Number(at(r, c) < 0);
  expect(empty).toBe(rows * columns - size);
  expect([at(-1, 0), at(0, columns)]).toEqual([-1, -1]);
});

test("neighbours on a map stay neighbours", () => {
  const { place } = mosaicOf([8, 7, 7]);
  expect(place(0)).toEqual([0, 0]);
  expect(place(7)).toEqual([1, 0]);
  expect(place(49)).toEqual([0, 7]);
  expect(place(3 * 49)).toEqual([7, 0]);
});

test("a press sets what lies under it, a passing pointer only a pixel", () => {
  const box = { x: 10, y: 10, width: 80, height: 80 };
  const mosaic = mosaicOf([6]);
  const scene = {
    tiles: [{ ...box, kind: "image", pick: { depth: 2 } }, { ...box, x: 100, kind: "image", pixel: true }],
    codes: { x: 0, y: 100, width: 60, height: 20, values: new Float32Array(6), mosaic },
  } as unknown as Scene;
  const hand = { view: "bits" as const, shape: [1, 8, 8] as [number, number, number], pressed: true, open: (k: number) => k !== 3 };
  expect(picked(scene, [11, 11], hand)).toEqual({ depth: 2 });
  expect(picked(scene, [11, 11], { ...hand, pressed: false })).toBeNull();
  expect(picked(scene, [179, 11], { ...hand, pressed: false })).toEqual({ pixel: [0, 7] });
  expect(picked(scene, [179, 11], { ...hand, view: "layers" })).toBeNull();
  expect(picked(scene, [25, 110], hand)).toEqual({ latent: 2 });
  expect(picked(scene, [35, 110], hand)).toBeNull();
  expect(placeOn(scene.tiles[0], hand.shape, [50, 90])).toBeNull();
});

describe("the sheet", () => {
  test("a stroke leaves ink along its way, in every channel, and the eraser takes it away", () => {
    const sheet = createSheet([3, 28, 28]);
    sheet.stroke([4, 14], [24, 14], "brush");
    const bright = (row: number, column: number, channel = 0) => sheet.image[channel * 784 + row * 28 + column]!;
    for (let column = 4; column < 24; column++) expect(bright(14, column)).toBe(255);
    expect(bright(14, 10, 2)).toBe(255);
    expect(bright(18, 10)).toBe(0);
    sheet.stroke([4, 14], [24, 14], "erase");
    expect(bright(14, 10)).toBe(0);
    sheet.clear();
    expect(Math.max(...sheet.image)).toBe(0);
  });

  test("travels as text", () => {
    const bytes = Uint8Array.from({ length: SIZE }, (_, i) => (i * 37) % 256);
    expect(toBytes(toText(bytes), SIZE)).toEqual(bytes);
    expect(toBytes("no base64!", 4)).toEqual(new Uint8Array(4));
    expect(toBytes(toText(bytes), 3)).toEqual(new Uint8Array(3));
  });
});

test("nearest takes the closest value", () => {
  expect(nearest([0.3, 0.7, 1], 0.8)).toBe(1);
  expect(nearest([-3, 0, 3], 2)).toBe(2);
});
