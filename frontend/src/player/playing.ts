/** Playing: position as a function of the time since it began, set in the model each frame. */

import type { LayerMeta } from "../shared/trace";
import type { Commands } from "./commands";
import { atEnd, paceOf, playedTo, type Pace } from "./playback";
import type { State } from "./state";

export interface Player {
  /** Moves on when playing; true while there is more to come. */
  advance(state: State, now: number): boolean;
  /** Forgets when it began: time out of sight does not count. */
  restart(): void;
}

/** For people who ask for less motion: from border to border, with time to look. */
const STILL: Pace = { layer: 0, rest: 1500 };

/** Positions that differ by less are the same: two ways of computing one leave a rounding error. */
const SAME = 1e-7;

/**
 * Two views of one model both advance it. Each computes the same function of the same frame
 * times, and starts anew where it finds a position that is not its own, so that two views are no
 * faster than one.
 */
export function createPlayer(layers: LayerMeta[], { set }: Pick<Commands, "set">): Player {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let began: { now: number; from: number; speed: number; direction: string } | null = null;
  let last = NaN;

  function advance(state: State, now: number): boolean {
    if (!state.playing) {
      began = null;
      return false;
    }
    const { position, speed, direction } = state;
    const foreign = !(Math.abs(position - last) < SAME) || speed !== began?.speed || direction !== began?.direction;
    if (!began || foreign) began = { now, from: position, speed, direction };
    const pace = still.matches ? STILL : paceOf(layers.length);
    last = playedTo(began.from, (now - began.now) * speed, layers, direction, pace);
    const done = atEnd(last, layers.length, direction);
    if (Math.abs(last - position) >= SAME || done) set({ position: last, ...(done ? { playing: false } : {}) }, done);
    return !done;
  }

  return { advance, restart: () => void (began = null) };
}
