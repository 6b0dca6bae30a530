/** What the model says, read once a picture. */

import type { Model } from "../shared/afm";
import { FAULTS, type Fault } from "./account";
import { kindsOf } from "./cards";
import type { Kind, Params } from "./maths/kind";

export const VIEWS = ["both", "data", "latent"] as const;
export type View = (typeof VIEWS)[number];
export const PARTS = ["density", "points", "grid"] as const;
export type Part = (typeof PARTS)[number];

export interface State {
  kind: Kind;
  params: Params;
  probe: number[];
  /** 0 at the data side, 1 at the latent side. */
  tau: number;
  playing: boolean;
  seed: number;
  /** Draws of an importance-weighted bound. */
  draws: number;
  fault: Fault;
  view: View;
  /** Half the width of a view, in units of the plane. */
  zoom: number;
  show: Record<Part, boolean>;
  theme: string;
}

/** The traits that a picture depends on. */
export const STATE_TRAITS = [
  "kind",
  "params",
  "probe",
  "tau",
  "playing",
  "seed",
  "draws",
  "fault",
  "view",
  "zoom",
  "show_density",
  "show_points",
  "show_grid",
  "theme",
];

export function readState(model: Model): State {
  const kind = kindNamed(kindsOf(model), model.get<string>("kind"));
  const fault = model.get<Fault>("fault") ?? "";
  const view = model.get<View>("view") ?? "both";
  const shown = (part: Part) => model.get<boolean>(`show_${part}`) ?? true;
  const params = { ...kind.defaults, ...(model.get<Params>("params") ?? {}) };
  return {
    kind,
    params,
    probe: probeOf(kind, model.get<number[]>("probe"), params),
    tau: within(model.get<number>("tau") ?? 1, 0, 1),
    playing: model.get<boolean>("playing") ?? false,
    seed: model.get<number>("seed") ?? 0,
    draws: within(Math.round(model.get<number>("draws") ?? 1), 1, 64),
    fault: FAULTS.includes(fault) ? fault : "",
    view: VIEWS.includes(view) ? view : "both",
    zoom: within(model.get<number>("zoom") ?? 3.6, 1, 12),
    show: { density: shown("density"), points: shown("points"), grid: shown("grid") },
    theme: model.get<string>("theme") ?? "auto",
  };
}

function kindNamed(kinds: Record<string, Kind>, name: string): Kind {
  const kind = kinds[name];
  if (!kind) throw new Error(`expected one of the kinds ${Object.keys(kinds).join(", ")}, got ${name}`);
  return kind;
}

/** The parameters of a kind at the start: those that the widget was made with, else the kind's own. */
export function startOf(model: Model, kind: string): Params {
  const start = model.get<{ kind: string; params: Params } | undefined>("start");
  return start?.kind === kind ? start.params : {};
}

/** Where the probe starts where nobody has put it. */
const START = [0.8, -0.6, 0.4];

function probeOf({ dataDim, name }: Kind, probe: number[] | undefined, params: Params): number[] {
  const at = probe?.length === dataDim ? probe : START.slice(0, dataDim);
  return name === "dequantization" ? at.map((v) => within(Math.round(v), 0, Number(params["levels"]) - 1)) : at;
}

export function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
