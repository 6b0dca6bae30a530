/**
 * The mass meter: the integral of the claimed density over the data side.
 *
 * A bijection is integrated in the coordinates of its own latent side, where its density is smooth:
 * points x of a grid of z, each with the area it stands for, taken from differences of the map
 * itself and never from the volume that is being audited. All others on a grid of x.
 */

import { claim, type Fault } from "./account";
import { exactAt } from "./bounds";
import type { Kind, Map as LayerMap } from "./maths/kind";

/** Points along each axis: of z; of x, by the number of axes, without noise and with it. */
const LATENT = 62;
const SIDES = [0, 2000, 320, 40];
const NOISY = [0, 200, 60, 21];
/** How far out the grid of z goes, in spreads of the base. */
const REACH = 6;
const NUDGE = 1e-5;

export interface Asked {
  kind: Kind;
  /** As it is, and as the fault has made it. */
  sound: LayerMap;
  map: LayerMap;
  fault: Fault;
  /** Draws of the model: they show where its mass is. */
  draws: Float64Array;
  zoom: number;
}

export function massOf(asked: Asked): number {
  const { kind, sound } = asked;
  if (kind.name === "dequantization") return overNumbers(asked);
  if (kind.kind === "bijection" && sound.facts["layer"] !== false) return overLatent(asked);
  return overData(asked);
}

/** Every number has the same probability here, by the layer's own symmetry: one cell tells all. */
function overNumbers({ map, fault }: Asked): number {
  const levels = map.inverse(Float64Array.of(1 - 1e-9, 0), 1).out[0]! + 1;
  return levels ** 2 * Math.exp(exactAt(map, [0, 0], fault));
}

function overLatent({ sound, map, fault }: Asked): number {
  const n = LATENT ** 2;
  const step = (2 * REACH) / LATENT;
  const z = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    z[2 * i] = (Math.floor(i / LATENT) + 0.5) * step - REACH;
    z[2 * i + 1] = ((i % LATENT) + 0.5) * step - REACH;
  }
  const x = sound.inverse(z, n).out;
  const areas = areasOf(sound, x, n);
  const { total } = claim(map, x, n, fault);
  let sum = 0;
  for (let i = 0; i < n; i++) if (areas[i]! > 0) sum += Math.exp(total[i]!) / areas[i]!;
  return sum * step * step;
}

/** |det dz/dx| at each x, by central differences. */
function areasOf(map: LayerMap, x: Float64Array, n: number): Float64Array {
  const at = (dx: number, dy: number) => map.forward(x.map((v, i) => v + (i % 2 ? dy : dx)), n).out;
  const [right, left, up, down] = [at(NUDGE, 0), at(-NUDGE, 0), at(0, NUDGE), at(0, -NUDGE)];
  return Float64Array.from({ length: n }, (_, i) => {
    const [a, c] = [right[2 * i]! - left[2 * i]!, right[2 * i + 1]! - left[2 * i + 1]!];
    const [b, d] = [up[2 * i]! - down[2 * i]!, up[2 * i + 1]! - down[2 * i + 1]!];
    return Math.abs(a * d - b * c) / (4 * NUDGE * NUDGE);
  });
}

function overData({ map, fault, draws, zoom, kind }: Asked): number {
  const dim = map.dataDim;
  const noisy = map.noise.forward.length > 0;
  const side = (noisy ? NOISY : SIDES)[dim]!;
  const box = dim < 3 ? square(draws, zoom, dim) : along(draws, dim);
  // Layers that jump where the coordinates are equal: no point may lie there, nor nearer on one side.
  const shift = kind.name === "max" || kind.name === "sort" ? 0.5 : 0;
  const n = side ** dim;
  const points = new Float64Array(n * dim);
  const u = new Array<number>(dim).fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = dim - 1, rest = i; k >= 0; k--, rest = Math.floor(rest / side)) {
      u[k] = ((2 * ((rest % side) + (k === 1 ? shift : 0)) + 1) / side - 1) * box.reach;
    }
    for (let k = 0; k < dim; k++) {
      points[i * dim + k] = box.middle[k]!;
      for (let l = 0; l <= k; l++) points[i * dim + k]! += box.axes[k * dim + l]! * u[l]!;
    }
  }
  const cell = ((2 * box.reach) / side) ** dim * diagonal(box.axes, dim);
  return cell * (noisy ? noisySum(map, points, n, fault) : plainSum(map, points, n, fault));
}

function diagonal(axes: number[], dim: number): number {
  let product = 1;
  for (let k = 0; k < dim; k++) product *= axes[k * (dim + 1)]!;
  return product;
}

function plainSum(map: LayerMap, points: Float64Array, n: number, fault: Fault): number {
  return claim(map, points, n, fault).total.reduce((sum, value) => sum + Math.exp(value), 0);
}

function noisySum(map: LayerMap, points: Float64Array, n: number, fault: Fault): number {
  const d = map.dataDim;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.exp(exactAt(map, points.subarray(i * d, (i + 1) * d), fault, d === 1 ? 401 : 12));
  return sum;
}

interface Box {
  middle: number[];
  /** Lower triangular, row major. */
  axes: number[];
  reach: number;
}

/** A square that holds all draws and the window, with a margin. */
function square(draws: Float64Array, zoom: number, dim: number): Box {
  let far = zoom;
  for (const v of draws) if (Number.isFinite(v)) far = Math.max(far, Math.abs(v));
  return { middle: new Array<number>(dim).fill(0), axes: dim === 1 ? [1] : [1, 0, 0, 1], reach: Math.max(1.5 * far, 2.5 * zoom) };
}

/** In space: a box along the spread of the draws, L with L L^T their covariance. */
function along(draws: Float64Array, dim: number): Box {
  const n = draws.length / dim;
  const mean = (value: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += value(i * dim);
    return sum / n;
  };
  const middle = Array.from({ length: dim }, (_, k) => mean((i) => draws[i + k]!));
  const axes = new Array<number>(dim * dim).fill(0);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = mean((p) => (draws[p + i]! - middle[i]!) * (draws[p + j]! - middle[j]!));
      for (let k = 0; k < j; k++) rest -= axes[i * dim + k]! * axes[j * dim + k]!;
      axes[i * dim + j] = i === j ? Math.sqrt(rest) : rest / axes[j * dim + j]!;
    }
  }
  return { middle, axes, reach: 5.5 };
}
