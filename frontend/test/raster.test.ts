import { describe, expect, test } from "vitest";
import { DensityRaster, squareFrame, type Frame } from "../src/shared/raster";
import { decodeTrace, momentAt, tween, type Mesh } from "../src/shared/trace";
import { fixture, generator } from "./fixture";

const SIZE = 64;
const unit: Frame = squareFrame([0.5, 0.5], 0.5, SIZE);

function draw(cells: number, corners: number[], mass: number[], frame = unit): Float32Array {
  const mesh: Mesh = { cells, corners: new Float32Array(corners), mass: new Float32Array(mass) };
  return drawMesh(mesh, mesh.corners, frame);
}

function drawMesh(mesh: Mesh, corners: Float32Array, frame: Frame): Float32Array {
  const picture = new Float32Array(frame.width * frame.height);
  new DensityRaster(frame.width, frame.height).draw(mesh, corners, frame, (y, row) => picture.set(row, y * frame.width));
  return picture;
}

function mass(picture: Float32Array, { scale }: Frame): number {
  return picture.reduce((sum, rho) => sum + rho, 0) / (scale * scale);
}

/** Corners of one cell, in the order of the mesh: (0,0), (0,1), (1,0), (1,1). */
const cell = (a: number[], b: number[], c: number[], d: number[]) => [...a, ...b, ...d, ...c];

describe("mass", () => {
  test("one cell over all the window has density mass / area in every pixel", () => {
    const picture = draw(1, cell([0, 0], [1, 0], [1, 1], [0, 1]), [3]);
    for (const rho of picture) expect(rho).toBeCloseTo(3, 5);
  });

  test("a slanted cell keeps its mass, wherever it lies between the pixels", () => {
    const random = generator(3);
    for (let k = 0; k < 50; k++) {
      const p = () => [0.2 + 0.6 * random(), 0.2 + 0.6 * random()];
      const picture = draw(1, cell(p(), p(), p(), p()), [1]);
      expect(mass(picture, unit)).toBeCloseTo(1, 4);
      expect(Math.min(...picture)).toBeGreaterThanOrEqual(0);
    }
  });

  test("a cell far thinner than a pixel keeps its mass", () => {
    const picture = draw(1, cell([0.1, 0.1], [0.1, 0.10001], [0.9, 0.90001], [0.9, 0.9]), [1]);
    expect(mass(picture, unit)).toBeCloseTo(1, 4);
  });

  test("a cell that has shrunk to a point keeps its mass", () => {
    const picture = draw(1, cell([0.3, 0.3], [0.3, 0.3], [0.3, 0.3], [0.3, 0.3]), [1]);
    expect(mass(picture, unit)).toBeCloseTo(1, 4);
  });

  test("a whole carried mesh keeps its mass at every moment", async () => {
    const { meta, payload } = fixture({ count: 4, cells: 24 });
    const mesh = (await decodeTrace(meta, payload)).mesh!;
    const corners = new Float32Array(2 * 25 * 25);
    const wide = squareFrame([0, 0], 14, 300);
    const total = mesh.mass.reduce((sum, m) => sum + m, 0);
    for (const t of [0, 0.5, 1.37, 2.2, 3.5, 4]) {
      tween(mesh.corners, corners.length, momentAt(meta.layers, t), corners);
      expect(Math.abs(mass(drawMesh(mesh, corners, wide), wide) / total - 1)).toBeLessThan(0.001);
    }
  });
});

describe("edges", () => {
  test("a shared edge is painted once: two halves make one seamless cell", () => {
    const middle = [0.4137, 0, 0.4137, 1];
    const corners = [0, 0, middle[0]!, middle[1]!, 1, 0, 0, 1, middle[2]!, middle[3]!, 1, 1];
    // One row of two cells and, below it, one of no height: a mesh is square.
    const picture = draw(2, [...corners, 0, 1, 0.4137, 1, 1, 1], [0.4137, 0.5863, 0, 0]);
    for (const rho of picture) expect(rho).toBeCloseTo(1, 4);
  });

  test("half covered pixels get half the density", () => {
    const half = 8.5 / SIZE;
    const picture = draw(1, cell([half, 0], [1, 0], [1, 1], [half, 1]), [1 - half]);
    expect(picture[7]).toBe(0);
    expect(picture[8]).toBeCloseTo(0.5, 4);
    expect(picture[9]).toBeCloseTo(1, 4);
  });

  test("cells that reach out of the window are cut off at its edge", () => {
    const picture = draw(1, cell([-1, -1], [3, -1], [3, 3], [-1, 3]), [16]);
    for (const rho of picture) expect(rho).toBeCloseTo(1, 5);
    // A diamond with half diagonals of 0.7: of its area 0.98 four corners of 0.04 stick out.
    const slanted = draw(1, cell([-0.2, 0.5], [0.5, -0.2], [1.2, 0.5], [0.5, 1.2]), [0.98]);
    expect(mass(slanted, unit)).toBeCloseTo(0.82, 4);
    expect(slanted[(SIZE / 2) * SIZE + SIZE / 2]).toBeCloseTo(1, 4);
  });

  test("very dense cells leave no streak on their right", () => {
    const picture = draw(1, cell([0.2, 0.2], [0.2000001, 0.2], [0.2000001, 0.8], [0.2, 0.8]), [1e4]);
    for (let y = 0; y < SIZE; y++) expect(picture[y * SIZE + SIZE - 1]).toBeLessThan(1e-3);
  });
});

describe("folds", () => {
  const row = (xs: number[], y: number) => xs.flatMap((x) => [x, y]);

  test("folded cells add up", () => {
    const xs = [0, 1, 0];
    const picture = draw(2, [...row(xs, 0), ...row(xs, 0.5), ...row(xs, 1)], [0.25, 0.5, 0.25, 0.5]);
    for (const rho of picture) expect(rho).toBeCloseTo(1.5, 4);
  });

  test("a mirrored cell is as dense as it was", () => {
    const picture = draw(1, cell([1, 0], [0, 0], [0, 1], [1, 1]), [2]);
    for (const rho of picture) expect(rho).toBeCloseTo(2, 5);
  });

  test("a cell whose sides cross has positive density in both halves", () => {
    const picture = draw(1, cell([0, 0], [1, 1], [1, 0], [0, 1]), [1]);
    expect(mass(picture, unit)).toBeCloseTo(1, 4);
    expect(Math.min(...picture)).toBeGreaterThanOrEqual(0);
  });

  test("a corner that is not a number costs its cells, not the picture", () => {
    const xs = [0, 0.5, 1];
    const corners = [...row(xs, 0), ...row(xs, 0.5), ...row(xs, 1)];
    corners[0] = NaN;
    const picture = draw(2, corners, [0.25, 0.25, 0.25, 0.25]);
    expect(mass(picture, unit)).toBeCloseTo(0.75, 4);
  });
});
