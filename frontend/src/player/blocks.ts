/** Blocks of mesh cells: large enough to be seen, small enough to be followed. */

import type { Mesh, Particles } from "../shared/trace";

export interface Blocks {
  /** Blocks a side. */
  side: number;
  /** The corners (indices) around a block, in order. */
  ring(block: number): number[];
  /** The mass that a block carries. */
  mass(block: number): number;
  /** The block that holds a particle, found on the latent side, where the mesh is a grid of lines. */
  of(set: Particles, particle: number): number;
}

const WANTED = 14;

export function blocksOf({ cells, corners, mass }: Mesh): Blocks {
  const side = Math.min(WANTED, cells);
  const row = cells + 1;
  /** The mesh line at which block row k begins; the blocks differ by at most one line. */
  const line = (k: number) => Math.round((k * cells) / side);
  const extent = (block: number) => {
    const [a, b] = [Math.floor(block / side), block % side];
    return { top: line(a), left: line(b), high: line(a + 1) - line(a), wide: line(b + 1) - line(b) };
  };
  const last = corners.subarray(corners.length - 2 * row * row);

  function ring(block: number): number[] {
    const { top, left, high, wide } = extent(block);
    const corner = (i: number, j: number) => (top + i) * row + left + j;
    const [across, down] = [wide, high].map((n) => Array.from({ length: n }, (_, k) => k)) as [number[], number[]];
    return [
      ...across.map((k) => corner(0, k)),
      ...down.map((k) => corner(k, wide)),
      ...across.map((k) => corner(high, wide - k)),
      ...down.map((k) => corner(high - k, 0)),
    ];
  }

  /** The coordinate along which the mesh's first axis runs on the latent side. */
  const first = last[2 * row * cells]! - last[0]! > last[2 * row * cells + 1]! - last[1]! ? 0 : 1;
  /** How many block rows (or columns) lie below a value. */
  const index = (value: number, axis: number, stride: number) => {
    let k = 1;
    while (k < side && last[2 * line(k) * stride + axis]! <= value) k++;
    return k - 1;
  };

  return {
    side,
    ring,
    mass(block) {
      const { top, left, high, wide } = extent(block);
      let sum = 0;
      for (let a = 0; a < high; a++) for (let b = 0; b < wide; b++) sum += mass[(top + a) * cells + left + b]!;
      return sum;
    },
    of({ points, count }, particle) {
      const at = points.length - 2 * count + 2 * particle;
      return index(points[at + first]!, first, row) * side + index(points[at + 1 - first]!, 1 - first, 1);
    },
  };
}

/** The area of the polygon of these corners. */
export function ringArea(corners: Float32Array, ring: number[]): number {
  let sum = 0;
  ring.forEach((a, k) => {
    const b = ring[(k + 1) % ring.length]!;
    sum += corners[2 * a]! * corners[2 * b + 1]! - corners[2 * b]! * corners[2 * a + 1]!;
  });
  return Math.abs(sum) / 2;
}
