/**
 * The mass meter: the integral of the claimed density over the data side, whatever the window shows.
 *
 * It is taken where the model draws: over z, and over what the decoder draws beside it, each with
 * the area of x that it stands for, from differences of the map itself and never from the volume
 * that is being audited. Of a layer that only bounds log p(x) it is the mean of exp(ledger) over the
 * noise: 1 if the noise reaches all that the base has.
 */

import { claim, type Fault } from "./account";
import { exactAt, levelsOf, limitAt } from "./bounds";
import type { Kind, Map as LayerMap } from "./maths/kind";

/** Points along each axis of the model's draws: so many that none lies on a knot of a decoder's table. */
const SIDE = 68;
/** How far out they go, in spreads. */
const REACH = 6;
const NUDGE = 1e-5;
/** A grid of the plane, finer in the middle: points a side, half its width, how far it is fine. */
const [PLANE, FAR, FINE] = [240, 64, 6];
/** Points along each axis of a box, by the number of axes. */
const BOX = [0, 21, 0, 11];
/** Kinds that squeeze so hard that a false volume stands in spikes over z, and is smooth over x. */
const HARD = ["spline", "planar", "radial", "sylvester"];

export interface Asked {
  kind: Kind;
  /** As it is, and as the fault has made it. */
  sound: LayerMap;
  map: LayerMap;
  fault: Fault;
}

export function massOf(asked: Asked): number {
  const { kind, sound } = asked;
  if (sound.base === "uniform") return overNumbers(asked);
  if (sound.noise.forward.length === 1) return overBox(asked);
  if (HARD.includes(kind.name) && (asked.fault === "volume" || asked.fault === "sign")) {
    return overDraws(asked, wideness) + overPlane(asked, (volume) => 1 - wideness(volume));
  }
  const smooth = kind.kind === "bijection" && sound.facts["layer"] !== false;
  return smooth || kind.latentDim === 1 ? overDraws(asked) : overPlane(asked);
}

/** The share of a point that is counted over z, the rest over x: any share would do, this keeps both smooth. */
const wideness = (volume: number): number => 1 / (1 + Math.exp(-2 * volume));

function overNumbers({ map, fault }: Asked): number {
  const levels = levelsOf(map);
  let sum = 0;
  for (let i = 0; i < levels ** 2; i++) sum += Math.exp(exactAt(map, [i % levels, Math.floor(i / levels)], fault));
  return sum;
}

/** A grid of the model's draws: z, or z and the one number that the decoder draws. */
function overDraws({ kind, sound, map, fault }: Asked, share?: Share): number {
  const n = SIDE ** 2;
  const step = (2 * REACH) / SIDE;
  const draws = gridOf(SIDE, (i) => (i + 0.5) * step - REACH);
  const over = (make: Step) => sumOf(make(draws), areasOf(make, draws));
  const sumOf = (x: Float64Array, areas: Float64Array) => step * step * summed(densities(sound, map, x, fault, share), areas);

  if (kind.latentDim === 1) {
    // A maximum comes from two sides, each with the noise e as with -e.
    if (sound.noise.inverse.length === 1) return over((pairs) => decoded(sound, pairs));
    return (over((pairs) => decoded(sound, pairs, 0)) + over((pairs) => decoded(sound, pairs, 1))) / 2;
  }
  const back: Step = (z) => sound.inverse(z, n).out;
  // A solver's steps back do not undo its steps there. A search back does, and costs too much.
  if (kind.name === "ode") return over(back);
  const x = back(draws);
  return sumOf(x, areasOf((at) => sound.forward(at, n).out, x).map((area) => 1 / area));
}

type Step = (points: Float64Array) => Float64Array;

/** x of the pairs (z, e); `first` is what a uniform draw before e comes to. */
function decoded(map: LayerMap, pairs: Float64Array, ...first: number[]): Float64Array {
  const z = pairs.filter((_, i) => i % 2 === 0);
  const noise = first.length ? pairs.map((v, i) => (i % 2 ? v : first[0]!)) : pairs.filter((_, i) => i % 2);
  return map.inverse(z, z.length, noise).out;
}

