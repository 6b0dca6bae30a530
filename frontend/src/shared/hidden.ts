/** A teacher can hide controls: every one carries its name in `data-control`. */

import type { Model } from "./afm";
import { whenBuilt } from "./built";

export function hideControls(root: HTMLElement, model: Model, signal: AbortSignal): void {
  const hide = () => {
    const hidden = model.get<string[] | undefined>("hidden") ?? [];
    for (const el of root.querySelectorAll<HTMLElement>("[data-control]")) {
      el.toggleAttribute("data-off", hidden.includes(el.dataset["control"]!));
    }
  };
  model.on("change:hidden", hide);
  whenBuilt(root, hide, signal);
  signal.addEventListener("abort", () => model.off("change:hidden", hide));
  hide();
}
