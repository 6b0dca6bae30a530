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
  const span = Math.max(1, Math.round(cells / WANTED));
  const side = Math.floor(cells / span);
  const row = cells + 1;
  const last = corners.subarray(corners.length - 2 * row * row);

  function ring(block: number): number[] {
    const [i, j] = [span * Math.floor(block / side), span * (block % side)];
    const edge = Array.from({ length: span }, (_, k) => k);
    return [
      ...edge.map((k) => i * row + j + k),
      ...edge.map((k) => (i + k) * row + j + span),
      ...edge.map((k) => (i + span) * row + j + span - k),
      ...edge.map((k) => (i + span - k) * row + j),
    ];
  }

  /** How many lines lie below a value: the first mesh axis runs along z1, the second along z2. */
  const index = (value: number, axis: 0 | 1) => {
    let k = 1;
    while (k < side && last[2 * (axis === 0 ? k * span * row : k * span) + axis]! <= value) k++;
    return k - 1;
  };

  return {
    side,
    ring,
    mass(block) {
      const [i, j] = [span * Math.floor(block / side), span * (block % side)];
      let sum = 0;
      for (let a = 0; a < span; a++) for (let b = 0; b < span; b++) sum += mass[(i + a) * cells + j + b]!;
      return sum;
    },
    of({ points, count }, particle) {
      const at = points.length - 2 * count + 2 * particle;
      return index(points[at]!, 0) * side + index(points[at + 1]!, 1);
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
