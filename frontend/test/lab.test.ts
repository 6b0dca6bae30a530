import { describe, expect, it } from "vitest";
import { normalCdf } from "../src/lab/base";
import { areaOf, cellAt, cellOutline, PlaneFigure } from "../src/lab/figure";
import { gripAt, gripsOf, pull } from "../src/lab/grips";
import { KINDS } from "../src/lab/maths/kinds";
import { draws, normals } from "../src/lab/random";
import { advance } from "../src/lab/way";

describe("handles on the plane", () => {
  for (const kind of Object.values(KINDS)) {
    for (const [k, grip] of gripsOf(kind).entries()) {
      if (kind.latentDim !== 2) continue;
      it(`${kind.name}, handle ${k + 1}: follows the pointer, and moves no other number`, () => {
        // A place that the layer can reach: where the handle lies for other values of its numbers.
        const there = { ...kind.defaults };
        for (const name of grip.moves) there[name] = (kind.defaults[name] as number) + 0.15;
        const target = gripAt(kind.prepare(there), grip);
        const moved = pull(kind, kind.defaults, grip, target);
        const [x, y] = gripAt(kind.prepare(moved), grip);
        expect(Math.hypot(x - target[0], y - target[1])).toBeLessThan(0.02);
        for (const name of Object.keys(moved)) if (!grip.moves.includes(name)) expect(moved[name]).toEqual(kind.defaults[name]);
      });
    }
  }
  it("stay inside their ranges where the pointer leaves them", () => {
    const kind = KINDS["affine"]!;
    const moved = pull(kind, kind.defaults, gripsOf(kind)[0]!, [50, 50]);
    expect(moved["t1"]).toBeLessThanOrEqual(3);
  });
});

describe("the cell", () => {
  it("is the one around the point, and its area ratio is exp(volume) where the layer is linear", () => {
    const map = KINDS["lu"]!.prepare(KINDS["lu"]!.defaults);
    const x = Float64Array.of(0.7, -1.1);
    const outline = cellOutline(cellAt(x)!);
    const ratio = areaOf(map.path(outline, outline.length / 2, 1)) / areaOf(outline);
    expect(Math.log(ratio)).toBeCloseTo(map.forward(x, 1).volume![0]!, 10);
    expect(cellAt([3.5, 0])).toBeNull();
  });
});

describe("the mesh", () => {
  it("carries all the mass, at every moment", () => {
    const kind = KINDS["coupling"]!;
    const figure = new PlaneFigure(24);
    for (const tau of [0, 0.5, 1]) {
      figure.update(kind, kind.prepare(kind.defaults), "", tau, 4.5, true);
      expect(figure.mesh.mass.reduce((sum, m) => sum + m, 0)).toBeCloseTo(1, 4);
    }
  });
});

describe("draws", () => {
  it("are the same for the same seed, others for another, and normal", () => {
    expect([...normals(4, 3)]).toEqual([...normals(4, 3)]);
    expect([...normals(4, 3)]).not.toEqual([...normals(4, 4)]);
    const many = normals(20_000, 1);
    expect(many.filter((v) => v < 1).length / many.length).toBeCloseTo(normalCdf(1), 2);
  });
  it("noise and latents of one seed have nothing to do with each other", () => {
    const [a, b] = [normals(5000, 8), draws(["uniform"], 5000, 9)];
    const mean = b.reduce((sum, v) => sum + v, 0) / b.length;
    const shared = a.reduce((sum, v, i) => sum + v * (b[i]! - mean), 0) / a.length;
    expect(Math.abs(shared)).toBeLessThan(0.02);
  });
});

describe("the way", () => {
  it("ends at the latent side, and goes in quarters where less motion is wanted", () => {
    expect(advance(0.99, 1, false)).toEqual({ tau: 1, playing: false });
    expect([0, 0.25, 0.5].map((tau) => advance(tau, 0.016, true).tau)).toEqual([0.25, 0.5, 0.75]);
  });
});
