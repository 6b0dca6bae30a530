/** Above the picture: the title, the direction, what is shown. */

import type { Model } from "../shared/afm";
import { segments, toggle } from "../shared/controls";
import { headerBar } from "../shared/header";
import type { Say } from "../shared/strings";
import type { Action } from "./keys";
import { PARTS, type Direction, type Part, type State } from "./state";

export interface Header {
  el: HTMLElement;
  update(state: State): void;
}

const DIRECTIONS: Direction[] = ["normalize", "generate"];

export function createHeader(
  title: string,
  parts: Part[],
  t: Say,
  model: Model,
  act: (action: Action) => void,
  save: () => void,
): Header {
  const direction = segments<Direction>(
    t("direction"),
    DIRECTIONS.map((value) => ({ value, text: t(value), title: t(`${value} title`) })),
    (value) => {
      if (value !== shown) act({ do: "reverse" });
    },
  );
  direction.el.dataset["control"] = "direction";
  direction.el.dataset["locks"] = "";
  let shown: Direction = "normalize";
  const toggles = PARTS.filter((part) => parts.includes(part)).map((part) => {
    const one = toggle(t(part), t(`${part} title`), () => act({ do: "toggle", part }));
    one.el.dataset["control"] = part;
    if (part === "audit") one.el.dataset["locks"] = "";
    return { part, one };
  });
  const bar = headerBar({
    title,
    choices: [direction.el],
    toggles: toggles.map(({ one }) => one.el),
    t,
    model,
    save,
    help: () => act({ do: "help" }),
  });
  return {
    el: bar.el,
    update(state) {
      shown = state.direction;
      direction.set(shown);
      for (const { part, one } of toggles) one.set(state.show[part]);
      bar.update();
    },
  };
}
