/** The gap of a bound, measured: the plain bound, K weighted draws, the truth. */

import { h, putText } from "../shared/dom";
import { plain } from "../shared/numbers";
import { slider } from "../shared/parts";
import type { Say } from "../shared/strings";
import { boundsAt } from "./bounds";
import type { Scene } from "./scene";

export interface BoundCard {
  el: HTMLElement;
  show(scene: Scene): void;
}

export function createBoundCard(t: Say, set: (changes: Record<string, unknown>, last: boolean) => void): BoundCard {
  const rows = (["plain", "weighted", "exact"] as const).map((name) => {
    const [label, value, bar] = [h("span"), h("output"), h("i")];
    return { name, label, value, bar, el: h("div", { class: "flowviz-bound", "data-name": name }, label, h("span", { class: "flowviz-well", "aria-hidden": "true" }, bar), value) };
  });
  const control = slider({ name: "draws", label: t("draws"), min: 1, max: 64, step: 1, format: (k) => plain(k, 0), input: (draws, last) => set({ draws }, last) });
  const el = h("div", { class: "flowviz-bounds", "data-control": "bounds" }, ...rows.map((row) => row.el), control.el);
  return {
    el,
    show({ map, x, state }) {
      const bounds = boundsAt(map, x, state.fault, state.draws);
      for (const { name, label, value, bar, el } of rows) {
        putText(label, t(`bound.${name}`, { k: state.draws }));
        putText(value, plain(bounds[name], 3));
        el.dataset["value"] = String(bounds[name]);
        bar.style.width = `${Math.max(2, 100 * Math.exp(0.9 * (bounds[name] - bounds.exact)))}%`;
      }
      el.dataset["gap"] = String(bounds.exact - bounds.plain);
      control.set(state.draws);
    },
  };
}
