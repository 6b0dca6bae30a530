/** Mass, counted: what the ledger claims, what the picture shows, and what a broken ledger makes of it. */

import type { Audit, LayerMeta, Mesh, Moment } from "../shared/trace";
import { momentAt, tween } from "../shared/trace";

/** What is done to a layer's volume: nothing, forgotten, its sign turned. */
export const BREAKS = ["", "drop", "flip"] as const;

export function factorOf(broken: string | undefined): number {
  return broken === "drop" ? 0 : broken === "flip" ? -1 : 1;
}

export function isBroken(broken: string[]): boolean {
  return broken.some((one) => factorOf(one) !== 1);
}

/** The sum over a plain grid of area x exp(base + sum of factor x volume). */
export function claimedMass({ cells, area, base, terms }: Audit, broken: string[]): number {
  const layers = terms.length / base.length;
  const factors = Array.from({ length: layers }, (_, l) => factorOf(broken[l]));
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      let logp = base[i * cells + j]!;
      for (let l = 0; l < layers; l++) logp += factors[l]! * terms[(i * layers + l) * cells + j]!;
      sum += Math.exp(logp);
    }
  }
  return sum * area;
}

/** Log-areas of the mesh's cells. */
export function logAreas(cells: number, corners: Float32Array, out = new Float64Array(cells * cells)): Float64Array {
  const side = cells + 1;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const a = i * side + j;
      out[i * cells + j] = Math.log(Math.max(1e-300, quad(corners, a, a + 1, a + side + 1, a + side)));
    }
  }
  return out;
}

function quad(p: Float32Array, ...[a, b, c, d]: [number, number, number, number]): number {
  const cross = (o: number, q: number, r: number) =>
    (p[2 * q]! - p[2 * o]!) * (p[2 * r + 1]! - p[2 * o + 1]!) - (p[2 * r]! - p[2 * o]!) * (p[2 * q + 1]! - p[2 * o + 1]!);
  return (Math.abs(cross(a, b, c)) + Math.abs(cross(a, c, d))) / 2;
}

/**
 * The masses that a broken ledger claims: the density at position t holds the volumes of the layers
 * from there to the latent, so a cell is off by exp((factor - 1) x log area ratio) for each of them.
 */
export function claimedMasses(layers: LayerMeta[], mesh: Mesh): (position: number, broken: string[]) => Float32Array {
  const corners = new Float32Array(2 * (mesh.cells + 1) ** 2);
  const borders = new Map<number, Float64Array>();
  const at = (moment: Moment) => logAreas(mesh.cells, tween(mesh.corners, corners.length, moment, corners));
  const border = (l: number) => {
    if (!borders.has(l)) borders.set(l, at(momentAt(layers, l)));
    return borders.get(l)!;
  };
  return (position, broken) => {
    const mass = Float32Array.from(mesh.mass);
    layers.forEach((layer, l) => {
      const factor = factorOf(broken[l]);
      if (factor === 1 || layer.cut || position >= l + 1) return;
      const from = position <= l ? border(l) : at(momentAt(layers, position));
      const to = border(l + 1);
      for (let i = 0; i < mass.length; i++) mass[i]! *= Math.exp((factor - 1) * (to[i]! - from[i]!));
    });
    return mass;
  };
}
