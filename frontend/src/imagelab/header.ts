/** Above the picture: the views, and the buttons that all widgets have. */

import type { Model } from "../shared/afm";
import { segments } from "../shared/controls";
import { headerBar, type HeaderBar } from "../shared/header";
import type { Say } from "../shared/strings";
import type { Lab } from "./record";
import { VIEWS, type View } from "./state";

export interface Header {
  el: HTMLElement;
  update(view: View): void;
}

export function createHeader(lab: Lab, t: Say, model: Model, actions: { view(view: View): void; save(): void; help(): void }): Header {
  const choices = VIEWS.map((value) => ({ value, text: t(`view ${value}`), title: t(`view ${value} title`) }));
  const views = segments<View>(t("views"), choices, actions.view);
  views.el.dataset["control"] = "views";
  views.el.dataset["locks"] = "";
  const bar: HeaderBar = headerBar({ title: lab.meta.title, choices: [views.el], t, model, save: actions.save, help: actions.help });
  return {
    el: bar.el,
    update(view) {
      views.set(view);
      bar.update();
    },
  };
}
