/** Below the picture: the base, the maps in their order, what can be done with them. */

import { iconButton, toggle, type Toggle } from "../shared/controls";
import { h, put } from "../shared/dom";
import type { Say } from "../shared/strings";
import { BASES, type BaseName } from "./bases";
import { RIBBON_HEIGHT } from "./ribbon";
import { MOST_MAPS } from "./stack";
import type { State } from "./state";
import { mapName } from "./words";

export interface ChainActions {
  base(name: BaseName): void;
  look(view: number): void;
  add(): void;
  remove(): void;
  shift(by: 1 | -1): void;
}

export interface Chain {
  el: HTMLElement;
  canvas: HTMLCanvasElement;
  update(state: State): void;
}

export function createChain(t: Say, actions: ChainActions): Chain {
  const canvas = h("canvas", { class: "flowviz-ribbon", role: "img", "aria-label": t("ribbon"), hidden: true });
  canvas.style.height = `${RIBBON_HEIGHT}px`;
  const select = h("select", { "aria-label": t("base"), "data-control": "base" }, ...BASES.map((name) => h("option", { value: name }, t(name))));
  select.addEventListener("change", () => actions.base(select.value as BaseName));
  const chips = h("div", { class: "flowviz-chips", role: "group", "aria-label": t("maps") });
  const whole = toggle(t("all maps"), t("all maps title"), () => actions.look(-1));
  const tools = {
    left: iconButton("previous", t("move left"), () => actions.shift(-1), "square"),
    right: iconButton("next", t("move right"), () => actions.shift(1), "square"),
    remove: iconButton("close", t("remove map"), () => actions.remove(), "square"),
    add: iconButton("plus", t("add map"), () => actions.add(), "square"),
  };
  const row = h(
    "div",
    { class: "flowviz-chain", "data-control": "maps" },
    h("label", { class: "flowviz-base-choice" }, h("i", {}, "z"), "~", select),
    chips,
    h("span", { class: "flowviz-end" }, "→ ", h("i", {}, "x")),
    whole.el,
    h("span", { class: "flowviz-tools", role: "group", "aria-label": t("change maps") }, tools.left, tools.right, tools.remove, tools.add),
  );
  const el = h("footer", { class: "flowviz-foot", "data-locks": true }, canvas, row);
  let built = "";
  let buttons: Toggle[] = [];

  function build(state: State): void {
    buttons = state.maps.map((_, k) => toggle(`${k + 1} ${mapName(state, k, t)}`, t("look at map"), () => actions.look(k)));
    chips.replaceChildren(...buttons.flatMap(({ el: one }) => [h("span", { "aria-hidden": "true" }, "→"), one]));
  }

  return {
    el,
    canvas,
    update(state) {
      const { maps, view, base } = state;
      const key = JSON.stringify(maps.map((_, k) => mapName(state, k, t)));
      if (key !== built) build(state);
      built = key;
      select.value = base;
      buttons.forEach((one, k) => one.set(k === view));
      whole.set(view < 0);
      const several = maps.length > 1;
      canvas.hidden = whole.el.hidden = !several;
      for (const one of [tools.left, tools.right, tools.remove]) one.hidden = !several;
      able(tools.left, view > 0);
      able(tools.right, view >= 0 && view < maps.length - 1);
      able(tools.remove, view >= 0);
      able(tools.add, maps.length < MOST_MAPS);
    },
  };
}

/** Not `disabled`: a button that has the keyboard keeps it. */
function able(button: HTMLButtonElement, on: boolean): void {
  put(button, "aria-disabled", String(!on));
}
