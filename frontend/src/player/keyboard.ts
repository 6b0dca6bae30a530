/** Keys inside the widget; none of them reaches the notebook's own shortcuts. */

import { keyAction, type Action, type Place } from "./keys";

export function listenToKeys(
  root: HTMLElement,
  canvas: HTMLElement,
  strip: HTMLElement,
  selected: () => boolean,
  act: (action: Action) => void,
  /** Keys on the picture that a question wants. */
  aimed: (event: KeyboardEvent) => boolean,
  signal: AbortSignal,
): void {
  const place = (target: EventTarget | null): Place => {
    if (target === canvas) return "canvas";
    if (target === strip) return "strip";
    return target instanceof HTMLButtonElement ? "button" : "elsewhere";
  };
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      event.stopPropagation();
      const { key, shiftKey, target } = event;
      if (target instanceof HTMLInputElement) return;
      if (target === canvas && aimed(event)) return event.preventDefault();
      const action = keyAction({ key, shift: shiftKey, place: place(target), selected: selected() });
      if (!action) return;
      event.preventDefault();
      act(action);
    },
    { signal },
  );
}
