/** Above every picture: the title, choices, what is shown, and the buttons that all widgets have. */

import type { Model } from "./afm";
import { canDownload, iconButton, toggle, type Toggle } from "./controls";
import { h, type Child } from "./dom";
import type { Say } from "./strings";

export interface HeaderOptions {
  title: string;
  /** Beside the title: segments of kinds or directions. */
  choices?: Child[];
  /** On the right: what is shown. */
  toggles?: HTMLElement[];
  t: Say;
  model: Model;
  /** Saves the picture. */
  save(): void;
  /** Opens the panel of keys. */
  help(): void;
}

export interface HeaderBar {
  el: HTMLElement;
  title(text: string): void;
  /** Call it when `presenting` changes. */
  update(): void;
}

export function headerBar({ title, choices = [], toggles = [], t, model, save, help }: HeaderOptions): HeaderBar {
  const name = h("strong.title", {}, title);
  const present: Toggle = toggle(t("present"), t("present title"), () => {
    model.set("presenting", !model.get("presenting"));
    model.save_changes();
  });
  const named = (el: HTMLElement, control: string) => {
    el.dataset["control"] = control;
    return el;
  };
  const el = h(
    "header",
    { class: "flowviz-header" },
    name,
    ...choices,
    toggles.length ? h("div.parts", { role: "group", "aria-label": t("shown") }, ...toggles) : null,
    named(present.el, "present"),
    canDownload() ? named(iconButton("save", t("save"), save, "square"), "save") : null,
    named(iconButton("keys", t("keys title"), help, "square"), "keys"),
  );
  return { el, title: (text) => void (name.textContent = text), update: () => present.set(Boolean(model.get("presenting"))) };
}
