/** Above the picture: which layer, which sides, what is shown. */

import { segments, toggle } from "../shared/controls";
import { h } from "../shared/dom";
import type { Model } from "../shared/afm";
import type { Say } from "../shared/strings";
import { familyOf } from "./families";
import { KINDS } from "./maths/kinds";
import type { Scene } from "./scene";
import { PARTS, VIEWS, type View } from "./state";

export interface Header {
  el: HTMLElement;
  show(scene: Scene): void;
}

type Set = (changes: Record<string, unknown>, last: boolean) => void;

export function createHeader(model: Model, t: Say, set: Set): Header {
  const title = h("strong", { class: "flowviz-title" });
  const kinds = h("span", { "data-control": "kinds", "data-locks": true });
  const view = segments<View>(
    t("view"),
    VIEWS.map((value) => ({ value, text: t(`view.${value}`), title: t("view") })),
    (value) => set({ view: value }, true),
  );
  view.el.dataset["control"] = "view";
  const parts = PARTS.map((part) => ({
    part,
    one: toggle(t(`part.${part}`), t(`part.${part}`), () => set({ [`show_${part}`]: !(model.get(`show_${part}`) ?? true) }, true)),
  }));
  const again = toggle(t("draw again"), t("draw again"), () => set({ seed: (model.get<number>("seed") ?? 0) + 1 }, true));
  again.el.removeAttribute("aria-pressed");
  again.el.dataset["control"] = "again";
  const shown = h("div", { class: "flowviz-parts", role: "group", "aria-label": t("shown") }, ...parts.map(({ one }) => one.el), again.el);
  const el = h("header", { class: "flowviz-header" }, title, kinds, view.el, shown);
  let built = "";
  let chooser: { set(value: string): void } | null = null;

  return {
    el,
    show({ kind, state }) {
      if (kind.name !== built) {
        built = kind.name;
        title.textContent = t(kind.title);
        const family = familyOf(kind.name);
        chooser = family.length > 1 ? segmentsOf(family, t, set) : null;
        kinds.replaceChildren(...(chooser ? [(chooser as ReturnType<typeof segmentsOf>).el] : []));
      }
      chooser?.set(kind.name);
      view.el.hidden = kind.dataDim !== 2 || kind.latentDim !== 2;
      view.set(state.view);
      for (const { part, one } of parts) one.set(state.show[part]);
    },
  };
}

function segmentsOf(family: string[], t: Say, set: Set) {
  const choices = family.map((value) => ({ value, text: t(`short.${value}`), title: t(KINDS[value]!.title) }));
  return segments(t("kinds"), choices, (kind) => set({ kind, params: {}, fault: "", tau: 1, playing: false }, true));
}
