/** How areas around the probe have grown on the way: of the cell that is drawn, and at the point itself. */

import { areaOf } from "../figure";
import type { Map as LayerMap } from "../maths/kind";

/** Half the side of the square that stands for the point. */
const NEAR = 1e-4;

export interface Ratio {
  cell: number;
  /** Where the way ends it is exp(volume), whatever the ledger says of it. */
  point: number;
}

export function ratioOf(map: LayerMap, outline: Float64Array, x: ArrayLike<number>, tau: number): Ratio {
  const [a, b] = [x[0]!, x[1]!];
  const square = Float64Array.of(a - NEAR, b - NEAR, a + NEAR, b - NEAR, a + NEAR, b + NEAR, a - NEAR, b + NEAR);
  const grown = (line: Float64Array) => areaOf(map.path(line, line.length / 2, tau)) / areaOf(line);
  return { cell: grown(outline), point: grown(square) };
}

/** Whether a cell counts as one that has not shrunk. */
export function grows({ cell }: Ratio): boolean {
  return cell > 1 - 1e-6;
}
