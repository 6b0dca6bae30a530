/** Seeded draws: the same seed gives the same picture, on every machine. */

import type { Draw } from "./maths/kind";

/** Uniform draws in (0, 1) (mulberry32, half a step away from 0). */
export function uniforms(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** What `n` points want, in the order of the list, point by point. */
export function draws(list: readonly Draw[], n: number, seed: number): Float64Array {
  const [flat, round] = [uniforms(seed), normals(n * list.length, seed)];
  return round.map((value, i) => (list[i % list.length] === "uniform" ? flat() : value));
}

/** `n` standard normal draws (Box-Muller). */
export function normals(n: number, seed: number): Float64Array {
  const draw = uniforms(seed + 0x51ed27);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(draw()));
    const angle = 2 * Math.PI * draw();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
