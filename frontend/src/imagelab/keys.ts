/** What a key on the picture, or a bracket anywhere, changes in a view. */

import { mosaicOf } from "./mosaic";
import type { Lab } from "./record";
import type { State } from "./state";

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function moveBy(key: string, onPicture: boolean, state: State, lab: Lab, free: boolean): Record<string, unknown> | null {
  const bracket = { "[": -1, "]": 1 }[key];
  if (bracket) return slide(bracket, state, lab);
  const arrow = onPicture ? ARROWS[key] : undefined;
  if (!arrow) return null;
  if (state.view === "latent") return { latent: nextLatent(arrow, state, lab, free) };
  if (state.view === "bits") return { pixel: nextPixel(arrow, state, lab) };
  return arrow[1] ? null : slide(arrow[0], state, lab);
}

/** One step of the view's slider. */
function slide(by: number, state: State, { meta, steps }: Lab): Record<string, unknown> | null {
  const step = (at: number, count: number) => Math.min(count - 1, Math.max(0, at + by));
  switch (state.view) {
    case "sample":
      return { temperature: meta.temperatures[step(state.temperature, meta.temperatures.length)] };
    case "walk":
      return { along: step(state.along, steps) / (steps - 1) };
    case "latent":
      return { shift: meta.shifts[step(state.shift, meta.shifts.length)] };
    case "layers":
      return { depth: step(state.depth, meta.depths.length) };
    default:
      return null;
  }
}

/** Any latent with a kernel; without one the next of those that came along. */
function nextLatent([dx, dy]: [number, number], { latent }: State, lab: Lab, free: boolean): number {
  if (free) {
    const { place, at } = mosaicOf(lab.meta.latent);
    const [row, column] = place(latent);
    const next = at(row + dy, column + dx);
    return next < 0 ? latent : next;
  }
  const all = lab.meta.latents;
  const later = dx + dy > 0;
  return (later ? all.find((one) => one > latent) : [...all].reverse().find((one) => one < latent)) ?? latent;
}

function nextPixel([dx, dy]: [number, number], { pixel }: State, { meta }: Lab): [number, number] {
  const [, rows, columns] = meta.shape;
  if (!pixel) return [rows >> 1, columns >> 1];
  return [Math.min(rows - 1, Math.max(0, pixel[0] + dy)), Math.min(columns - 1, Math.max(0, pixel[1] + dx))];
}
