import { expect, test } from "vitest";
import { first, nearest, toward } from "../src/player/pick";

//                            0     1     2       3       4
const xy = new Float32Array([0, 0, 3, 0, 0, 2, -1, -0.5, 0.2, 0]);

test("a click means the nearest particle within reach, or none", () => {
  expect(nearest(xy, 2.8, 0.1, 1)).toBe(1);
  expect(nearest(xy, 1.7, 0.1, 1)).toBe(-1);
});

test("an arrow means the nearest particle that way, and not one too near to see", () => {
  expect(toward(xy, 0, 1, 0, 0.5)).toBe(1);
  expect(toward(xy, 0, 1, 0, 0.1)).toBe(4);
  expect(toward(xy, 0, 0, 1, 0.1)).toBe(2);
  expect(toward(xy, 0, -1, 0, 0.1)).toBe(3);
});

test("where there is none that way, the choice stays", () => {
  expect(toward(xy, 1, 1, 0, 0.1)).toBe(1);
});

test("the first is the one in the middle", () => expect(first(xy, [0, 1.8])).toBe(2));
