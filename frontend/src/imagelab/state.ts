/** The traits of the widget, read into one plain state that fits what came along. */

import type { Model } from "../shared/afm";
import type { Lab } from "./record";

export const VIEWS = ["sample", "walk", "latent", "layers", "bits", "draw"] as const;
export type View = (typeof VIEWS)[number];
export type Rest = "kept" | "mean";

export const STATE_TRAITS = [
  "view", "chosen", "other", "temperature", "along", "rest", "latent", "shift", "depth", "heat", "pixel", "drawing",
] as const;

export interface State {
  view: View;
  chosen: number;
  other: number;
  /** Index into the temperatures. */
  temperature: number;
  /** Step of the walk. */
  along: number;
  /** Index into the modes. */
  mode: number;
  latent: number;
  /** Index into the shifts. */
  shift: number;
  depth: number;
  heat: boolean;
  pixel: [number, number] | null;
  drawing: string;
}

export function readState(model: Model, lab: Lab): State {
  const { meta, count, steps, latents } = lab;
  const view = model.get<View>("view");
  if (!VIEWS.includes(view)) throw new Error(`expected a view among ${VIEWS.join(", ")}, got ${String(view)}`);
  const within = (name: string, most: number) => Math.min(most, Math.max(0, Math.round(model.get<number | undefined>(name) ?? 0)));
  const [row, column] = model.get<number[] | undefined>("pixel") ?? [];
  const inside = row !== undefined && column !== undefined && row < meta.shape[1] && column < meta.shape[2];
  return {
    view,
    chosen: within("chosen", count - 1),
    other: within("other", count - 1),
    temperature: nearest(meta.temperatures, model.get<number>("temperature")),
    along: Math.round((model.get<number>("along") ?? 0) * (steps - 1)),
    mode: Math.max(0, meta.modes.indexOf(model.get<Rest>("rest") === "mean" ? "mean" : "all")),
    latent: within("latent", latents - 1),
    shift: nearest(meta.shifts, model.get<number>("shift")),
    depth: within("depth", meta.depths.length - 1),
    heat: Boolean(model.get("heat")),
    pixel: inside ? [row, column] : null,
    drawing: model.get<string | undefined>("drawing") ?? "",
  };
}

export function nearest(values: number[], wanted: number): number {
  return values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best]! - wanted) ? i : best), 0);
}
