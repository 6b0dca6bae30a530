/** The panel of keys. */

import { iconButton } from "../shared/controls";
import { h } from "../shared/dom";
import { KEY_HELP } from "./keys";

export interface Help {
  el: HTMLElement;
  toggle(): void;
  /** Whether there was a panel to close. */
  close(): boolean;
}

export function createHelp(): Help {
  const rows = KEY_HELP.flatMap(([keys, words]) => [
    h("dt", {}, ...keys.map((key) => h("kbd", {}, key))),
    h("dd", {}, words),
  ]);
  const shut = iconButton("close", "close", () => close(), "small");
  const el = h("div", { class: "flowviz-help", role: "dialog", "aria-label": "Keys", hidden: true });
  el.append(h("div", { class: "flowviz-helphead" }, h("strong", {}, "Keys"), shut), h("dl", {}, ...rows));
  let before: Element | null = null;

  function close(): boolean {
    if (el.hidden) return false;
    el.hidden = true;
    if (before instanceof HTMLElement) before.focus();
    return true;
  }

  function open(): void {
    before = (el.getRootNode() as Document | ShadowRoot).activeElement;
    el.hidden = false;
    shut.focus();
  }

  return { el, close, toggle: () => (el.hidden ? open() : void close()) };
}
