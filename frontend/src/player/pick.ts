/** Which particle a click or an arrow key means. */

/** The particle nearest to (x, y) within `reach`, or -1. */
export function nearest(xy: Float32Array, x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < xy.length; i += 2) {
    const dx = xy[i]! - x;
    const dy = xy[i + 1]! - y;
    const distance = dx * dx + dy * dy;
    if (distance <= least) {
      least = distance;
      best = i / 2;
    }
  }
  return best;
}

/**
 * The nearest particle that lies within 45 degrees of (dx, dy) as seen from particle `from`,
 * at least `stride` away so that a key press moves visibly; `from` where there is none.
 */
export function toward(xy: Float32Array, from: number, dx: number, dy: number, stride: number): number {
  const [x, y] = [xy[2 * from]!, xy[2 * from + 1]!];
  let best = from;
  let least = Infinity;
  for (let i = 0; i < xy.length; i += 2) {
    const [px, py] = [xy[i]! - x, xy[i + 1]! - y];
    const along = px * dx + py * dy;
    const across = Math.abs(px * dy - py * dx);
    if (along < stride || across > along) continue;
    const distance = px * px + py * py;
    if (distance < least) {
      least = distance;
      best = i / 2;
    }
  }
  return best;
}

/** The particle nearest to the middle of the window: where keyboards start. */
export function first(xy: Float32Array, center: readonly [number, number]): number {
  return nearest(xy, center[0], center[1], Infinity);
}
