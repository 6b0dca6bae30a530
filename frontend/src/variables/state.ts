/** The traits of the widget, read into one plain state. */

import type { Model } from "../shared/afm";
import type { Notation } from "../shared/formula";
import { BASE, BASES, type BaseName } from "./bases";
import { KINDS, type MapSpec } from "./maps";
import { MOST_MAPS, type Rule } from "./stack";

export const STATE_TRAITS = ["maps", "base", "probe", "view", "rule", "bars", "notation", "learned"] as const;

export interface State {
  maps: MapSpec[];
  base: BaseName;
  probe: number;
  view: number;
  rule: Rule;
  bars: boolean;
  notation: Notation;
  learned: MapSpec | null;
}

export function readState(model: Model): State {
  const maps = checkedMaps(model.get("maps"));
  const base = checkedBase(model.get("base"));
  const view = model.get<number | undefined>("view") ?? 0;
  const learned = model.get<MapSpec | undefined>("learned");
  const first = learned?.kind ? learned : maps.find(({ kind }) => kind === "learned");
  const [low, high] = BASE[base].reach;
  return {
    maps,
    base,
    probe: Math.min(high, Math.max(low, model.get<number | undefined>("probe") ?? 0)),
    view: maps.length === 1 ? 0 : Math.min(maps.length - 1, Math.max(-1, view)),
    rule: model.get<Rule | undefined>("rule") ?? "right",
    bars: model.get<boolean | undefined>("bars") ?? true,
    notation: model.get<Notation | undefined>("notation") ?? "data",
    learned: first ?? null,
  };
}

function checkedMaps(given: unknown): MapSpec[] {
  const maps = given as MapSpec[] | undefined;
  if (!Array.isArray(maps) || maps.length < 1 || maps.length > MOST_MAPS) {
    throw new Error(`expected 1 to ${MOST_MAPS} maps, got ${Array.isArray(maps) ? maps.length : typeof given}`);
  }
  for (const { kind } of maps) {
    if (!KINDS.includes(kind)) throw new Error(`expected a map of kind ${KINDS.join(", ")}, got ${kind}`);
  }
  return maps;
}

function checkedBase(given: unknown): BaseName {
  if (!BASES.includes(given as BaseName)) throw new Error(`expected a base among ${BASES.join(", ")}, got ${String(given)}`);
  return given as BaseName;
}
