/** What the picture claims about log p(x): the layer's account over its base, honest or broken on purpose. */

import { logBase } from "./maths/base";
import type { Batch, Kind, Map as LayerMap } from "./maths/kind";

/** Ways to break the account: each makes the mass leave 1. */
export const FAULTS = ["", "volume", "sign", "relu", "fold", "base"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Account extends Batch {
  base: Float64Array;
  /** log p(x), exact or a bound, as the picture claims it. */
  total: Float64Array;
}

/** Faults that mean something for a kind. */
export function faultsOf(kind: Kind, map: LayerMap): Fault[] {
  const volume = kind.columns.includes("volume");
  const bent = kind.kind === "bijection" && kind.dataDim === kind.latentDim;
  return [
    ...(volume ? (["volume", "sign"] as const) : []),
    ...(bent ? (["relu", "fold"] as const) : []),
    ...(map.base !== "normal" ? (["base"] as const) : []),
  ];
}

export function claim(map: LayerMap, x: Float64Array, n: number, fault: Fault, noise?: Float64Array): Account {
  return total(map, map.forward(x, n, noise), n, fault);
}

/** The account of given pairs (x, z). */
export function claimPair(map: LayerMap, x: Float64Array, z: Float64Array, n: number, fault: Fault): Account {
  return total(map, { ...map.terms(x, z, n), out: z }, n, fault);
}

function total(map: LayerMap, batch: Batch, n: number, fault: Fault): Account {
  const base = logBase(fault === "base" ? "normal" : map.base, batch.out, n, map.latentDim);
  const total = Float64Array.from(base);
  const volume = brokenVolume(batch.volume, fault);
  for (const column of [volume, batch.decoder, batch.encoder]) {
    if (column) for (let i = 0; i < n; i++) total[i]! += column[i]!;
  }
  return { ...batch, ...(volume ? { volume } : {}), base, total };
}

function brokenVolume(volume: Float64Array | undefined, fault: Fault): Float64Array | undefined {
  if (!volume || (fault !== "volume" && fault !== "sign")) return volume;
  return volume.map((v) => (fault === "volume" ? 0 : -v));
}

/** The map with its fault built in: a ReLU, or an activation that goes down for a stretch. */
export function broken(map: LayerMap, fault: Fault): LayerMap {
  if (fault !== "relu" && fault !== "fold") return map;
  const bend = fault === "relu" ? relu : fold;
  const spoil = (out: Float64Array, tau: number) => out.map((v) => v + tau * (bend(v)[0] - v));
  return {
    ...map,
    forward(x, n, noise) {
      const batch = map.forward(x, n, noise);
      const volume = Float64Array.from(batch.volume ?? new Float64Array(n));
      batch.out.forEach((v, i) => (volume[Math.floor((i * n) / batch.out.length)]! += bend(v)[1]));
      return { ...batch, out: spoil(batch.out, 1), volume };
    },
    path: (x, n, tau) => spoil(map.path(x, n, tau), tau),
  };
}

/** Value and log slope that are claimed: a ReLU whose flat side is not accounted for. */
function relu(v: number): [number, number] {
  return [Math.max(0, v), 0];
}

/** A cubic that goes down between two of its knots: each z there has three x, each counted in full. */
function fold(v: number): [number, number] {
  const [wave, slope] = [v + 0.9 * Math.sin(2 * v), 1 + 1.8 * Math.cos(2 * v)];
  return [wave, Math.log(Math.abs(slope))];
}
