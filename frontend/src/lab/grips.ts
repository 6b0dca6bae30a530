/** Handles on the latent side: points of the carried grid that can be pulled, and what each one moves. */

import type { Handle, Kind, Map as LayerMap, Params } from "./maths/kind";
import { follow } from "./solve";

export interface Grip {
  /** A point of the data side whose image is held. */
  anchor: readonly [number, number];
  /** Names of the handles that follow. */
  moves: readonly string[];
}

/** Where nothing is said for a kind: one corner of the grid moves all its numbers. */
const ANYWHERE: readonly [number, number] = [1.2, 1.2];

export const GRIPS: Record<string, Grip[]> = {};

export function gripsOf(kind: Kind): Grip[] {
  return GRIPS[kind.name] ?? (numbers(kind).length ? [{ anchor: ANYWHERE, moves: numbers(kind).map((one) => one.name) }] : []);
}

function numbers(kind: Kind): Handle[] {
  return kind.handles.filter((handle) => !handle.choices && typeof handle.start === "number");
}

export function gripAt(map: LayerMap, grip: Grip): [number, number] {
  const [x, y] = map.forward(Float64Array.from(grip.anchor), 1).out as unknown as [number, number];
  return [x, y];
}

/** The parameters that carry the grip's anchor to the target, or as near as they reach. */
export function pull(kind: Kind, params: Params, grip: Grip, target: readonly [number, number]): Params {
  const handles = kind.handles.filter((handle) => grip.moves.includes(handle.name));
  return follow(params, handles, (one) => gripAt(kind.prepare(one), grip), target);
}
