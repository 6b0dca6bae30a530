/** The mass meter: the integral of the claimed density, by midpoints on a grid over the data side. */

import { claim, type Fault } from "./account";
import { exactAt } from "./bounds";
import type { Map as LayerMap } from "./maths/kind";

/** A box of a turned and stretched grid: x = middle + axes u, u in a cube of this half width. */
export interface Box {
  middle: number[];
  /** Lower triangular, row major. */
  axes: number[];
  reach: number[];
}

/** Points along each axis, by the number of axes; fewer where noise must be integrated, too. */
const SIDES = [0, 2001, 161, 41];
const NOISY = [0, 161, 61, 15];
/** Nodes along the noise. */
const NODES = [0, 161, 13, 15];

/** Where the mass is: all draws of the model and the window, with a margin. In space, along the draws. */
export function boxAround(points: Float64Array, dim: number, least: number): Box {
  const n = points.length / dim;
  const middle = Array.from({ length: dim }, (_, k) => (dim < 3 ? 0 : mean(n, (i) => points[i * dim + k]!)));
  const axes = dim < 3 ? identity(dim) : cholesky(points, middle, dim);
  const floor = dim < 3 ? least : 5.2;
  const reach = middle.map((_, k) => (dim < 3 ? Math.max(floor, 1.7 * most(points, k, dim)) : floor));
  return { middle, axes, reach };
}

function most(points: Float64Array, k: number, dim: number): number {
  let far = 0;
  for (let i = k; i < points.length; i += dim) if (Number.isFinite(points[i]!)) far = Math.max(far, Math.abs(points[i]!));
  return far;
}

function mean(n: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += value(i);
  return sum / n;
}

function identity(dim: number): number[] {
  return Array.from({ length: dim * dim }, (_, e) => (e % (dim + 1) ? 0 : 1));
}

/** L with L L^T = the covariance of the points. */
function cholesky(points: Float64Array, middle: number[], dim: number): number[] {
  const n = points.length / dim;
  const axes = new Array<number>(dim * dim).fill(0);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = mean(n, (p) => (points[p * dim + i]! - middle[i]!) * (points[p * dim + j]! - middle[j]!));
      for (let k = 0; k < j; k++) rest -= axes[i * dim + k]! * axes[j * dim + k]!;
      axes[i * dim + j] = i === j ? Math.sqrt(rest) : rest / axes[j * dim + j]!;
    }
  }
  return axes;
}

export class MassMeter {
  private points = new Float64Array(0);
  private cell = 0;
  private box = "";

  /** The sum of density times cell over the box. */
  read(map: LayerMap, fault: Fault, box: Box): number {
    const noisy = map.noise.forward.length > 0;
    const n = this.place(map.dataDim, box, (noisy ? NOISY : SIDES)[map.dataDim]!);
    let sum = 0;
    if (noisy) for (let i = 0; i < n; i++) sum += Math.exp(this.integrated(map, fault, i));
    else for (const value of claim(map, this.points, n, fault).total) sum += Math.exp(value);
    return sum * this.cell;
  }

  /** Whole numbers have masses of their own. */
  count(map: LayerMap, fault: Fault, levels: number): number {
    let sum = 0;
    for (let i = 0; i < levels; i++) for (let j = 0; j < levels; j++) sum += Math.exp(exactAt(map, [i, j], fault, 13));
    return sum;
  }

  private integrated(map: LayerMap, fault: Fault, i: number): number {
    const d = map.dataDim;
    return exactAt(map, this.points.subarray(i * d, (i + 1) * d), fault, NODES[d]);
  }

  private place(dim: number, box: Box, side: number): number {
    const n = side ** dim;
    const key = `${dim} ${side} ${JSON.stringify(box)}`;
    if (key === this.box) return n;
    this.box = key;
    if (this.points.length !== n * dim) this.points = new Float64Array(n * dim);
    const u = new Array<number>(dim).fill(0);
    for (let i = 0; i < n; i++) {
      for (let k = dim - 1, rest = i; k >= 0; k--, rest = Math.floor(rest / side)) {
        u[k] = ((2 * (rest % side) + 1) / side - 1) * box.reach[k]!;
      }
      for (let k = 0; k < dim; k++) {
        let at = box.middle[k]!;
        for (let l = 0; l <= k; l++) at += box.axes[k * dim + l]! * u[l]!;
        this.points[i * dim + k] = at;
      }
    }
    this.cell = box.reach.reduce((product, reach, k) => product * ((2 * reach) / side) * box.axes[k * dim + k]!, 1);
    return n;
  }
}
