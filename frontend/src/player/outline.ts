/** Sketches of a density: how well an outline covers the densest region that holds most of the mass. */

import { DensityRaster, squareFrame } from "../shared/raster";
import type { Mesh } from "../shared/trace";

type Point = readonly [number, number];

/** The mass inside the region that an outline is held against. */
const SHARE = 0.8;
const PIXELS = 96;

/** Which pixels of a PIXELS x PIXELS window belong to the densest region with 80% of the mass. */
export function densest(mesh: Mesh, corners: Float32Array, center: readonly number[], radius: number): Uint8Array {
  const density = new Float32Array(PIXELS * PIXELS);
  const frame = squareFrame(center, radius, PIXELS);
  new DensityRaster(PIXELS, PIXELS).draw(mesh, corners, frame, (y, row) => density.set(row, y * PIXELS));
  const order = Array.from(density.keys()).sort((a, b) => density[b]! - density[a]!);
  const most = SHARE * density.reduce((sum, value) => sum + value, 0);
  const inside = new Uint8Array(density.length);
  let held = 0;
  for (const i of order) {
    if (held >= most) break;
    held += density[i]!;
    inside[i] = 1;
  }
  return inside;
}

/** The share that an outline and a region have in common of what they cover together, 0 to 1. */
export function overlap(outline: Point[], region: Uint8Array, center: readonly number[], radius: number): number {
  let [both, either] = [0, 0];
  region.forEach((member, i) => {
    const x = center[0]! - radius + ((i % PIXELS) + 0.5) * ((2 * radius) / PIXELS);
    const y = center[1]! + radius - (Math.floor(i / PIXELS) + 0.5) * ((2 * radius) / PIXELS);
    const drawn = contains(outline, x, y);
    if (drawn && member) both++;
    if (drawn || member) either++;
  });
  return either ? both / either : 0;
}

/** By the even-odd rule. */
export function contains(outline: Point[], x: number, y: number): boolean {
  let inside = false;
  outline.forEach(([x1, y1], k) => {
    const [x2, y2] = outline[(k + 1) % outline.length]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}
