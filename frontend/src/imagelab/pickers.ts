/** The images that came along, to choose from. */

import { h, put, putText } from "../shared/dom";
import type { Say } from "../shared/strings";
import { paintImage } from "./paint";
import type { Lab } from "./record";

export interface Picker {
  el: HTMLElement;
  set(chosen: number, label?: string): void;
}

export function createPicker(name: string, label: string, lab: Lab, t: Say, choose: (k: number) => void): Picker {
  const buttons = Array.from({ length: lab.count }, (_, k) => thumb(k, lab, t, () => choose(k)));
  const images = h("div.thumbs", { role: "group", "aria-label": label }, ...buttons);
  const heading = h("span", {}, label);
  const el = h("div.pick", { "data-control": name, "data-locks": true }, heading, images);
  return {
    el,
    set(chosen, words = label) {
      putText(heading, words);
      put(images, "aria-label", words);
      buttons.forEach((button, k) => put(button, "aria-pressed", String(k === chosen)));
    },
  };
}

export function imageName(lab: Lab, k: number, t: Say): string {
  const label = lab.meta.labels[k];
  return label ? t("image labelled", { number: k + 1, label }) : t("image", { number: k + 1 });
}

function thumb(k: number, lab: Lab, t: Say, run: () => void): HTMLButtonElement {
  const [, rows, columns] = lab.meta.shape;
  const canvas = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
  paintImage(canvas.getContext("2d")!, lab.image(k), lab.meta.shape, { x: 0, y: 0, width: columns, height: rows });
  const button = h("button", { type: "button", class: "flowviz-thumb", "aria-label": imageName(lab, k, t), "aria-pressed": "false" }, canvas);
  button.addEventListener("click", run);
  return button;
}
