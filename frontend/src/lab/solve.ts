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
const ROUNDS = 8;

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
    const next = { ...now };
    handles.forEach((handle, k) => (next[handle.name] = shifted(handle, now, steps[k]!)));
    const [nx, ny] = image(next);
    if (!(Math.hypot(target[0] - nx, target[1] - ny) < Math.hypot(...gap))) break;
    now = next;
  }
  return now;
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
  let [a, b, d] = [1e-4, 0, 1e-4];
  for (const [sx, sy] of slopes) {
    a += sx * sx;
    b += sx * sy;
    d += sy * sy;
  }
  const det = a * d - b * b;
  const [u, v] = [(d * gx - b * gy) / det, (a * gy - b * gx) / det];
  return slopes.map(([sx, sy]) => Math.max(-0.25, Math.min(0.25, sx * u + sy * v)));
}
