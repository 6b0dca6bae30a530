/** What gives an answer away carries `data-locks`: it waits while a question is open. */

import { whenBuilt } from "./built";

/** Locks the marked parts that are there, or frees them. */
export function lock(root: HTMLElement): void {
  const asking = root.classList.contains("flowviz-asking");
  for (const part of root.querySelectorAll<HTMLElement>("[data-locks]")) part.inert = asking;
  keepKeyboard(root);
}

/** Parts that are built while a question is open are locked with the others. */
export function keepLocked(root: HTMLElement, signal: AbortSignal): void {
  whenBuilt(root, () => lock(root), signal);
  lock(root);
}

/** A locked part loses the keyboard: the widget keeps it, or a clicker's next key goes astray. */
function keepKeyboard(root: HTMLElement): void {
  const { activeElement } = root.getRootNode() as Document | ShadowRoot;
  if (activeElement?.closest("[inert]") && root.contains(activeElement)) root.focus({ preventScroll: true });
}
