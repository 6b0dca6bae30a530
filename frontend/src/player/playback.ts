/** Where playing has come to: a pure function of the time since it began. */

import type { LayerMeta } from "../shared/trace";
import type { Direction } from "./state";

/** Milliseconds at speed 1. */
export interface Pace {
  layer: number;
  rest: number;
}

/** A cut shows no motion: it needs only long enough to be read. */
const CUT_SHARE = 0.5;

export function paceOf(layers: number): Pace {
  return { layer: Math.min(2400, Math.max(900, 18000 / layers)), rest: 500 };
}

/** Slow in, slow out: the eye follows a start and an end better than a jerk. */
export function ease(u: number): number {
  return u * u * (3 - 2 * u);
}

/** The u at which ease(u) = e. */
export function easeInverse(e: number): number {
  return 0.5 - Math.sin(Math.asin(1 - 2 * e) / 3);
}

export function atEnd(position: number, layers: number, direction: Direction): boolean {
  return direction === "normalize" ? position >= layers : position <= 0;
}

export function startOf(layers: number, direction: Direction): number {
  return direction === "normalize" ? 0 : layers;
}

/** The next border of a layer on the way. */
export function nextStop(position: number, layers: number, direction: Direction): number {
  const stop = direction === "normalize" ? Math.floor(position) + 1 : Math.ceil(position) - 1;
  return Math.min(layers, Math.max(0, stop));
}

/**
 * From `from`, after `elapsed` ms (already times the speed): each layer eases from border to
 * border, with a rest at each border in between.
 */
export function playedTo(
  from: number,
  elapsed: number,
  layers: LayerMeta[],
  direction: Direction,
  pace = paceOf(layers.length),
): number {
  const sign = direction === "normalize" ? 1 : -1;
  let position = from;
  let left = elapsed;
  while (!atEnd(position, layers.length, direction)) {
    const stop = nextStop(position, layers.length, direction);
    const time = pace.layer * (layers[Math.min(position, stop) | 0]?.cut ? CUT_SHARE : 1);
    const u = easeInverse(1 - Math.abs(stop - position));
    if (left < (1 - u) * time) return stop - sign * (1 - ease(u + left / time));
    left -= (1 - u) * time;
    position = stop;
    if (left < pace.rest) return position;
    left -= pace.rest;
  }
  return position;
}