/** Areas that a step makes of areas of 1, by central differences. */
function areasOf(step: Step, points: Float64Array): Float64Array {
  const at = (dx: number, dy: number) => step(points.map((v, i) => v + (i % 2 ? dy : dx)));
  const [right, left, up, down] = [at(NUDGE, 0), at(-NUDGE, 0), at(0, NUDGE), at(0, -NUDGE)];
  return Float64Array.from({ length: points.length / 2 }, (_, i) => {
    const [a, c] = [right[2 * i]! - left[2 * i]!, right[2 * i + 1]! - left[2 * i + 1]!];
    const [b, d] = [up[2 * i]! - down[2 * i]!, up[2 * i + 1]! - down[2 * i + 1]!];
    return Math.abs(a * d - b * c) / (4 * NUDGE * NUDGE);
  });
}

/** Layers that fold the plane or leave it as it is. */
function overPlane({ sound, map, fault }: Asked, share?: Share): number {
  const step = (2 * Math.asinh(FAR / FINE)) / PLANE;
  const y = (i: number) => (i + 0.5 - PLANE / 2) * step;
  const points = gridOf(PLANE, (i) => FINE * Math.sinh(y(i)));
  const wide = gridOf(PLANE, (i) => FINE * Math.cosh(y(i)) * step);
  return summed(densities(sound, map, points, fault, share), points.subarray(0, points.length / 2).map((_, i) => wide[2 * i]! * wide[2 * i + 1]!));
}

type Share = (volume: number) => number;

/** What is claimed at every x, or a share of it that the true volume decides. */
function densities(sound: LayerMap, map: LayerMap, x: Float64Array, fault: Fault, share?: Share): Float64Array {
  const n = x.length / map.dataDim;
  const { total } = claim(map, x, n, fault);
  const volume = share && sound.forward(x, n).volume!;
  return total.map((value, i) => Math.exp(value) * (volume ? share(volume[i]!) : 1));
}

/** Where a map folds to nothing no area is left, and none is counted. */
function summed(values: Float64Array, areas: Float64Array): number {
  return values.reduce((sum, value, i) => sum + (Number.isFinite(areas[i]!) ? value * areas[i]! : 0), 0);
}

function gridOf(side: number, at: (i: number) => number): Float64Array {
  return Float64Array.from({ length: 2 * side * side }, (_, i) => at(i % 2 ? (i >> 1) % side : Math.floor(i / 2 / side)));
}

/** Layers that draw one number on the way to z: the limit of their weighted draws, over the data side. */
function overBox({ kind, sound, map, fault }: Asked): number {
  const dim = kind.dataDim;
  const side = BOX[dim]!;
  const { middle, axes } = boxOf(sound);
  const point = new Float64Array(dim);
  let cell = (2 * REACH / side) ** dim;
  for (let k = 0; k < dim; k++) cell *= axes[k * (dim + 1)]!;
  let sum = 0;
  for (let i = 0; i < side ** dim; i++) {
    point.set(middle);
    for (let l = 0, rest = i; l < dim; l++, rest = Math.floor(rest / side)) {
      const u = ((2 * (rest % side) + 1) / side - 1) * REACH;
      for (let k = l; k < dim; k++) point[k]! += axes[k * dim + l]! * u;
    }
    sum += Math.exp(limitAt(map, point, fault));
  }
  return sum * cell;
}

/** Middle of the model's x, and L, row major, with L L^T their covariance: x is linear in its draws. */
function boxOf(map: LayerMap): { middle: Float64Array; axes: Float64Array } {
  const { dataDim: dim, latentDim } = map;
  const wanted = map.noise.inverse.length;
  const at = (one: number) => map.inverse(unit(latentDim, one), 1, unit(wanted, one - latentDim)).out;
  const middle = at(-1);
  const rays = Array.from({ length: latentDim + wanted }, (_, k) => at(k).map((v, i) => v - middle[i]!));
  const axes = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = rays.reduce((sum, ray) => sum + ray[i]! * ray[j]!, 0);
      for (let k = 0; k < j; k++) rest -= axes[i * dim + k]! * axes[j * dim + k]!;
      axes[i * dim + j] = i === j ? Math.sqrt(rest) : rest / axes[j * dim + j]!;
    }
  }
  return { middle, axes };
}

function unit(size: number, one: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Number(i === one));
}
