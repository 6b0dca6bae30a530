/** The layer's handles as sliders, under the picture. */

import { segments } from "../shared/controls";
import { h } from "../shared/dom";
import { plain } from "../shared/numbers";
import { slider } from "../shared/parts";
import type { Say } from "../shared/strings";
import { told } from "./told";
import { idle, type Handle, type Kind, type Params } from "./maths/kind";

export interface Sliders {
  el: HTMLElement;
  set(params: Params): void;
}

export function createSliders(kind: Kind, t: Say, change: (name: string, value: number, last: boolean) => void): Sliders {
  const rows = kind.handles
    .filter((one) => typeof one.start === "number")
    .map((one) => ({ one, control: one.choices ? choice(one, t, change) : range(one, t, change) }));
  return {
    el: h("div", { class: "flowviz-handles", "data-count": rows.length }, ...rows.map(({ control }) => control.el)),
    set: (params) =>
      rows.forEach(({ one, control }) => {
        control.el.hidden = idle(kind, params).includes(one.name);
        control.set(params[one.name] as number);
      }),
  };
}

type Change = (name: string, value: number, last: boolean) => void;

function range({ name, label, about, min, max, step }: Handle, t: Say, change: Change) {
  const format = (value: number) => plain(value, step < 1 ? 2 : 0);
  const one = slider({ name, label: told(t, label), min, max, step, format, input: (value, last) => change(name, value, last) });
  if (t("language") === "en") one.el.title = about;
  return one;
}

function choice({ name, label, min, choices }: Handle, t: Say, change: Change) {
  const options = choices!.map((text, i) => ({ value: String(min + i), text: told(t, text), title: told(t, label) }));
  const one = segments(told(t, label), options, (value) => change(name, Number(value), true));
  const el = h("div", { class: "flowviz-row flowviz-choice", "data-control": name, "data-locks": true }, h("span", {}, told(t, label)), one.el);
  return { el, set: (value: number) => one.set(String(value)) };
}
