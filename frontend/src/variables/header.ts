/** Above the picture: the title, the kind of the map that is looked at, what is shown, the common buttons. */

import type { Model } from "../shared/afm";
import { segments, toggle } from "../shared/controls";
import { headerBar } from "../shared/header";
import type { Say } from "../shared/strings";
import { KINDS, type Kind } from "./maps";
import type { State } from "./state";

export interface HeaderActions {
  kind(kind: Kind): void;
  bars(): void;
  save(): void;
  help(): void;
}

export interface Header {
  el: HTMLElement;
  update(state: State): void;
}

export function createHeader(t: Say, model: Model, { kind, bars, save, help }: HeaderActions): Header {
  const choices = KINDS.map((value) => ({ value, text: t(value), title: t(`${value} title`) }));
  const kinds = segments<Kind | "">(t("kind"), choices, (value) => value && kind(value));
  const shown = toggle(t("bars"), t("bars title"), bars);
  kinds.el.dataset["control"] = "kinds";
  kinds.el.dataset["locks"] = "";
  shown.el.dataset["control"] = "bars";
  const learned = kinds.el.lastElementChild as HTMLElement;
  const bar = headerBar({ title: t("title"), choices: [kinds.el], toggles: [shown.el], t, model, save, help });
  return {
    el: bar.el,
    update(state) {
      learned.hidden = state.learned === null;
      kinds.set(state.view < 0 ? "" : state.maps[state.view]!.kind);
      shown.set(state.bars);
      bar.update();
    },
  };
}
