/** Above the picture: which layer, which sides, what is shown, and what all widgets have. */

import type { Model } from "../shared/afm";
import { segments, toggle } from "../shared/controls";
import { h } from "../shared/dom";
import { headerBar } from "../shared/header";
import type { Say } from "../shared/strings";
import { kindsOf } from "./cards";
import { familyOf } from "./families";
import type { Scene } from "./scene";
import { told } from "./told";
import { PARTS, startOf, VIEWS, type View } from "./state";

export interface Header {
  el: HTMLElement;
  show(scene: Scene): void;
  update(): void;
}

interface Options {
  model: Model;
  t: Say;
  set(changes: Record<string, unknown>, last: boolean): void;
  save(): void;
  help(): void;
}

export function createHeader({ model, t, set, save, help }: Options): Header {
  const kinds = h("span", { "data-control": "kinds", "data-locks": true });
  const view = segments<View>(
    t("view"),
    VIEWS.map((value) => ({ value, text: t(`view.${value}`), title: t("view") })),
    (value) => set({ view: value }, true),
  );
  view.el.dataset["control"] = "view";
  const parts = PARTS.map((part) => {
    const one = toggle(t(`part.${part}`), t(`part.${part}`), () => set({ [`show_${part}`]: !(model.get(`show_${part}`) ?? true) }, true));
    one.el.dataset["control"] = part;
    return { part, one };
  });
  const again = h("button", { type: "button", class: "flowviz-toggle", "data-control": "again" }, t("draw again"));
  again.addEventListener("click", () => set({ seed: (model.get<number>("seed") ?? 0) + 1 }, true));
  const bar = headerBar({ title: "", choices: [kinds, view.el], toggles: [...parts.map(({ one }) => one.el), again], t, model, save, help });
  let built = "";
  let chooser: { set(value: string): void } | null = null;

  return {
    el: bar.el,
    update: () => bar.update(),
    show({ kind, state, map }) {
      if (kind.name !== built) {
        built = kind.name;
        bar.title(told(t, kind.title));
        const family = familyOf(kindsOf(model), kind.name);
        const made = family.length > 1 ? segmentsOf(model, family, t, set) : null;
        kinds.replaceChildren(...(made ? [made.el] : []));
        chooser = made;
      }
      chooser?.set(kind.name);
      view.el.hidden = kind.dataDim !== 2 || kind.latentDim !== 2 || kind.name === "dequantization";
      view.set(state.view);
      again.hidden = map.noise.forward.length + map.noise.inverse.length === 0;
      for (const { part, one } of parts) {
        one.set(state.show[part]);
        one.el.hidden = kind.dataDim === 3;
      }
    },
  };
}

function segmentsOf(model: Model, family: string[], t: Say, set: Options["set"]) {
  const kinds = kindsOf(model);
  const choices = family.map((value) => ({ value, text: t(`short.${value}`), title: told(t, kinds[value]!.title) }));
  const fresh = { probe: [], fault: "", tau: 1, playing: false };
  return segments(t("kinds"), choices, (kind) => set({ kind, params: startOf(model, kind), ...fresh }, true));
}
