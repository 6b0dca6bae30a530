/** Keys inside the widget; none of them reaches the notebook's own shortcuts. */

import type { KeyRow } from "../shared/help";
import { listenToOwnKeys } from "../shared/ownkeys";
import { MOST_MAPS } from "./stack";

/** Keys, and the texts that say what they do. */
export const KEYS: KeyRow[] = [
  [["←", "→", "↑", "↓"], "key probe"],
  [["1", "4", "0"], "key all"],
  [["N"], "key notation"],
];

/** `step`: of the probe, as a share of the window. */
export type Action = "help" | "close" | "notation" | { view: number } | { step: number };

const STRIDE = 1 / 60;
const FINE = 1 / 300;

/** What a key means; null: nothing. On the canvas arrows move the probe; 0 looks at all maps as one. */
export function keyAction(key: string, shift: boolean, onCanvas: boolean, locked: boolean): Action | null {
  if (key === "?") return "help";
  if (key === "Escape") return "close";
  if (locked) return null;
  if (key.toLowerCase() === "n") return "notation";
  if (key >= "0" && key <= String(MOST_MAPS)) return { view: Number(key) - 1 };
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  return by && onCanvas ? { step: by * (shift ? FINE : STRIDE) } : null;
}

export interface Keys {
  /** A key that the open question may want; true where it did. */
  aim(event: KeyboardEvent): boolean;
  locked(): boolean;
  act(action: Action): void;
}

export function listenToKeys(root: HTMLElement, canvas: HTMLElement, signal: AbortSignal, { aim, locked, act }: Keys): void {
  const heard = (event: KeyboardEvent): boolean => {
    const { key, shiftKey, target } = event;
    if (target === canvas && aim(event)) return true;
    if (target instanceof HTMLInputElement && target.type !== "range") return false;
    const action = keyAction(key, shiftKey, target === canvas, locked());
    if (action) act(action);
    return action !== null;
  };
  listenToOwnKeys(root, heard, signal);
}
