/** What a key means, as a plain function: the one list of all keys. */

import type { KeyRow } from "../shared/help";
import type { Part } from "./state";

export type Action =
  | { do: "play" }
  | { do: "step"; by: 1 | -1 }
  | { do: "scrub"; by: number }
  | { do: "go"; to: "data" | "latent" | number }
  | { do: "toggle"; part: Part }
  | { do: "reverse" }
  | { do: "speed"; by: 1 | -1 }
  | { do: "near"; dx: number; dy: number }
  | { do: "first" }
  | { do: "clear" }
  | { do: "leave" }
  | { do: "help" };

/** Where the keyboard is: native buttons keep Space and Enter for themselves. */
export type Place = "canvas" | "strip" | "button" | "elsewhere";

export interface Keyboard {
  key: string;
  shift: boolean;
  place: Place;
  selected: boolean;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const EVERYWHERE: Record<string, Action> = {
  "[": { do: "step", by: -1 },
  "]": { do: "step", by: 1 },
  PageUp: { do: "step", by: -1 },
  PageDown: { do: "step", by: 1 },
  Home: { do: "go", to: "data" },
  End: { do: "go", to: "latent" },
  d: { do: "toggle", part: "density" },
  p: { do: "toggle", part: "particles" },
  g: { do: "toggle", part: "grid" },
  m: { do: "toggle", part: "audit" },
  r: { do: "reverse" },
  "+": { do: "speed", by: 1 },
  "=": { do: "speed", by: 1 },
  "-": { do: "speed", by: -1 },
  "?": { do: "help" },
};

export function keyAction({ key, shift, place, selected }: Keyboard): Action | null {
  if (key === "Escape") return { do: selected ? "clear" : "leave" };
  if (key === " " || key === "Enter") return pressAction(key, place, selected);
  const arrow = ARROWS[key];
  if (arrow) return arrowAction(arrow, shift, place);
  return EVERYWHERE[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

function pressAction(key: string, place: Place, selected: boolean): Action | null {
  if (place === "button") return null;
  if (key === " ") return { do: "play" };
  return place === "canvas" && !selected ? { do: "first" } : null;
}

function arrowAction([dx, dy]: [number, number], shift: boolean, place: Place): Action | null {
  if (place === "canvas") return { do: "near", dx, dy };
  if (place === "strip") return { do: "scrub", by: (dx || dy) * (shift ? 0.01 : 0.05) };
  return null;
}

/** The keys as they are printed, and what they do. */
export const KEY_HELP: KeyRow[] = [
  [["Space"], "key play"],
  [["[", "]"], "key layer"],
  [["Home", "End"], "key ends"],
  [["←", "→"], "key strip"],
  [["←", "↑", "↓", "→"], "key picture"],
  [["Enter"], "key first"],
  [["D", "P", "G", "M"], "key parts"],
  [["R"], "key reverse"],
  [["+", "−"], "key speed"],
  [["Esc"], "key escape"],
];
