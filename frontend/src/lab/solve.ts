/** Direct manipulation: parameters that carry a point of the picture to where the pointer is. */

import type { Handle, Params } from "./maths/kind";

/** A handle's value as a share of its range, 0 to 1. */
export function toShare({ min, max }: Handle, value: number): number {
  return (value - min) / (max - min);
}

export function fromShare({ min, max }: Handle, share: number): number {
  return min + Math.min(1, Math.max(0, share)) * (max - min);
}

const STEP = 1e-4;
const ROUNDS = 16;
/** Where a whole step overshoots, a smaller one may not. */
const SHARES = [1, 0.4, 0.15, 0.05];

/**
 * Gauss-Newton with least change: moves only the handles given, inside their ranges.
 * `image(params)` is where the anchor lies now.
 */
export function follow(
  params: Params,
  handles: Handle[],
  image: (params: Params) => [number, number],
  target: readonly [number, number],
): Params {
  let now = { ...params };
  for (let round = 0; round < ROUNDS; round++) {
    const [x, y] = image(now);
    const gap = [target[0] - x, target[1] - y] as const;
    if (Math.hypot(...gap) < 1e-4) break;
    const slopes = handles.map((handle) => slope(now, handle, image, x, y));
    const steps = leastStep(slopes, gap);
    const next = SHARES.map((share) => stepped(now, handles, steps, share)).find((one) => away(image(one), target) < Math.hypot(...gap));
    if (!next) break;
    now = next;
  }
  return now;
}

function stepped(params: Params, handles: Handle[], steps: number[], share: number): Params {
  const next = { ...params };
  handles.forEach((handle, k) => (next[handle.name] = shifted(handle, params, share * steps[k]!)));
  return next;
}

function away([x, y]: readonly [number, number], target: readonly [number, number]): number {
  return Math.hypot(target[0] - x, target[1] - y);
}

function shifted(handle: Handle, params: Params, by: number): number {
  return fromShare(handle, toShare(handle, params[handle.name] as number) + by);
}

function slope(
  params: Params,
  handle: Handle,
  image: (params: Params) => [number, number],
  x: number,
  y: number,
): [number, number] {
  const share = toShare(handle, params[handle.name] as number);
  const by = share > 0.5 ? -STEP : STEP;
  const [px, py] = image({ ...params, [handle.name]: fromShare(handle, share + by) });
  return [(px - x) / by, (py - y) / by];
}

/** Steps of least length that close the gap: J' (J J' + damping)^-1 gap. */
function leastStep(slopes: [number, number][], [gx, gy]: readonly [number, number]): number[] {
  let [a, b, d] = [0, 0, 0];
  for (const [sx, sy] of slopes) {
    a += sx * sx;
    b += sx * sy;
    d += sy * sy;
  }
  // Damped in proportion: where the handles move the point one way only, the gap across must not count.
  const damping = 1e-3 * (a + d) + 1e-12;
  a += damping;
  d += damping;
  const det = a * d - b * b;
  const [u, v] = [(d * gx - b * gy) / det, (a * gy - b * gx) / det];
  return slopes.map(([sx, sy]) => Math.max(-0.25, Math.min(0.25, sx * u + sy * v)));
}
