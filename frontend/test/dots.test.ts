import { expect, test } from "vitest";
import { word } from "../src/shared/colour";
import { dotStyle, drawDots, stamp } from "../src/shared/dots";
import { squareFrame } from "../src/shared/raster";

const paper = word(0, 0, 0);

function red(x: number, y: number, diameter = 4): { sum: number; cx: number; cy: number } {
  const frame = squareFrame([10, 10], 10, 20);
  const out = new Uint32Array(400).fill(paper);
  drawDots(new Float32Array([x, y]), stamp(diameter, 1), [255, 0, 0], frame, out);
  let [sum, cx, cy] = [0, 0, 0];
  out.forEach((value, i) => {
    const share = (value & 255) / 255;
    sum += share;
    cx += share * ((i % 20) + 0.5);
    cy += share * (Math.floor(i / 20) + 0.5);
  });
  return { sum, cx: cx / sum, cy: 20 - cy / sum };
}

test("a dot has the area of a disc and lies where it should, to a quarter of a pixel", () => {
  for (const [x, y] of [[7, 9], [7.3, 9.6], [12.49, 4.01]] as const) {
    const { sum, cx, cy } = red(x, y);
    expect(Math.abs(sum / (Math.PI * 4) - 1)).toBeLessThan(0.06);
    expect(Math.abs(cx - x)).toBeLessThan(0.2);
    expect(Math.abs(cy - y)).toBeLessThan(0.2);
  }
});

test("dots that stick out of the window, or are no numbers, are left out", () => {
  for (const x of [-5, 25, NaN, Infinity]) expect(red(x, 10).sum).toBe(0);
});

test("more particles are smaller and fainter, never gone", () => {
  const few = dotStyle(1000);
  const many = dotStyle(100_000);
  expect(few).toEqual({ diameter: 2.6, opacity: 1 });
  expect(many.diameter).toBeGreaterThanOrEqual(1.2);
  expect(many.diameter).toBeLessThan(few.diameter);
  expect(many.opacity).toBeGreaterThanOrEqual(0.12);
});
