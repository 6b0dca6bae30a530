/** The mass meter: the integral of the claimed density, by midpoints on a grid over the data side. */

import { claim, type Fault } from "./account";
import type { Map as LayerMap } from "./maths/kind";

export interface Box {
  low: number[];
  high: number[];
}

/** Points along each axis, by the number of axes. */
const SIDES = [0, 4001, 161, 41];

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
    const n = this.place(map.dataDim, box);
    const { total } = claim(map, this.points, n, fault);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.exp(total[i]!);
    return sum * this.cell;
  }

  private place(dim: number, box: Box): number {
    const side = SIDES[dim]!;
    const n = side ** dim;
    const key = `${dim} ${JSON.stringify(box)}`;
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
