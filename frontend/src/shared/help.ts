/** The panel of keys, with a link to the very picture. */

import { iconButton } from "./controls";
import { h } from "./dom";
import type { Say } from "./strings";

export interface Help {
  el: HTMLElement;
  toggle(): void;
  /** Whether there was a panel to close. */
  close(): boolean;
}

/** Keys as they are printed, and what they do (a key of the texts). */
export type KeyRow = [keys: string[], words: string];

const COMMON: KeyRow[] = [
  [["F"], "key F"],
  [["B"], "key B"],
  [["PgUp", "PgDn"], "key beats"],
];

export function createHelp(rows: KeyRow[], t: Say, link: () => string): Help {
  const list = [...rows, ...COMMON].flatMap(([keys, words]) => [
    h("dt", {}, ...keys.map((key) => h("kbd", {}, key))),
    h("dd", {}, t(words)),
  ]);
  const shut = iconButton("close", t("close"), () => close(), "small");
  const field = h("input.text", { readonly: true, "aria-label": t("link") });
  const copy = h("button", { type: "button", class: "flowviz-answer" }, t("copy"));
  copy.addEventListener("click", () => {
    field.select();
    void navigator.clipboard?.writeText(field.value).catch(() => undefined);
  });
  const el = h("div.help", { role: "dialog", "aria-label": t("keys"), hidden: true });
  const foot = h("div.choices", { "data-control": "link" }, h("span", {}, t("link")), field, copy);
  el.append(h("div.helphead", {}, h("strong", {}, t("keys")), shut), h("dl", {}, ...list), foot);
  let before: Element | null = null;

  function close(): boolean {
    if (el.hidden) return false;
    el.hidden = true;
    if (before instanceof HTMLElement) before.focus();
    return true;
  }

  function open(): void {
    before = (el.getRootNode() as Document | ShadowRoot).activeElement;
    field.value = link();
    el.hidden = false;
    shut.focus();
  }

  return { el, close, toggle: () => (el.hidden ? open() : void close()) };
}
