/** What the model says, read once a picture; where in the flow a position is. */

import type { Model } from "../shared/afm";
import type { Notation } from "../shared/formula";
import { averageLedger, ledgerOf, type Ledger } from "../shared/ledger";
import type { LayerMeta, Particles, Trace } from "../shared/trace";
import { QUESTION_TRAITS } from "../shared/question";

export type Direction = "normalize" | "generate";
export const PARTS = ["density", "particles", "grid", "audit"] as const;
export type Part = (typeof PARTS)[number];

export interface State {
  position: number;
  playing: boolean;
  speed: number;
  direction: Direction;
  show: Record<Part, boolean>;
  selected: number;
  theme: string;
  /** What is done to each layer's volume in the audit: "", "drop" or "flip". */
  broken: string[];
  notation: Notation;
  /** The open question and whether its answer is shown. */
  asked: string;
  presenting: boolean;
}

/** The traits of a player that it listens to. */
export const STATE_TRAITS = [
  "position",
  "playing",
  "speed",
  "direction",
  "show_density",
  "show_particles",
  "show_grid",
  "show_audit",
  "broken",
  "selected",
  "theme",
  "notation",
  "presenting",
  ...QUESTION_TRAITS,
];

export function readState(model: Model, trace: Trace): State {
  const layers = trace.meta.layers.length;
  const direction = model.get<Direction>("direction") === "generate" ? "generate" : "normalize";
  const count = particlesOf(trace, direction).count;
  const selected = model.get<number>("selected") ?? -1;
  const shown = (part: Part) => model.get<boolean>(`show_${part}`) ?? true;
  return {
    position: within(model.get<number>("position") ?? 0, 0, layers),
    playing: model.get<boolean>("playing") ?? false,
    speed: within(model.get<number>("speed") ?? 1, 0.25, 4),
    direction,
    show: {
      density: shown("density"),
      particles: shown("particles"),
      grid: shown("grid"),
      audit: model.get<boolean>("show_audit") ?? false,
    },
    broken: model.get<string[] | undefined>("broken") ?? [],
    notation: model.get<Notation | undefined>("notation") ?? "latent",
    asked: `${model.get("asked") ?? ""} ${model.get("revealed") ?? ""}`,
    presenting: Boolean(model.get("presenting")),
    selected: selected >= 0 && selected < count ? selected : -1,
    theme: model.get<string>("theme") ?? "auto",
  };
}

export function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Data points are normalized, draws of the model are generated; either stands in for the other. */
export function particlesOf({ sets }: Trace, direction: Direction): Particles {
  const { data, model } = sets;
  return (direction === "normalize" ? (data ?? model) : (model ?? data))!;
}

/** The layer at work: -1 at the data side, L at the latent; at a border the one just done. */
export function layerAt(position: number, layers: number, direction: Direction): number {
  if (position <= 0) return -1;
  if (position >= layers) return layers;
  return direction === "normalize" ? Math.ceil(position) - 1 : Math.floor(position);
}

/** The ledger that is on show, worked out again only when another one is asked for. */
export function ledgerCache(layers: LayerMeta[]): (set: Particles, selected: number) => Ledger {
  const averages = new Map<Particles, Ledger>();
  let chosen: { set: Particles; selected: number; ledger: Ledger } | null = null;
  return (set, selected) => {
    if (selected < 0) {
      if (!averages.has(set)) averages.set(set, averageLedger(layers, set));
      return averages.get(set)!;
    }
    if (chosen?.set !== set || chosen.selected !== selected) {
      chosen = { set, selected, ledger: ledgerOf(layers, set, selected) };
    }
    return chosen.ledger;
  };
}
