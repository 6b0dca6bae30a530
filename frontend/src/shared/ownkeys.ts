/** Keys inside a widget, none of which reaches the notebook's own shortcuts. */

/** `act` is told of every key without Ctrl, Alt or Meta; true: it was meant for the widget. */
export function listenToOwnKeys(root: HTMLElement, act: (event: KeyboardEvent) => boolean, signal: AbortSignal): void {
  const heard = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation();
    if (act(event)) event.preventDefault();
  };
  root.addEventListener("keydown", heard, { signal });
}
