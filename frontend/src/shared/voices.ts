/** Where a widget says what it shows: its sentence, its picture's name, screen readers, attributes. */

import { put } from "./dom";
import type { Live } from "./live";
import type { Sentence } from "./pieces";
import type { Say } from "./strings";

export interface Voices {
  root: HTMLElement;
  canvas: HTMLElement;
  live: Live;
  say: Sentence;
  t: Say;
}

/** For tests, and for pages around the widget: data-NAME on its root. */
export function announce(root: HTMLElement, told: Record<string, string>): void {
  for (const [name, value] of Object.entries(told)) put(root, `data-${name}`, value);
}
