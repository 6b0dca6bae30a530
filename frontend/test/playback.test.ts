import { describe, expect, test } from "vitest";
import { ease, easeInverse, nextStop, playedTo } from "../src/player/playback";
import { layerAt } from "../src/player/state";
import { nextSpeed, speedText } from "../src/player/transport";
import { positionAt } from "../src/shared/controls";
import { fixture } from "./fixture";

const layers = fixture({ count: 2, cells: 2 }).meta.layers;
const pace = { layer: 1000, rest: 500 };
const at = (from: number, elapsed: number, direction: "normalize" | "generate" = "normalize") =>
  playedTo(from, elapsed, layers, direction, pace);

test("ease goes from 0 to 1 and back through its inverse", () => {
  for (const u of [0, 0.1, 0.5, 0.83, 1]) expect(easeInverse(ease(u))).toBeCloseTo(u, 9);
});

describe("playing", () => {
  test("reaches a border after the time of a layer, rests there, and goes on", () => {
    expect(at(0, 0)).toBe(0);
    expect(at(0, 500)).toBeCloseTo(0.5, 9);
    expect(at(0, 1000)).toBe(1);
    expect(at(0, 1499)).toBe(1);
    expect(at(0, 1501)).toBeGreaterThan(1);
    expect(at(0, 1501)).toBeLessThan(1.001);
  });

  test("never goes back and stops at the latent", () => {
    let before = 0;
    for (let ms = 0; ms < 8000; ms += 16) {
      const now = at(0, ms);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
    expect(before).toBe(4);
  });

  test("generating runs from the latent to the data", () => {
    expect(at(3, 500, "generate")).toBeCloseTo(2.5, 9);
    expect(at(3, 1200, "generate")).toBe(2);
    expect(at(3, 1e6, "generate")).toBe(0);
  });

  test("goes on from the middle of a layer without a jump", () => {
    expect(at(0.3, 0)).toBeCloseTo(0.3, 9);
    expect(at(at(0, 300), 200)).toBeCloseTo(at(0, 500), 9);
    expect(at(2.7, 0, "generate")).toBeCloseTo(2.7, 9);
  });

  test("a cut takes less time, for there is nothing to see on the way", () => {
    expect(at(3, 499)).toBeLessThan(4);
    expect(at(3, 500)).toBe(4);
  });

  test("less motion: from border to border", () => {
    const still = { layer: 0, rest: 1500 };
    const found = [0, 100, 1499, 1501, 3001].map((ms) => playedTo(0, ms, layers, "normalize", still));
    expect(found).toEqual([1, 1, 1, 2, 3]);
  });
});

describe("steps", () => {
  test("go to the next border, also from between and from a border", () => {
    expect([1.2, 1, 4].map((t) => nextStop(t, 4, "normalize"))).toEqual([2, 2, 4]);
    expect([1.2, 1, 0].map((t) => nextStop(t, 4, "generate"))).toEqual([1, 0, 0]);
  });

  test("at a border the layer just done is the one at work", () => {
    expect([0, 0.5, 1, 1.01, 4].map((t) => layerAt(t, 4, "normalize"))).toEqual([-1, 0, 0, 1, 4]);
    expect([0, 0.5, 1, 1.01, 4].map((t) => layerAt(t, 4, "generate"))).toEqual([-1, 0, 1, 1, 4]);
  });

  test("speeds go up and down their list and stop at its ends", () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(4, 1), nextSpeed(1.2, 1)]).toEqual([1.5, 0.75, 4, 1.5]);
    expect([speedText(1), speedText(0.25), speedText(1.5)]).toEqual(["1.0×", "0.25×", "1.5×"]);
  });
});

test("pixels of the strip are positions, and snap to borders", () => {
  // Four cells of 100 pixels, gaps of 4.
  expect(positionAt(50, 104, 4)).toBeCloseTo(0.5, 9);
  expect(positionAt(104 + 25, 104, 4)).toBeCloseTo(1.25, 9);
  expect(positionAt(101, 104, 4)).toBe(1);
  expect(positionAt(-30, 104, 4)).toBe(0);
  expect(positionAt(999, 104, 4)).toBe(4);
});
