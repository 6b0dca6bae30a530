/** Keys inside the widget; none of them reaches the notebook's own shortcuts. */

import type { Help, KeyRow } from "../shared/help";
import { ancestors } from "../shared/theme";
import type { Params } from "./maths/kind";
import type { Scene } from "./scene";
import { within } from "./state";

type Set = (changes: Record<string, unknown>, last: boolean) => void;
type Deed = (scene: Scene, start: Start) => Record<string, unknown>;
/** The parameters of a kind at the start. */
type Start = (kind: string) => Params;

const KEYS: Record<string, Deed> = {
  "[": ({ state }) => ({ tau: Math.max(0, Math.round(10 * state.tau - 1) / 10), playing: false }),
  "]": ({ state }) => ({ tau: Math.min(1, Math.round(10 * state.tau + 1) / 10), playing: false }),
  "+": ({ state }) => ({ zoom: within(state.zoom / 1.25, 1, 12) }),
  "=": ({ state }) => ({ zoom: within(state.zoom / 1.25, 1, 12) }),
  "-": ({ state }) => ({ zoom: within(state.zoom * 1.25, 1, 12) }),
  d: ({ state }) => ({ show_density: !state.show.density }),
  p: ({ state }) => ({ show_points: !state.show.points }),
  g: ({ state }) => ({ show_grid: !state.show.grid }),
  r: ({ kind }, start) => ({ params: start(kind.name), fault: "", tau: 1, playing: false }),
  n: ({ state }) => ({ seed: state.seed + 1 }),
};

/** Keys in words, for the panel of keys. */
export const KEY_ROWS: KeyRow[] = [
  [["←", "↑", "↓", "→"], "key arrows"],
  [["Shift"], "key fine"],
  [["Space"], "key play"],
  [["[", "]"], "key way"],
  [["+", "−"], "key zoom"],
  [["D", "P", "G"], "key parts"],
  [["N"], "key again"],
  [["R"], "key reset"],
  [["Enter"], "key enter"],
  [["Esc"], "key leave"],
];

interface Keyboard {
  scene(): Scene;
  set: Set;
  start: Start;
  /** A question is open: the layer stays as it is. */
  asking(): boolean;
  help: Help;
}

export function listenToKeys(root: HTMLElement, { scene, set, start, asking, help }: Keyboard, signal: AbortSignal): void {
  root.addEventListener(
    "keydown",
    (event) => {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || key === "Tab") return;
      event.stopPropagation();
      if (target instanceof HTMLInputElement && target.type !== "range") return;
      if (key === "Escape") return void (help.close() || leave(root));
      if (key === "?") return help.toggle();
      const press = key === " " && target instanceof HTMLCanvasElement;
      const deed = press ? play : KEYS[key.length === 1 ? key.toLowerCase() : key];
      if (!deed) return;
      event.preventDefault();
      if (deed !== KEYS["r"] || !asking()) set(deed(scene(), start), true);
    },
    { signal },
  );
}

function play({ state }: Scene): Record<string, unknown> {
  return { playing: !state.playing, ...(!state.playing && state.tau >= 1 ? { tau: 0 } : {}) };
}

/** Gives the keyboard back to the notebook. */
function leave(root: HTMLElement): void {
  const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
  if (active instanceof HTMLElement) active.blur();
  for (const node of ancestors(root)) {
    if (node.hasAttribute("tabindex")) return node.focus();
  }
}
