/** Fibres of layers from the plane to a line: all x of one z, and the decoder's density along them. */

import type { Scene } from "./scene";

export interface Fibre {
  /** The fibre as far as the picture goes. */
  far: Float64Array;
  /** Along the fibre and back over the decoder's bell. */
  bell: number[];
  /** The bell's upper edge. */
  top: number[];
}

/** The z whose fibres are drawn. */
export const LEVELS = Array.from({ length: 13 }, (_, i) => (i - 6) * 0.45);
const POINTS = 81;
/** Spreads of the decoder that a bell covers, and that the fibre goes on. */
const [WIDE, FAR] = [2.8, 30];
/** Height of a bell of density 1, and the highest. */
const [HEIGHT, MOST] = [0.75, 1.1];

export function fibreAt(scene: Scene, z: number): Fibre {
  const near = along(scene, z, WIDE);
  const decoder = scene.sound.terms(near, new Float64Array(POINTS).fill(z), POINTS).decoder!;
  const top: number[] = [];
  for (let i = 0; i < POINTS; i++) {
    const [nx, ny] = normalAt(near, i);
    const height = Math.min(MOST, HEIGHT * Math.exp(decoder[i]!));
    top.push(near[2 * i]! + nx * height, near[2 * i + 1]! + ny * height);
  }
  return { far: along(scene, z, FAR), bell: [...near, ...backwards(top)], top };
}

/** x along the fibre of z: the decoder's noise from -spread to spread; for a maximum, both its arms. */
function along({ sound, kind }: Scene, z: number, spread: number): Float64Array {
  const wanted = sound.noise.inverse.length;
  const noise = new Float64Array(POINTS * wanted);
  for (let i = 0; i < POINTS; i++) {
    const e = ((2 * i) / (POINTS - 1) - 1) * spread;
    if (kind.name === "max") noise[2 * i] = e < 0 ? 1e-9 : 1 - 1e-9;
    noise[i * wanted + wanted - 1] = e;
  }
  return sound.inverse(new Float64Array(POINTS).fill(z), POINTS, noise).out;
}

/** The unit normal at a point of the fibre, to the side where z rises: up, or to the right. */
function normalAt(xy: Float64Array, i: number): [number, number] {
  const [a, b] = [Math.max(0, i - 1), Math.min(POINTS - 1, i + 1)];
  const [dx, dy] = [xy[2 * b]! - xy[2 * a]!, xy[2 * b + 1]! - xy[2 * a + 1]!];
  const long = Math.hypot(dx, dy) || 1;
  return [dy / long, -dx / long];
}

function backwards(xy: number[]): number[] {
  const out: number[] = [];
  for (let i = xy.length - 2; i >= 0; i -= 2) out.push(xy[i]!, xy[i + 1]!);
  return out;
}
