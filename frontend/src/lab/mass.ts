/** The mass meter: the integral of the claimed density, by midpoints on a grid over the data side. */

import { claim, type Fault } from "./account";
import { exactAt } from "./bounds";
import type { Map as LayerMap } from "./maths/kind";

export interface Box {
  low: number[];
  high: number[];
}

/** Points along each axis, by the number of axes; fewer where noise must be integrated, too. */
const SIDES = [0, 2001, 161, 41];
const NOISY = [0, 161, 61, 21];
/** Nodes along the noise. */
const NODES = [0, 161, 13, 15];

/** Where the mass is: all draws of the model and the window, with a margin. */
export function boxAround(points: Float64Array, dim: number, least: number): Box {
  const low = new Array<number>(dim).fill(-least);
  const high = new Array<number>(dim).fill(least);
  points.forEach((value, i) => {
    const k = i % dim;
    if (!Number.isFinite(value)) return;
    low[k] = Math.min(low[k]!, value);
    high[k] = Math.max(high[k]!, value);
  });
  return {
    low: low.map((value, k) => value - 0.35 * (high[k]! - value) ),
    high: high.map((value, k) => value + 0.35 * (value - low[k]!)),
  };
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
    const steps = box.low.map((low, k) => (box.high[k]! - low) / side);
    for (let i = 0, rest = 0; i < n; i++) {
      rest = i;
      for (let k = dim - 1; k >= 0; k--) {
        this.points[i * dim + k] = box.low[k]! + ((rest % side) + 0.5) * steps[k]!;
        rest = Math.floor(rest / side);
      }
    }
    this.cell = steps.reduce((product, step) => product * step, 1);
    return n;
  }
}
