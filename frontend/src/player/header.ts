/** Above the picture: the title, the direction, what is shown, saving. */

import { canDownload, iconButton, segments, toggle } from "../shared/controls";
import { h } from "../shared/dom";
import type { Action } from "./keys";
import { PARTS, type Direction, type Part, type State } from "./state";

const TITLES: Record<Part, string> = {
  density: "the density, mass over area (D)",
  particles: "the particles (P)",
  grid: "the grid that is carried along (G)",
};

export interface Header {
  el: HTMLElement;
  update(state: State): void;
}

export function createHeader(title: string, parts: Part[], act: (action: Action) => void, save: () => void): Header {
  const direction = segments<Direction>(
    "direction",
    [
      { value: "normalize", text: "data → latent", title: "normalize" },
      { value: "generate", text: "latent → data", title: "generate" },
    ],
    (value) => {
      if (value !== shown) act({ do: "reverse" });
    },
  );
  let shown: Direction = "normalize";
  const toggles = PARTS.filter((part) => parts.includes(part)).map((part) => ({
    part,
    one: toggle(part, TITLES[part], () => act({ do: "toggle", part })),
  }));
  const el = h(
    "header",
    { class: "flowviz-header" },
    h("strong", { class: "flowviz-title" }, title),
    direction.el,
    h("div", { class: "flowviz-parts", role: "group", "aria-label": "shown" }, ...toggles.map(({ one }) => one.el)),
    canDownload() ? iconButton("save", "save the picture (PNG)", save, "square") : null,
    iconButton("keys", "keys (?)", () => act({ do: "help" }), "square"),
  );
  return {
    el,
    update(state) {
      shown = state.direction;
      direction.set(shown);
      for (const { part, one } of toggles) one.set(state.show[part]);
    },
  };
}
